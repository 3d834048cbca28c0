/**
 * Databases as hosts leave them: one that ran and stopped, and what one leaves that is killed.
 */
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { type RunError, RunKernel, RunLog, type RunStore } from "../../src/index.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import { host, idOf } from "./logs.js"

export interface Left {
  readonly database: string
  readonly log: string
}

/** Three runs, of which one fails: a real kernel, its database and its log, in `directory`. */
export const stoppedHost = async (directory: string): Promise<Left> => {
  const left = { database: join(directory, "runs.db"), log: join(directory, "run.ndjson") }
  await threeRuns(SqliteRunStore.layer({ filename: left.database }), left.log)
  return left
}

/** The same on any store. */
export const threeRuns = (store: Layer.Layer<RunStore.RunStore, RunError.StoreFailure>, log: string): Promise<void> => {
  const Runs = RunKernel.layer().pipe(
    Layer.provide(store),
    Layer.provideMerge(Logger.remove(Logger.defaultLogger)),
    Layer.provideMerge(RunLog.layerFile(log))
  )
  return Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const imported = yield* kernel.start("import", Effect.succeed(1), { key: "a" })
    yield* imported.settled
    const failed = yield* kernel.start("import", Effect.fail(new Error("unreadable")), { key: "b" })
    yield* failed.settled
    const exported = yield* kernel.start("export\u001b[2J", Effect.succeed(1))
    yield* exported.settled
  }).pipe(Effect.provide(Runs), Effect.runPromise)
}

/** What a host leaves that was killed: its own row, the lease of which ran out, and a run that is `running`. */
export const leaveDeadHost = ({ database }: Left, leaseUntil: number): string => {
  const client = new Sqlite(database)
  client
    .prepare(
      "INSERT INTO holdfast_hosts (host_id, pid, registered_at, lease_until, lease_millis) VALUES (?, 1, 0, ?, 60000)"
    )
    .run(host, leaseUntil)
  client
    .prepare(
      "INSERT INTO holdfast_runs (run_id, name, status, host_id, attempt, attempt_max, on_host_exit, created_at, started_at, progress_current, progress_total, progress_step) VALUES (?, 'import', 'running', ?, 1, 1, 'fail', 1, 1, 1, 2, 'rows')"
    )
    .run(idOf(1), host)
  client.close()
  return idOf(1)
}

/** Executes SQL on the file, as a foreign client. */
export const execute = ({ database }: Left, sql: string): void => {
  const client = new Sqlite(database)
  client.exec(sql)
  client.close()
}

/** One value, as a foreign client reads it. */
export const read = ({ database }: Left, sql: string): unknown => {
  const client = new Sqlite(database, { readonly: true })
  const value = client.prepare(sql).pluck().get()
  client.close()
  return value
}
