/**
 * The ticket: another process had recorded a cancel in the row, and the completion of this one wrote
 * over it, since the update set the status without looking at what the row said by then.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelRecordedElsewhere",
  promise: "a cancel that the row has by the time of the commit turns the completion into cancelled",
  guarantees: ["G2"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "busy", { window: { times: 3 } })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.succeed(10))
    yield* Effect.sleep("20 millis")
    assert.equal((yield* world.row(handle.id))?.status, "running")
    yield* world.foreign(
      "UPDATE holdfast_runs SET cancel_requested_at = 20, cancel_reason = 'by hand' WHERE run_id = ?",
      handle.id
    )

    const settled = yield* within("5 seconds")(handle.settled)
    assert.equal(settled.status, "cancelled")
    assert.equal(settled.workOutcome, "succeeded")
    const row = yield* world.row(handle.id)
    assert.deepEqual([row?.status, row?.cancel_requested_at, row?.cancel_reason], ["cancelled", 20, "by hand"])
  })
})
