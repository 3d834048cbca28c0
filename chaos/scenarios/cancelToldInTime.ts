/**
 * The ticket: the cancel write is never answered. Each canceller is told by its own budget: of a run of
 * this host after `parkAfter`, of a run that is known by its id only after `startTimeout`, whoever came
 * first.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as RunId from "../../src/RunId.js"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, within } from "./world.js"

export default scenario({
  name: "cancelToldInTime",
  promise: "a canceller whose write is never answered is told when its own budget ends, and the truth",
  guarantees: ["G2", "G5", "G10"],
  plan: FaultPlan.fromRules(FaultPlan.rule("cancel", "hang", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const gate = yield* Deferred.make<void>()
    const handle = yield* kernel.start("ignores", Effect.uninterruptible(Deferred.await(gate)))
    const own = yield* Effect.fork(handle.cancel())
    yield* Effect.sleep("1 seconds")
    const byId = yield* Effect.fork(Effect.flip(kernel.cancel(yield* RunId.make)))
    yield* Effect.sleep("10 seconds")
    const failure = yield* within(0)(Fiber.join(byId))
    assert.ok(failure._tag === "StoreFailure" && failure.operation === "cancel", failure.message)
    assert.equal(yield* Fiber.poll(own).pipe(Effect.map(({ _tag }) => _tag)), "None")
    yield* Effect.sleep("4 seconds")
    // The work has its interruption and every terminal write of this host says `cancelled`; the row has no mark yet.
    assert.deepEqual(yield* within(0)(Fiber.join(own)), { _tag: "Requested", durable: false })

    yield* (yield* Chaos).heal
    yield* Deferred.succeed(gate, undefined)
    assert.equal((yield* within("15 seconds")(handle.settled)).status, "cancelled")
  })
})
