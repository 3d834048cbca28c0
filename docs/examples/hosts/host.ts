/**
 * One host, in a process of its own: `node host.js URL MONTH…`. It starts a report for each month, executes what it can,
 * and takes over what others leave behind, until it is told to end.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer, Logger } from "effect"
import { RunKernel } from "effect-holdfast"
import * as PgRunStore from "effect-holdfast/PgRunStore"
import { layer, Report } from "./work.js"

const [url = "", ...months] = process.argv.slice(2)

/** Short, so that there is not long to wait. A host would keep the defaults. */
const Runs = RunKernel.layer({ leaseDuration: "3 seconds", shutdownGrace: "1 second" }).pipe(
  Layer.provide(PgRunStore.layer({ url }))
)

const host = Effect.gen(function* () {
  yield* Effect.forEach(months, (month) => Report.start({ month }), { discard: true })
  return yield* Effect.never
})

const layers = layer(Console.log).pipe(Layer.provideMerge(Runs), Layer.provide(Logger.remove(Logger.defaultLogger)))

NodeRuntime.runMain(Effect.provide(host, layers), { disablePrettyLogger: true })
