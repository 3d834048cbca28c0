/**
 * A host that imports: its kernel over a SQLite file, and three imports, of which one fails and one is cancelled.
 */
import { Deferred, Effect, Layer } from "effect"
import { RunKernel } from "effect-holdfast"
import * as SqliteRunStore from "effect-holdfast/SqliteRunStore"
import * as Telemetry from "./telemetry.js"

/** Telemetry stands below all: the kernel, its statements and their callers have one tracer, and it ends last. */
export const hostOn = (filename: string, settings: Telemetry.Settings) =>
  RunKernel.layer({ shutdownGrace: "2 seconds" }).pipe(
    Layer.provide(SqliteRunStore.layer({ filename })),
    Layer.provideMerge(Telemetry.layer(settings))
  )

/** As a request would start them: in a span of its own, to which the span of each run is linked. */
export const imports = Effect.gen(function* () {
  const kernel = yield* RunKernel.RunKernel
  const pages = Effect.withSpan(Effect.sleep("20 millis"), "pages")
  const done = yield* kernel.start("import", pages, { key: "catalogue" })
  const failed = yield* kernel.start("import", Effect.zipRight(pages, Effect.fail(new Error("page 2 is not there"))))
  const begun = yield* Deferred.make<void>()
  const cancelled = yield* kernel.start("import", Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
  // One that is cancelled before its work began has no span of its own: there is nothing to show.
  yield* Deferred.await(begun)
  yield* kernel.cancel(cancelled.id, { reason: "wrong file" })
  const runs = [done, failed, cancelled]
  yield* Effect.forEach(runs, (run) => run.settled, { concurrency: "unbounded", discard: true })
  return runs.map((run) => run.id)
}).pipe(Effect.withSpan("POST /imports"))
