/**
 * Found by the sweep: the completion write was applied with the cancel that the row had by then, its
 * answer was lost, and the log never said that there was a cancel. From the log alone the run had been
 * cancelled by nobody.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelFoundWhenApplied",
  promise: "a cancel that a write met in the row is in the log, also where the write's answer was lost",
  guarantees: ["G2", "G11"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "lateApply", { after: 20 })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.succeed(10))
    yield* Effect.sleep("10 millis")
    yield* world.foreign("UPDATE holdfast_runs SET cancel_requested_at = 10 WHERE run_id = ?", handle.id)
    const settled = yield* within("5 seconds")(handle.settled)
    assert.deepEqual([settled.status, settled.workOutcome], ["cancelled", "succeeded"])
    const told = (yield* world.lines).filter(({ _tag }) => _tag === "VerdictWritten" || _tag === "CancelRequested")
    assert.deepEqual(
      told.map((line) => (line._tag === "VerdictWritten" ? line.outcome : line._tag)),
      ["CancelRequested", "AlreadyApplied"]
    )
  })
})
