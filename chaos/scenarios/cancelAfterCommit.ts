/**
 * The ticket: a cancel that came after the completion's commit changed nothing and was reported as
 * done. That holds also where the commit has happened and its answer is still under way.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelAfterCommit",
  promise: "a cancel that comes after the commit is told that the run has completed, and changes nothing",
  guarantees: ["G2", "G3", "G10"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "latency", { phase: "after", after: 1000 })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const tooLate = { _tag: "AlreadyTerminal", status: "completed" }
    const handle = yield* kernel.start("import", Effect.succeed(10))
    yield* Effect.sleep("100 millis")
    const before = yield* world.row(handle.id)
    assert.equal(before?.status, "completed")
    assert.ok(!(yield* world.lines).some(({ _tag }) => _tag === "Settled"), "the answer is still under way")

    assert.deepEqual(yield* within("5 seconds")(handle.cancel()), tooLate, "while the answer is under way")
    assert.equal(yield* within("1 second")(handle.result), 10)
    assert.deepEqual(yield* handle.cancel(), tooLate, "by the handle, which knows the end")
    assert.deepEqual(
      yield* within("1 second")(kernel.cancel(handle.id)),
      tooLate,
      "by the id, which only the row knows"
    )
    assert.deepEqual(yield* world.row(handle.id), before, "and the row is as it was")
  })
})
