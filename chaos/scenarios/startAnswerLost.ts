/**
 * The ticket: the row of a new run was inserted, the answer was lost, the start failed, and the row
 * stayed active for ever with nobody to work for it or to cancel it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "startAnswerLost",
  promise: "a start that fails although its row was inserted settles that row, and frees its key",
  guarantees: ["G5", "G7", "G8"],
  kernel: { startTimeout: "2 seconds", persist: { attemptTimeout: "4 seconds" } },
  plan: FaultPlan.fromRules(
    FaultPlan.rule({ label: "insert", run: 1 }, "hang", { phase: "after" }),
    FaultPlan.rule({ label: "insert", run: 2 }, "lateApply", { after: 7_000 }),
    FaultPlan.rule({ label: "insert", run: 2, attempt: 2 }, "busy", { window: "untilHealed" })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let executed = 0
    const start = kernel.start(
      "import",
      Effect.sync(() => ++executed),
      { key: "a.csv" }
    )
    const statuses = Effect.map(
      world.foreign("SELECT status, work_outcome FROM holdfast_runs ORDER BY run_id"),
      (rows) => rows.map((row) => `${row["status"]}, ${row["work_outcome"]}`)
    )
    // Applied at once, and never answered.
    const applied = yield* within("3 seconds")(Effect.flip(start))
    assert.ok(applied._tag === "StoreFailure" && applied.inDoubt, applied.message)
    assert.deepEqual(yield* statuses, ["running, null"])
    yield* Effect.sleep("2100 millis")
    assert.deepEqual(yield* statuses, ["failed, notStarted"])

    // Given up, and applied long after that: it meets its tombstone.
    const late = yield* within("3 seconds")(Effect.flip(start))
    assert.ok(late._tag === "StoreFailure" && late.inDoubt, late.message)
    yield* Effect.sleep("1 seconds")
    assert.deepEqual(yield* statuses, ["failed, notStarted", "failed, notStarted"])
    yield* Effect.sleep("5 seconds")
    assert.deepEqual(yield* statuses, ["failed, notStarted", "failed, notStarted"])

    const third = yield* within("1 second")(start)
    assert.equal(yield* within("1 second")(third.result), 1)
  })
})
