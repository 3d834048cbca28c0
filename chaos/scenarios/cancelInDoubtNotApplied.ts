/**
 * The ticket: a cancel came while an earlier attempt of the completion was in doubt. The attempt had
 * not landed, and the cancel was turned away as too late though nothing had been committed.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelInDoubtNotApplied",
  promise: "a cancel during the doubt about a completion that did not land is answered by its row: cancelled",
  guarantees: ["G2", "G4"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "connectionLost")),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.succeed(10))
    yield* Effect.sleep("20 millis")
    const failures = (yield* world.lines).filter((line) => line._tag === "WriteFailed")
    assert.deepEqual(
      failures.map(({ failure }) => failure.class),
      ["connection"]
    )
    assert.equal((yield* world.row(handle.id))?.status, "running")

    const answer = yield* within("5 seconds")(handle.cancel())
    assert.deepEqual(answer, { _tag: "Requested", durable: true })
    assert.equal((yield* handle.settled).status, "cancelled")
    const row = yield* world.row(handle.id)
    assert.deepEqual([row?.status, row?.work_outcome], ["cancelled", "succeeded"])
  })
})
