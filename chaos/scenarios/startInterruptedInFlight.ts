/**
 * The ticket: a start was interrupted while its insert was in flight. The record was forgotten at
 * once, the row landed a moment later, and its key stayed blocked by a run that nobody could cancel.
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
  name: "startInterruptedInFlight",
  promise: "a row that lands after its start was interrupted is settled as StartAbandoned, and its key is free then",
  guarantees: ["G7", "G8"],
  plan: FaultPlan.fromRules(FaultPlan.rule("insert", "latency", { after: 1000 })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.sync(() => effects++)
    const starting = yield* Effect.fork(kernel.start("import", work, { key: "one" }))
    yield* Effect.sleep("100 millis")
    assert.deepEqual(yield* world.foreign("SELECT * FROM holdfast_runs"), [], "the insert has not been applied")
    yield* within("100 millis")(Fiber.interrupt(starting))

    const again = yield* within("5 seconds")(kernel.start("import", work, { key: "one" }))
    assert.equal((yield* within("1 second")(again.settled)).status, "completed")
    const [abandoned, ...others] = yield* world.foreign("SELECT * FROM holdfast_runs WHERE run_id <> ?", again.id)
    assert.deepEqual([abandoned?.status, abandoned?.work_outcome, others.length], ["failed", "notStarted", 0])
    assert.equal(JSON.parse(String(abandoned?.error)).reason, "StartAbandoned")
    assert.equal(effects, 1)
  })
})
