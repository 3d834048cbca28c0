/**
 * The ticket: a start had failed in doubt, and its caller had been told that a row that lands would be settled. The host
 * was killed before it could do that; the insert landed, its key was taken, and nobody knew of the run.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { killedNow } from "./nextLife.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "journaledTombstone",
  promise:
    "the tombstone of a start in doubt survives a SIGKILL: an insert that lands after the next start changes nothing",
  guarantees: ["G6", "G7"],
  hasJournal: true,
  plan: FaultPlan.fromRules(
    FaultPlan.rule("insert", "hang", { window: "untilHealed" }),
    FaultPlan.rule("entomb", "busy", { window: "untilHealed" })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const refused = yield* Effect.flip(within("20 seconds")(kernel.start("import", Effect.succeed(1), { key: "one" })))
    assert.ok(refused._tag === "StoreFailure" && refused.inDoubt)
    yield* Effect.sleep("30 seconds")
    const journaled = (yield* world.lines).find(({ _tag }) => _tag === "VerdictJournaled")
    assert.ok(journaled?._tag === "VerdictJournaled")

    const killed = yield* killedNow
    assert.equal(yield* killed.row(journaled.runId), undefined)
    yield* killed.reborn(() => Effect.void)
    const row = yield* killed.row(journaled.runId)
    assert.deepEqual([row?.["status"], row?.["work_outcome"]], ["failed", "notStarted"])
    assert.match(String(row?.["error"]), /StartAbandoned/)
    // The lost insert lands.
    const landed = yield* killed.foreign(
      `INSERT INTO holdfast_runs (run_id, name, run_key, status, host_id, attempt, attempt_max, on_host_exit, created_at)
       VALUES (?, 'import', 'one', 'running', ?, 1, 1, 'fail', 0) ON CONFLICT DO NOTHING RETURNING run_id`,
      journaled.runId,
      journaled.hostId
    )
    assert.deepEqual(landed, [])
  }).pipe(Effect.scoped)
})
