/**
 * Tables with a history: so many settled rows, and orphans of a host whose process is gone. Written by SQL,
 * past the kernel, into tables that the store has made.
 *
 * @since 0.1.0
 */
import { spawnSync } from "node:child_process"
import Sqlite from "better-sqlite3"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HostProcesses } from "../../../src/internal/hosts/hostProcess.js"
import * as RunId from "../../../src/RunId.js"
import { RunStore } from "../../../src/RunStore.js"
import * as SqliteRunStore from "../../../src/SqliteRunStore.js"

/** Makes the tables, and does something with the store. */
const withStore = <A, E>(filename: string, use: (store: typeof RunStore.Service) => Effect.Effect<A, E>) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(Layer.build(SqliteRunStore.layer({ filename })), (context) => use(Context.get(context, RunStore)))
    )
  )

/** A file with so many settled runs, of the years before: their ids sort before those that come. */
export const settledRuns = async (filename: string, count: number): Promise<void> => {
  await withStore(filename, () => Effect.void)
  const database = new Sqlite(filename)
  database.pragma("synchronous = OFF")
  database
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO holdfast_runs (run_id, name, status, host_id, attempt, attempt_max, on_host_exit, created_at, started_at,
         finished_at, work_outcome, result, settle_token)
       SELECT printf('01900000-%04x-7000-8000-%012x', i / 65536, i), 'bench', 'completed',
         '01900000-0000-7000-8000-000000000000', 1, 1, 'fail', 1700000000000 + i, 1700000000000 + i, 1700000000001 + i,
         'succeeded', '1', '01900000-0000-7000-8000-000000000000:1' FROM n WHERE ? > 0`
    )
    .run(count, count)
  database.pragma("wal_checkpoint(TRUNCATE)")
  database.close()
}

const rowsPerInsert = 256

/** So many running rows of a host of this machine whose process has ended. */
export const orphans = (filename: string, count: number): Promise<void> =>
  withStore(filename, (store) =>
    Effect.gen(function* () {
      const { own } = yield* HostProcesses
      const hostId = yield* RunId.makeHostId
      const { pid } = spawnSync(process.execPath, ["--version"])
      const now = 1_700_000_000_000
      yield* store.registerHost({
        ...own,
        pid,
        hostId,
        registeredAt: now,
        leaseUntil: now + 60_000,
        leaseMillis: 60_000
      })
      for (let left = count; left > 0; left -= rowsPerInsert) {
        const rows = yield* Effect.forEach(Array.from({ length: Math.min(left, rowsPerInsert) }), () =>
          Effect.map(RunId.make, (id) => newRun(id, hostId, now))
        )
        yield* store.insert(rows)
      }
    })
  )

const newRun = (id: RunId.RunId, hostId: RunId.HostId, createdAt: number) => ({
  id,
  hostId,
  createdAt,
  name: "bench",
  key: null,
  idempotencyKey: null,
  payload: null,
  payloadHash: null,
  attemptMax: 1,
  onHostExit: "fail" as const
})

/** How many rows are active, by a connection that only reads. */
export const activeCounter = (filename: string): { readonly count: () => number; readonly close: () => void } => {
  const database = new Sqlite(filename, { readonly: true })
  const statement = database.prepare(
    "SELECT count(*) AS active FROM holdfast_runs WHERE status IN ('pending', 'running')"
  )
  return {
    count: () => (statement.get() as { readonly active: number }).active,
    close: () => void database.close()
  }
}
