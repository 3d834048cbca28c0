/**
 * The ticket: a cancel of a pending run, which nobody owns, was recorded and answered; nobody was
 * there to carry it out, and the next host that came by began the work.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as RunId from "../../src/RunId.js"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelPending",
  promise: "a cancel of a pending run that nobody owns settles it at once, and it never comes back to life",
  guarantees: ["G2", "G3", "G10"],
  plan: FaultPlan.fromRules(FaultPlan.rule({ label: "cancel", attempt: 3 }, "connectionLost", { phase: "after" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    // The cancel of the second one is applied and its answer is lost: the repetition recognises its own settling.
    for (const key of ["plain", "answer lost"]) {
      const id = yield* RunId.make
      yield* world.foreign(
        `INSERT INTO holdfast_runs (run_id, name, run_key, status, attempt, attempt_max, on_host_exit, created_at)
         VALUES (?, 'import', ?, 'pending', 0, 3, 'restart', 0)`,
        id,
        key
      )
      const answer = yield* within("5 seconds")(kernel.cancel(id, { reason: "obsolete" }))
      assert.deepEqual(answer, { _tag: "Requested", durable: true })
      const row = yield* world.row(id)
      assert.deepEqual([row?.status, row?.work_outcome, row?.cancel_reason], ["cancelled", "notStarted", "obsolete"])
      assert.notEqual(row?.finished_at, null)

      const revived = yield* Effect.exit(
        world.foreign("UPDATE holdfast_runs SET status = 'running', host_id = 'other' WHERE run_id = ?", id)
      )
      assert.ok(Exit.isFailure(revived), "the database itself refuses")
      const next = yield* within("1 second")(kernel.start("import", Effect.void, { key }))
      yield* within("5 seconds")(next.settled)
      yield* Effect.sleep("1 minute")
      assert.deepEqual(yield* world.row(id), row)
      const again = yield* within("1 second")(kernel.cancel(id))
      assert.deepEqual(again, { _tag: "AlreadyTerminal", status: "cancelled" })
    }
  })
})
