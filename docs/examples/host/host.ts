/**
 * The host: its work, its API, and the layers that make a server of them. Without the two lines of chaos
 * this is all that an application needs.
 */
import { createServer } from "node:http"
import { HttpApi, HttpApiBuilder, OpenApi, Path } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"
import { RunKernel, Work } from "effect-holdfast"
import { Chaos } from "effect-holdfast/chaos"
import * as RunDashboard from "effect-holdfast/RunDashboard"
import * as RunHttp from "effect-holdfast/RunHttp"
import * as SqliteRunStore from "effect-holdfast/SqliteRunStore"
import * as SqlRunStore from "effect-holdfast/SqlRunStore"
import { GlossaryError } from "../glossary/documents.js"
import { build, Result } from "../glossary/work.js"

export const Glossary = Work.make("glossary", {
  payload: { document: Schema.NonEmptyString },
  success: Result,
  error: GlossaryError,
  // One run at a time for each document.
  key: ({ document }) => document,
  timeout: "1 minute"
})

const runs = RunHttp.make([Glossary])
export class Api extends HttpApi.make("host").add(runs.group).annotate(OpenApi.Title, "Glossaries") {}

/** Only documents of the folder: what a client sends is the name of one, and no path. */
const glossaries = (documents: ReadonlyArray<string>) =>
  Glossary.toLayer(({ document }) =>
    Effect.gen(function* () {
      const path = yield* Path.Path
      const found = documents.find((file) => path.basename(file) === document)
      if (found === undefined) return yield* new GlossaryError({ path: document, problem: "unreadable" })
      return yield* build(found)
    })
  )

/** Short times, so that a storm of some seconds can be watched. A host would keep the defaults. */
const options: RunKernel.Options = {
  shutdownGrace: "5 seconds",
  persist: { delayMax: "1 second", attemptTimeout: "2 seconds", parkAfter: "2 seconds" }
}

export interface Setting {
  readonly documents: ReadonlyArray<string>
  readonly filename: string
  readonly port: number
}

/** A browser keeps its streams of events open; a server that closes waits for them, unless they are cut. */
const server = (port: number) => {
  const made = createServer()
  const cut = Effect.addFinalizer(() => Effect.sync(() => made.closeAllConnections()))
  return Layer.provideMerge(
    Layer.scopedDiscard(cut),
    NodeHttpServer.layer(() => made, { host: "127.0.0.1", port })
  )
}

export const layer = ({ documents, filename, port }: Setting) =>
  HttpApiBuilder.serve().pipe(
    Layer.provide(HttpApiBuilder.middlewareOpenApi()),
    Layer.provide(RunDashboard.layer({ path: "/" })),
    Layer.provide(HttpApiBuilder.api(Api)),
    Layer.provide(runs.layer(Api)),
    Layer.provideMerge(server(port)),
    Layer.provideMerge(glossaries(documents)),
    Layer.provideMerge(RunKernel.layer(options)),
    Layer.provide(SqlRunStore.layer()),
    Layer.provideMerge(Chaos.layerConnector()),
    Layer.provide(SqliteRunStore.connector({ filename }))
  )
