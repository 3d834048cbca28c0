/**
 * The ticket: a terminal row was changed by a client that knows nothing of the kernel. The database
 * itself refuses that, in each of the ways that SQL has for it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { scenario, World, within } from "./world.js"

const row =
  "INTO holdfast_runs (run_id, name, status, host_id, attempt, attempt_max, on_host_exit, created_at) " +
  "VALUES (?, 'import', 'running', 'foreign', 1, 1, 'fail', 0)"

/** What each database has for writing over a row that is there: an insert is refused, or does nothing. */
const overwriting = {
  sqlite: {
    // REPLACE deletes the row that it collides with, past every trigger on updates.
    updates: ["UPDATE OR REPLACE holdfast_runs SET run_id = ? WHERE run_id = ?"],
    inserts: ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE"].map((verb) => ({
      insert: `${verb} ${row}`,
      isRefused: false
    }))
  },
  postgres: {
    updates: ["UPDATE holdfast_runs SET run_id = run_id || 'x' WHERE run_id IN (?, ?)"],
    inserts: [
      { insert: `INSERT ${row} ON CONFLICT (run_id) DO UPDATE SET status = excluded.status`, isRefused: true },
      { insert: `INSERT ${row} ON CONFLICT DO NOTHING`, isRefused: false }
    ]
  }
}

export default scenario({
  name: "terminalRowIsFinal",
  promise: "no foreign client can change or replace a terminal row",
  guarantees: ["G3"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const { dialect } = world.database
    const handle = yield* kernel.start("import", Effect.succeed(10))
    yield* within(0)(handle.result)
    const other = yield* kernel.start("import", Effect.never)
    const rows = () => world.foreign("SELECT * FROM holdfast_runs ORDER BY status")
    const before = yield* rows()

    const refused = (sql: string, ...parameters: ReadonlyArray<string>) =>
      Effect.map(Effect.flip(Effect.sandbox(world.foreign(sql, ...parameters))), (cause) =>
        assert.match(String(Cause.squash(cause)), /holdfast:/)
      )
    yield* refused("UPDATE holdfast_runs SET status = 'failed' WHERE run_id = ?", handle.id)
    yield* refused("UPDATE holdfast_runs SET status = 'running', finished_at = NULL, work_outcome = NULL")
    yield* refused("UPDATE holdfast_runs SET error = '{}' WHERE run_id = ?", handle.id)
    for (const update of overwriting[dialect].updates) yield* refused(update, handle.id, other.id)
    for (const { insert, isRefused } of overwriting[dialect].inserts) {
      yield* isRefused ? refused(insert, handle.id) : world.foreign(insert, handle.id)
    }
    assert.deepEqual(yield* rows(), before)
    assert.equal((yield* within(0)(kernel.get(handle.id))).status, "completed")
    assert.deepEqual(yield* within(0)(other.cancel()), { _tag: "Requested", durable: true })
  })
})
