/**
 * The host of docs/examples/host in this process: its page, its API, its SQLite file and its chaos, over one
 * document of some paragraphs. It can be stopped and started again at the same address.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { HttpServer } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { Chaos } from "../../chaos/index.js"
import { layer } from "../../docs/examples/host/host.js"
import { away } from "../../docs/examples/host/storm.js"

/** The example takes three to six seconds for a document, by its length, and tells each of its paragraphs. */
const paragraph = "Lighthouses are counted by the keepers of lighthouses, who count the light as well."
const documentOf = (paragraphs: number) => Array.from({ length: paragraphs }, () => paragraph).join("\n\n")

/** Over one document of so many paragraphs. */
export const makeExampleHost = Effect.fnUntraced(function* (paragraphs: number) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-browser-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const file = join(folder, "essay.md")
  writeFileSync(file, documentOf(paragraphs))
  const around = yield* Effect.scope
  let port = 0
  let chaos: typeof Chaos.Chaos.Service
  let scope: Scope.CloseableScope

  const start = Effect.gen(function* () {
    scope = yield* Scope.fork(around, ExecutionStrategy.sequential)
    const services = Layer.merge(NodeContext.layer, Logger.remove(Logger.defaultLogger))
    const setting = { documents: [file], filename: join(folder, "runs.db"), port }
    const context = yield* Layer.build(Layer.provide(layer(setting), services)).pipe(Scope.extend(scope), Effect.orDie)
    const { address } = Context.get(context, HttpServer.HttpServer)
    port = address._tag === "TcpAddress" ? address.port : 0
    chaos = Context.get(context, Chaos.Chaos)
  })
  yield* start
  const origin = `http://127.0.0.1:${port}`

  return {
    url: `${origin}/`,
    /** As a client of the host does it; gives the id of the run. */
    startRun: Effect.promise(async () => {
      const response = await fetch(`${origin}/runs/glossary`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ document: "essay.md" })
      })
      assert.strictEqual(response.status, 201)
      const { run } = (await response.json()) as { readonly run: { readonly id: string } }
      return run.id
    }),
    /** From now on nothing about runs can be read or written. */
    storm: Effect.suspend(() => chaos.use(away)),
    heal: Effect.suspend(() => chaos.heal),
    restart: (meanwhile: Effect.Effect<void>) =>
      Effect.suspend(() => Scope.close(scope, Exit.void)).pipe(Effect.zipRight(meanwhile), Effect.zipRight(start))
  }
})
