/**
 * The event loop under a load that never pauses, on the real clock: timers of the process fire meanwhile,
 * and with them the renewal of the lease.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { RunKernel, RunStore } from "../../src/index.js"

const Runs = RunKernel.layer().pipe(
  Layer.provide(RunStore.layerMemory),
  Layer.provide(Logger.minimumLogLevel(LogLevel.None))
)

/** How often the event loop turned while the runs were executed. */
const turnsDuring = (runs: number, concurrency: number) =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    let turns = 0
    const tick = Effect.zipRight(
      Effect.sleep("1 millis"),
      Effect.sync(() => turns++)
    )
    yield* Effect.forkScoped(Effect.forever(tick))
    const one = Effect.flatMap(kernel.start("work", Effect.void), (handle) => handle.settled)
    yield* Effect.forEach(Array.from({ length: runs }), () => one, { concurrency, discard: true })
    return turns
  }).pipe(Effect.scoped, Effect.provide(Runs))

describe("under a load that never pauses", () => {
  for (const concurrency of [1, 50]) {
    it.live(`the event loop turns, ${concurrency} at a time`, () =>
      Effect.map(turnsDuring(1_000, concurrency), (turns) => assert.isAbove(turns, 2))
    )
  }
})
