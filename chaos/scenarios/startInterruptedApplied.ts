/**
 * The ticket: a start was interrupted after its row had been written and before the answer. A new
 * start of the same key met that row and was refused, on behalf of a run that nobody owned.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "startInterruptedApplied",
  promise:
    "a start of the same key waits for the tombstone of an interrupted one, however long that takes, and succeeds",
  guarantees: ["G5", "G7", "G8"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule("insert", "latency", { phase: "after", after: 1000 }),
    FaultPlan.rule("entomb", "busy", { window: { times: 3 } })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.sync(() => effects++)
    const starting = yield* Effect.fork(kernel.start("import", work, { key: "one" }))
    yield* Effect.sleep("100 millis")
    const [there] = yield* world.foreign("SELECT run_id, status FROM holdfast_runs")
    assert.equal(there?.status, "running")
    yield* within("100 millis")(Fiber.interrupt(starting))

    const again = yield* within("8 seconds")(kernel.start("import", work, { key: "one" }))
    assert.equal((yield* within("1 second")(again.settled)).status, "completed")
    const [row] = yield* world.foreign("SELECT * FROM holdfast_runs WHERE run_id = ?", there.run_id as string)
    assert.deepEqual([row?.status, row?.work_outcome], ["failed", "notStarted"])
    assert.equal(JSON.parse(String(row?.error)).reason, "StartAbandoned")
    assert.equal(effects, 1)
    const lines = yield* world.lines
    assert.ok(lines.some((line) => line._tag === "StartFailed" && line.runId === there.run_id && line.abandoned))
  })
})
