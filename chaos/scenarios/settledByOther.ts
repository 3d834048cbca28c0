/**
 * The ticket: a write that changed no row, because the run was terminal already, was taken for a
 * failure and repeated for ever; or for a success, and the subscribers were told what the row does not
 * say.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "settledByOther",
  promise: "a terminal write that finds the run settled is no failure, is sent once, and tells what the row says",
  guarantees: ["G3", "G4", "G10"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const gate = yield* Deferred.make<void>()
    const handle = yield* kernel.start("import", Effect.as(Deferred.await(gate), 10))
    yield* world.foreign(
      "UPDATE holdfast_runs SET status = 'failed', work_outcome = 'unknown', finished_at = 5, settle_token = 'foreign', " +
        `error = '{"reason":"HostLost","message":"somebody tidied up"}' WHERE run_id = ?`,
      handle.id
    )
    const row = yield* world.row(handle.id)
    yield* Deferred.succeed(gate, undefined)
    const settled = yield* within(0)(handle.settled)
    assert.deepEqual([settled.status, settled.workOutcome], ["failed", "unknown"])
    const error = yield* Effect.flip(handle.result)
    assert.ok(error._tag === "RunFailed" && error.reason === "HostLost", error.message)
    assert.deepEqual(yield* world.row(handle.id), row)

    const settles = (yield* (yield* Chaos).operations).filter(({ label }) => label === "settle")
    assert.equal(settles.length, 1)
    const lines = yield* world.lines
    assert.deepEqual(
      lines.flatMap((line) => (line._tag === "VerdictWritten" ? [[line.outcome, line.status]] : [])),
      [["NoOp", "failed"]]
    )
    assert.equal(lines.filter(({ _tag }) => _tag === "WriteFailed").length, 0)
  })
})
