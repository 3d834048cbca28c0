/**
 * The ticket: a host that was told to stop went only when its whole grace was over. A start had been refused, whose insert
 * had never been sent, and the shutdown went on waiting for its end. Or the insert was sent after all, while the caller,
 * who had been told that nothing was done, had not had a turn yet.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import type { Scheduler } from "effect/Scheduler"
import type { RunId } from "../../src/RunId.js"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

/** Of a caller whose turns come late, as under load. */
const lateTurns = (delay: () => Duration.DurationInput): Effect.Effect<Scheduler> =>
  Effect.map(Effect.runtime<never>(), (runtime) => ({
    shouldYield: () => false,
    scheduleTask: (task) => {
      Runtime.runFork(runtime)(Effect.delay(Effect.sync(task), delay()))
    }
  }))

export default scenario({
  name: "startUnsentAtShutdown",
  promise: "a shutdown does not wait for a start whose insert was never sent: it is refused, and leaves nothing",
  guarantees: ["G5", "G7"],
  kernel: { shutdownGrace: "1 minute" },
  plan: FaultPlan.fromRules(FaultPlan.rule("cancel", "latency", { after: 1_000 })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const nobody = "01900000-0000-7000-8000-000000000000" as RunId
    // The insert waits behind this statement.
    yield* Effect.fork(Effect.ignore(kernel.cancel(nobody)))
    yield* Effect.sleep("10 millis")
    let delay: Duration.DurationInput = "10 millis"
    const late = yield* lateTurns(() => delay)
    const starting = yield* Effect.fork(Effect.withScheduler(Effect.flip(kernel.start("import", Effect.void)), late))
    yield* Effect.sleep("50 millis")
    // It is answered at once, and hears of that when the shutdown waits for it already, and the writer is free.
    delay = "2 seconds"
    yield* within("10 seconds")(world.close)
    const refused = yield* Fiber.join(starting)
    assert.ok(refused._tag === "KernelStopped" && !refused.inDoubt)
    assert.deepEqual(yield* world.foreign("SELECT run_id FROM holdfast_runs"), [])
  })
})
