/**
 * The ticket: the answers of an insert were lost for longer than the start would wait. It answered
 * "failed", the row stayed `running` for ever, and no cancel could reach it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "startInDoubt",
  promise: "a start whose insert stays in doubt past its budget says so, and leaves a settled row behind",
  guarantees: ["G5", "G7", "G8"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule("insert", "connectionLost", { phase: "after", window: { millis: 10_000 } }),
    FaultPlan.rule("entomb", "busy", { window: { times: 3 } })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.sync(() => effects++)
    const failure = yield* within("11 seconds")(Effect.flip(kernel.start("import", work, { key: "one" })))
    assert.ok(failure._tag === "StoreFailure" && failure.inDoubt, `${failure}`)
    assert.deepEqual([failure.operation, failure.class], ["start", "connection"])
    const [there] = yield* world.foreign("SELECT run_id, status FROM holdfast_runs")
    assert.equal(there?.status, "running", "what it answered is true: nobody knows yet")

    const again = yield* within("8 seconds")(kernel.start("import", work, { key: "one" }))
    assert.equal((yield* within("1 second")(again.settled)).status, "completed")
    const [row] = yield* world.foreign("SELECT * FROM holdfast_runs WHERE run_id = ?", there.run_id as string)
    assert.deepEqual([row?.status, row?.work_outcome], ["failed", "notStarted"])
    assert.equal(JSON.parse(String(row?.error)).reason, "StartAbandoned")
    assert.equal(effects, 1)
  })
})
