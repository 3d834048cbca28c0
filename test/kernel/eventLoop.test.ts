/**
 * The event loop under a load that never pauses, on the real clock: timers of the process fire meanwhile,
 * and with them the renewal of the lease. Counted in runs, not in milliseconds.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { RunKernel, RunStore } from "../../src/index.js"

// One statement may take all that wait: what it answers must not go on all at once.
const Runs = RunKernel.layer({ persist: { batchMax: 10_000 } }).pipe(
  Layer.provide(RunStore.layerMemory),
  Layer.provide(Logger.minimumLogLevel(LogLevel.None))
)

const runs = 1_000

/** The most runs that settled without a turn of the event loop between them. */
const mostBetweenTurns = (concurrency: number) =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    let most = 0
    let settled = 0
    let turn: NodeJS.Immediate
    const turned = () => {
      most = Math.max(most, settled)
      settled = 0
      turn = setImmediate(turned)
    }
    turned()
    yield* Effect.addFinalizer(() => Effect.sync(() => clearImmediate(turn)))
    const one = Effect.map(
      Effect.flatMap(kernel.start("work", Effect.void), (handle) => handle.settled),
      () => settled++
    )
    yield* Effect.forEach(Array.from({ length: runs }), () => one, { concurrency, discard: true })
    return Math.max(most, settled)
  }).pipe(Effect.scoped)

/** A ManagedRuntime builds its layers under a scheduler of its own. */
const inManagedRuntime = async (concurrency: number) => {
  const runtime = ManagedRuntime.make(Runs)
  return runtime.runPromise(mostBetweenTurns(concurrency)).finally(() => runtime.dispose())
}

describe("under a load that never pauses", () => {
  for (const concurrency of [1, 50, 1_000]) {
    it.live(`the event loop turns, ${concurrency} at a time`, () =>
      Effect.map(Effect.provide(mostBetweenTurns(concurrency), Runs), (most) => assert.isBelow(most, runs / 4))
    )
    it(`the event loop turns, ${concurrency} at a time, in a ManagedRuntime`, async () => {
      assert.isBelow(await inManagedRuntime(concurrency), runs / 4)
    })
  }
})
