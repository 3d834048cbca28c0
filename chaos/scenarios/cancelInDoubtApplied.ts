/**
 * The ticket: a cancel came while an earlier attempt of the completion was in doubt. The attempt had
 * landed, its answer was lost, and the canceller was told that the run is cancelled.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelInDoubtApplied",
  promise: "a cancel during the doubt about a completion that did land is answered by its row: already completed",
  guarantees: ["G2", "G4"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "connectionLost", { phase: "after" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.succeed(10))
    yield* Effect.sleep("20 millis")
    assert.equal((yield* world.row(handle.id))?.status, "completed")
    assert.ok(!(yield* world.lines).some(({ _tag }) => _tag === "Settled"), "the answer is lost")

    const answer = yield* within("5 seconds")(handle.cancel())
    assert.deepEqual(answer, { _tag: "AlreadyTerminal", status: "completed" })
    assert.equal((yield* handle.settled).status, "completed")
    assert.equal(yield* handle.result, 10)
    const row = yield* world.row(handle.id)
    assert.deepEqual([row?.status, row?.cancel_requested_at], ["completed", null])
  })
})
