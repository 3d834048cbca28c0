/**
 * The ticket: an insert timed out, its start was given up, and then the insert landed: an active row
 * of a run that had been told to have failed. The tombstone takes its place before it comes.
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
  name: "startLandsLate",
  promise: "an insert that lands after its start was given up meets a tombstone and changes nothing",
  guarantees: ["G3", "G7", "G8"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule("insert", "lateApply", { after: 15_000 }),
    FaultPlan.rule({ label: "insert", attempt: 2 }, "busy", { window: { millis: 9_900 } })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const chaos = yield* Chaos
    const failure = yield* within("11 seconds")(Effect.flip(kernel.start("import", Effect.void, { key: "one" })))
    assert.ok(failure._tag === "StoreFailure" && failure.inDoubt, `${failure}`)
    yield* Effect.sleep("10 millis")
    const [tombstone] = yield* world.foreign("SELECT * FROM holdfast_runs")
    assert.deepEqual([tombstone?.status, tombstone?.work_outcome], ["failed", "notStarted"])

    // The lane of inserts waits out the delay that the first start left it with.
    const again = yield* within("6 seconds")(kernel.start("import", Effect.sleep("1 second"), { key: "one" }))
    assert.equal((yield* within("3 seconds")(again.settled)).status, "completed")
    yield* Effect.sleep("5 seconds")
    const [late] = yield* chaos.fired
    assert.equal(late?.landing, "landed")
    const rows = yield* world.foreign("SELECT * FROM holdfast_runs ORDER BY run_id")
    assert.deepEqual(
      rows.map(({ status }) => status),
      ["failed", "completed"]
    )
    assert.deepEqual(rows[0], tombstone)
  })
})
