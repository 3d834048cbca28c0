/**
 * The ticket: the database failed while the run was being set up, and the work was reported as having
 * failed. It was never executed; the start says what happened, and leaves nothing active behind.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "startDuringOutage",
  promise: "a start that the database does not take within its time fails as such, and its work is never executed",
  guarantees: ["G5", "G7"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule("insert", "busy", { window: "untilHealed" }),
    FaultPlan.rule("entomb", "busy", { window: "untilHealed" })
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
    const failure = yield* within("11 seconds")(Effect.flip(start))
    assert.ok(failure._tag === "StoreFailure", failure.message)
    assert.deepEqual([failure.operation, failure.code, failure.inDoubt], ["start", world.codeOf("busy"), true])
    assert.deepEqual(yield* world.foreign("SELECT run_id FROM holdfast_runs"), [])

    // The same key again: as long as the first start is in doubt its row may still come to be.
    const second = yield* within("11 seconds")(Effect.flip(start))
    assert.ok(second._tag === "StoreFailure" && !second.inDoubt, second.message)

    yield* (yield* Chaos).heal
    yield* Effect.sleep("5 seconds")
    const [row, ...others] = yield* world.foreign("SELECT * FROM holdfast_runs")
    assert.deepEqual([row?.["status"], row?.["work_outcome"], others.length], ["failed", "notStarted", 0])
    assert.equal(JSON.parse(String(row?.["error"])).reason, "StartAbandoned")
    assert.equal(executed, 0)
    const third = yield* within("1 second")(start)
    assert.equal(yield* within("1 second")(third.result), 1)
    const ended = (yield* world.lines).filter((line) => line._tag === "WorkEnded")
    assert.deepEqual(
      ended.map(({ runId }) => runId),
      [third.id]
    )
  })
})
