/**
 * The ticket: a host was shut down while its database was away. What its runs had come to was gone
 * with it, and nobody ever knew that there was a row to repair, let alone how.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "verdictLostAtExit",
  promise: "a verdict that the process takes with it is logged as an error, with all that is needed to repair its row",
  guarantees: ["G4", "G6", "G11"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "cantOpen", { window: "untilHealed" })),
  // Without a journal the verdict is lost indeed; that the log says so is what this is about.
  breaks: ["G6"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const ended = yield* kernel.start("import", Effect.fail("the feed is empty"))
    const running = yield* kernel.start("import", Effect.sleep("1 hour"))
    yield* world.close
    assert.equal((yield* Effect.flip(within("1 second")(Effect.asVoid(ended.settled))))._tag, "VerdictParked")

    const entries = (yield* world.log).map((line) => JSON.parse(line))
    for (const [{ id }, reason] of [
      [ended, "WorkFailed"],
      [running, "HostShutdown"]
    ] as const) {
      const [entry, ...others] = entries.filter(({ message }) => message._tag === "VerdictLost" && message.runId === id)
      assert.deepEqual([entry?.logLevel, others.length], ["ERROR", 0])
      const { hostId, settlement } = entry.message
      assert.equal(JSON.parse(settlement.error).reason, reason)
      // By hand, with what the line says and nothing else.
      const repaired = yield* world.foreign(
        `UPDATE holdfast_runs SET status = ?, work_outcome = ?, finished_at = ?, result = ?, error = ?, settle_token = ?
         WHERE run_id = ? AND host_id = ? AND attempt = ? AND status = 'running' RETURNING run_id`,
        ...[settlement.status, settlement.workOutcome, settlement.finishedAt, settlement.result, settlement.error],
        ...[settlement.token, id, hostId, settlement.attempt]
      )
      assert.equal(repaired.length, 1)
      assert.equal((yield* world.row(id))?.status, "failed")
    }
    const stopped = entries.find(({ message }) => message._tag === "HostStopped")
    assert.equal(stopped?.message.unwritten, 2)
  })
})
