/**
 * The SQLite file that three hosts share, and its lock in the hands of somebody else.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type SqlRow, storedRun } from "../../src/internal/store/sqlRows.js"
import { changeOf, columns, type FleetDatabase } from "./database.js"
import { files } from "./hostInput.js"

const audit = (when: "INSERT" | "UPDATE"): string => `
CREATE TRIGGER fleet_audit_${when} AFTER ${when} ON holdfast_runs BEGIN
  INSERT INTO fleet_audit (is_insert, run_id, name, run_key, status, host_id, attempt)
  VALUES (${when === "INSERT" ? 1 : 0}, NEW.run_id, NEW.name, NEW.run_key, NEW.status, NEW.host_id, NEW.attempt);
END`

const auditTable = `
CREATE TABLE fleet_audit (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, is_insert INTEGER, run_id TEXT, name TEXT, run_key TEXT, status TEXT,
  host_id TEXT, attempt INTEGER
)`

export const make = (directory: string): Effect.Effect<FleetDatabase, never, Scope.Scope> =>
  Effect.gen(function* () {
    const filename = join(directory, files.database)
    const open = Effect.acquireRelease(
      // It waits in the thread of this test, which has nothing else to do then, and not for long.
      Effect.sync(() => new Sqlite(filename, { timeout: 50 })),
      (opened) => Effect.sync(() => opened.close())
    )
    const database = yield* open
    const all = (sql: string, ...parameters: ReadonlyArray<unknown>) =>
      Effect.try(() => database.prepare(sql).all(...parameters) as ReadonlyArray<SqlRow>).pipe(patiently)
    const run = (sql: string) => Effect.try(() => void database.exec(sql)).pipe(patiently)
    const permit = Effect.unsafeMakeSemaphore(1)
    const locked = (millis: number) =>
      Effect.gen(function* () {
        const holder = yield* open
        yield* Effect.try(() => void holder.exec("BEGIN IMMEDIATE")).pipe(patiently)
        yield* Effect.sleep(millis)
        yield* Effect.sync(() => void holder.exec("ROLLBACK"))
      }).pipe(Effect.scoped, permit.withPermits(1))
    return {
      kind: "sqlite",
      of: () => ({ _tag: "Sqlite", filename }),
      watch: Effect.forEach([auditTable, audit("INSERT"), audit("UPDATE")], run, { discard: true }),
      activeCount: Effect.map(all("SELECT COUNT(*) AS count FROM holdfast_runs WHERE finished_at IS NULL"), ([row]) =>
        Number(row?.["count"])
      ),
      changesAfter: (sequence) =>
        Effect.map(all(`SELECT ${columns} FROM fleet_audit WHERE sequence > ? ORDER BY sequence`, sequence), (rows) =>
          rows.map(changeOf)
        ),
      rows: Effect.map(all("SELECT * FROM holdfast_runs"), (rows) => rows.map(storedRun)),
      forget: (finishedBefore, sequence) =>
        Effect.zipRight(
          run(`DELETE FROM holdfast_runs WHERE finished_at < ${Math.floor(finishedBefore)}`),
          run(`DELETE FROM fleet_audit WHERE sequence <= ${sequence}`)
        ),
      harm: ({ forMillis, kind }) => (kind === "lock" ? locked(forMillis) : Effect.void)
    }
  })

/** The hosts write to it as well, and hold its lock for some milliseconds. */
const patiently = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A> =>
  Effect.orDie(Effect.retry(effect, Schedule.intersect(Schedule.spaced("20 millis"), Schedule.recurs(500))))
