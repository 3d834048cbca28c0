/**
 * The ticket: the wall clock of one machine was put right by an hour. It took the runs of all the others,
 * or it went on working for an hour on a lease that had ended.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RunKernel from "../../src/RunKernel.js"
import { beside, scenario, World, within } from "./world.js"

export default scenario({
  name: "clockJumps",
  promise: "a wall clock that jumps robs nobody, and lengthens no lease",
  guarantees: ["G7", "G9"],
  kernel: { leaseDuration: "30 seconds" },
  program: Effect.gen(function* () {
    const world = yield* World
    const real = yield* Effect.clock
    let jump = 7_200_000
    const clock: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => real.unsafeCurrentTimeMillis() + jump,
      unsafeCurrentTimeNanos: () => real.unsafeCurrentTimeNanos(),
      currentTimeMillis: Effect.map(real.currentTimeMillis, (millis) => millis + jump),
      currentTimeNanos: real.currentTimeNanos,
      sleep: (duration) => real.sleep(duration)
    }
    const kernel = yield* RunKernel.RunKernel
    const mine = yield* kernel.start("import", Effect.sleep("30 seconds"))
    const jumping = RunKernel.layer({ leaseDuration: "6 seconds" }).pipe(Layer.provide(world.database.store))
    yield* beside(jumping, (context) =>
      Effect.gen(function* () {
        const there = Context.get(context, RunKernel.RunKernel)
        jump = 10_800_000
        yield* Effect.sleep("15 seconds")
        assert.equal((yield* world.lines).filter(({ _tag }) => _tag === "HostFenced").length, 0)
        // Its wall clock goes back, and its renewals meet a lock now.
        jump = 0
        yield* world.database.whileLocked(Effect.sleep("10 seconds"))
        const refused = yield* Effect.flip(Effect.withClock(there.start("export", Effect.void), clock))
        assert.ok(refused._tag === "StoreFailure" && refused.message.includes("lease"), refused.message)
      })
    ).pipe(Effect.withClock(clock))
    assert.equal((yield* within("30 seconds")(mine.settled)).status, "completed")
  })
})
