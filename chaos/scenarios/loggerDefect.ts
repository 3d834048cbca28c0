/**
 * The ticket: a defect at any point of a start, or of an end. The host's logger throws at every line
 * that speaks of a run; its insert was answered, its work had ended, and nobody went on from there.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "loggerDefect",
  promise: "a logger of the host's that throws at every line changes nothing about any run",
  guarantees: ["G1", "G4", "G5", "G7"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "busy")),
  logging: (line) => {
    if (line.includes('"runId"')) throw new Error("the host's logger has a defect")
  },
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.sync(() => effects++)
    const completed = yield* within("5 seconds")(kernel.start("import", work, { key: "one" }))
    assert.equal((yield* within("5 seconds")(completed.settled)).status, "completed")
    const cancelled = yield* within("5 seconds")(kernel.start("import", Effect.sleep("1 hour"), { key: "one" }))
    yield* Effect.sleep("1 second")
    assert.deepEqual(yield* within("5 seconds")(cancelled.cancel()), { _tag: "Requested", durable: true })
    assert.equal((yield* within("5 seconds")(cancelled.settled)).status, "cancelled")
    assert.equal((yield* world.row(completed.id))?.status, "completed")
    assert.equal((yield* world.row(cancelled.id))?.status, "cancelled")
    assert.equal(effects, 1)
  })
})
