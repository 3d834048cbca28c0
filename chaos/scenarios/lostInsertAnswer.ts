/**
 * The ticket: the insert was committed and its answer was lost. The retry met the key of its own row
 * and refused the start, or inserted a second run, and the work was executed twice or by nobody.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "lostInsertAnswer",
  promise: "a start whose insert's answer was lost adopts its own row: one row, and the work is executed once",
  guarantees: ["G7", "G8", "G10"],
  plan: FaultPlan.fromRules(FaultPlan.rule("insert", "connectionLost", { phase: "after", window: { times: 2 } })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.sync(() => effects++)
    const handle = yield* within("5 seconds")(kernel.start("import", work, { key: "one" }))
    assert.equal(handle.isNew, true)
    assert.equal((yield* within("5 seconds")(handle.settled)).status, "completed")
    const rows = yield* world.foreign("SELECT run_id, status FROM holdfast_runs")
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [{ run_id: handle.id, status: "completed" }]
    )
    assert.equal(effects, 1)
    const lines = yield* world.lines
    assert.equal(lines.filter(({ _tag }) => _tag === "WriteFailed").length, 2)
    assert.equal(lines.filter(({ _tag }) => _tag === "RunStarted").length, 1)
  })
})
