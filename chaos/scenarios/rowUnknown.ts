/**
 * The ticket: after a file was restored from a backup, runs of the very host that was using it were
 * `running`, which nobody executed; nobody could cancel them, and their keys were taken for ever.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { make as makeRunId } from "../../src/RunId.js"
import { RunKernel } from "../../src/RunKernel.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "rowUnknown",
  promise: "an active row in a host's name that nobody there started is told of and settled, and its key is free",
  guarantees: ["G5", "G7", "G8"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const known = yield* kernel.start("import", Effect.never)
    const unknown = yield* makeRunId
    yield* world.foreign(
      "INSERT INTO holdfast_runs (run_id, name, run_key, status, host_id, attempt, attempt_max, on_host_exit, created_at, started_at) SELECT ?, name, 'one', status, host_id, 1, 1, 'fail', created_at, started_at FROM holdfast_runs WHERE run_id = ?",
      ...[unknown, known.id]
    )
    // A renewal comes each twenty seconds, and brings back the rows that are this host's; there is time for one that fails.
    yield* Effect.sleep("45 seconds")
    const row = yield* world.row(unknown)
    assert.deepEqual([row?.["status"], row?.["work_outcome"]], ["failed", "notStarted"])
    assert.match(String(row?.["error"]), /StartAbandoned/)
    assert.ok((yield* world.lines).some((line) => line._tag === "RowUnknown" && line.runId === unknown))
    assert.equal((yield* world.row(known.id))?.["status"], "running")
    const next = yield* kernel.start("import", Effect.void, { key: "one" })
    assert.equal((yield* within("1 second")(next.settled)).status, "completed")
    yield* within("1 second")(known.cancel())
  })
})
