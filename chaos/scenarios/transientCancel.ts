/**
 * The ticket: the cancel write met "database is locked", and the catch around it wrote `failed`. There
 * are two such writes: the mark in the row of work that has not stopped yet, and the terminal status.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "transientCancel",
  promise: "a cancel whose writes meet transient failures ends as cancelled, and is answered when it is stored",
  guarantees: ["G1", "G2", "G5"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule({ label: "cancel", run: 1 }, "busy", { window: { times: 3 } }),
    FaultPlan.rule({ label: "settle", run: 1 }, "busySnapshot", { window: { times: 3 } }),
    FaultPlan.rule({ label: "cancel", run: 2 }, "ioError", { phase: "after", window: { times: 3 } })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const stops = yield* kernel.start("stops", Effect.never)
    const first = yield* within("10 seconds")(stops.cancel({ reason: "not needed" }))
    assert.deepEqual(first, { _tag: "Requested", durable: true })
    assert.equal((yield* within("10 seconds")(stops.settled)).status, "cancelled")
    const cancelled = yield* world.row(stops.id)
    assert.deepEqual([cancelled?.["status"], cancelled?.["cancel_reason"]], ["cancelled", "not needed"])
    assert.equal((yield* Effect.flip(stops.result))._tag, "RunCancelled")

    const gate = yield* Deferred.make<void>()
    const ignores = yield* kernel.start("ignores", Effect.uninterruptible(Effect.as(Deferred.await(gate), 5)))
    const cancelling = yield* Effect.fork(ignores.cancel({ reason: "too long" }))
    assert.deepEqual(yield* within("10 seconds")(Fiber.join(cancelling)), { _tag: "Requested", durable: true })
    const marked = yield* world.row(ignores.id)
    assert.deepEqual([marked?.["status"], marked?.["cancel_reason"]], ["running", "too long"])
    yield* Deferred.succeed(gate, undefined)
    assert.equal((yield* within("1 second")(ignores.settled)).status, "cancelled")
    assert.equal((yield* world.row(ignores.id))?.["status"], "cancelled")
  })
})
