/** What the tables refuse by themselves, to a foreign client too, and how the statements find their rows. */
import { it } from "@effect/vitest"
import type Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { assert, describe } from "vitest"
import { sqliteStatements } from "../../src/internal/store/sqliteStatements.js"
import type { SqlStatement } from "../../src/internal/store/sqlStatements.js"
import { RunStore } from "../../src/RunStore.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import { cancel, here, inserted, newRun, runId, settlement, tombstone } from "./contract/fixtures.js"
import { foreign, freshFile } from "./databases.js"

interface Foreign {
  readonly database: Sqlite.Database
  /** Runs a statement as somebody else would; the message where it is refused. */
  readonly attempt: (sql: string, ...params: ReadonlyArray<unknown>) => string
  readonly rows: () => ReadonlyArray<unknown>
}

/** Run 1 is completed, and holds the idempotency key `once`; run 2 is running, and holds the key `k`. */
const withForeign = (
  body: (other: Foreign) => Effect.Effect<void, unknown, RunStore>
): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const filename = yield* freshFile
    const seeded = Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1, { idempotencyKey: "once" }), newRun(2, { key: "k" }))
      yield* store.settle([settlement(1)])
      const database = yield* foreign(filename)
      yield* body({
        database,
        attempt: (sql, ...params) => {
          try {
            return `changed ${database.prepare(sql).run(...params).changes}`
          } catch (cause) {
            return String(cause)
          }
        },
        rows: () => database.prepare("SELECT * FROM holdfast_runs ORDER BY run_id").all()
      })
    })
    yield* Effect.scoped(Effect.provide(seeded, SqliteRunStore.layer({ filename })))
  })

const columns =
  "(run_id, name, run_key, idempotency_key, status, host_id, attempt, attempt_max, on_host_exit, created_at)"

const active = (id: number, over: { readonly name?: string; readonly key?: string; readonly once?: string } = {}) =>
  [runId(id), over.name ?? "import", over.key ?? null, over.once ?? null, "running", here, 1, 1, "fail", 1] as const

const marks = "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

describe("SQLite schema: a terminal row is final", () => {
  it.scoped("no update changes it, by whatever words", () =>
    withForeign(({ attempt, rows }) =>
      Effect.sync(() => {
        const before = rows()
        const where = `WHERE run_id = '${runId(1)}'`
        for (const sql of [
          `UPDATE holdfast_runs SET status = 'failed' ${where}`,
          `UPDATE holdfast_runs SET result = NULL ${where}`,
          `UPDATE OR REPLACE holdfast_runs SET status = 'running' ${where}`,
          `UPDATE holdfast_runs SET status = 'running', finished_at = NULL, work_outcome = NULL ${where}`
        ]) {
          assert.match(attempt(sql), /terminal row never changes/, sql)
        }
        assert.match(attempt(`UPDATE OR IGNORE holdfast_runs SET result = 'x' ${where}`), /terminal row never changes/)
        assert.deepStrictEqual(rows(), before)
      })
    )
  )

  it.scoped("no insert replaces it: by its id, by its idempotency key, or by an upsert", () =>
    withForeign(({ attempt, rows }) =>
      Effect.sync(() => {
        const before = rows()
        const insert = `INTO holdfast_runs ${columns} ${marks}`
        assert.strictEqual(attempt(`INSERT OR REPLACE ${insert}`, ...active(1)), "changed 0")
        assert.strictEqual(attempt(`REPLACE ${insert}`, ...active(1, { once: "once" })), "changed 0")
        assert.strictEqual(attempt(`INSERT OR REPLACE ${insert}`, ...active(7, { once: "once" })), "changed 0")
        assert.strictEqual(
          attempt(`INSERT ${insert} ON CONFLICT (run_id) DO UPDATE SET status = 'running'`, ...active(1)),
          "changed 0"
        )
        assert.deepStrictEqual(rows(), before)
      })
    )
  )

  it.scoped("no update of another row deletes it by a collision", () =>
    withForeign(({ attempt, rows }) =>
      Effect.sync(() => {
        const before = rows()
        const where = `WHERE run_id = '${runId(2)}'`
        for (const set of [`run_id = '${runId(1)}'`, "idempotency_key = 'once'", "name = 'export'"]) {
          assert.match(attempt(`UPDATE OR REPLACE holdfast_runs SET ${set} ${where}`), /never change/, set)
        }
        assert.deepStrictEqual(rows(), before)
      })
    )
  )
})

describe("SQLite schema: what no row may say", () => {
  it.scoped("a status that is none, an end without an outcome, an outcome without an end, an owner that is none", () =>
    withForeign(({ attempt, rows }) =>
      Effect.sync(() => {
        const before = rows()
        const update = (set: string): string => attempt(`UPDATE holdfast_runs SET ${set} WHERE run_id = '${runId(2)}'`)
        for (const set of [
          "status = 'done'",
          "status = 'completed'",
          "status = 'completed', finished_at = 1",
          "status = 'completed', work_outcome = 'succeeded'",
          "finished_at = 1",
          "work_outcome = 'succeeded'",
          "status = 'completed', finished_at = 1, work_outcome = 'fine'",
          "host_id = NULL",
          "on_host_exit = 'explode'"
        ]) {
          assert.match(update(set), /CHECK constraint failed/, set)
        }
        assert.match(update("created_at = 'yesterday'"), /cannot store TEXT value/)
        assert.deepStrictEqual(rows(), before)
      })
    )
  )

  it.scoped("two active runs of one key, and two runs of one idempotency key", () =>
    withForeign(({ attempt }) =>
      Effect.sync(() => {
        const insert = `INSERT INTO holdfast_runs ${columns} ${marks}`
        assert.match(attempt(insert, ...active(7, { key: "k" })), /UNIQUE constraint failed/)
        assert.strictEqual(attempt(insert, ...active(7, { once: "once" })), "changed 0")
        assert.strictEqual(attempt(insert, ...active(7, { key: "k", name: "export", once: "once" })), "changed 1")
      })
    )
  )
})

describe("SQLite schema: how a statement finds its rows", () => {
  const dialect = sqliteStatements("holdfast_")
  const writes: { readonly [name: string]: SqlStatement } = {
    insert: dialect.insert([newRun(1)]),
    insertReadBack: dialect.insertReadBack([newRun(1, { key: "k", idempotencyKey: "once" })]),
    settle: dialect.settle([settlement(1)]),
    entomb: dialect.entomb([tombstone(newRun(1))]),
    cancel: dialect.cancel([cancel(1)]),
    progress: dialect.progress([{ id: runId(1), hostId: here, attempt: 1, current: 1, total: null, step: null }]),
    readBack: dialect.readBack([runId(1)]),
    read: dialect.read(runId(1))
  }

  const plan = (database: Sqlite.Database, statement: SqlStatement): string =>
    (
      database.prepare(`EXPLAIN QUERY PLAN ${statement.sql}`).all(...statement.params) as ReadonlyArray<{
        readonly detail: string
      }>
    )
      .map((step) => step.detail)
      .join("\n")

  it.scoped("by its primary key and its keys, also among ten thousand active rows of one host", () =>
    withForeign(({ database }) =>
      Effect.gen(function* () {
        const store = yield* RunStore
        for (let batch = 1; batch <= 10; batch++) {
          yield* store.insert(Array.from({ length: 1000 }, (_, n) => newRun(batch * 1000 + n)))
        }
        // The form that the statements must not have: were it not told from theirs, this test would prove nothing.
        const trap =
          "UPDATE holdfast_runs AS r SET result = NULL FROM json_each(?) AS j WHERE r.run_id = j.value->>'id' " +
          "AND r.status IN ('pending', 'running') AND r.host_id = ?"
        assert.match(plan(database, { label: "settle", sql: trap, params: ["[]", here] }), /runs_active_host/)
        for (const statistics of ["none", "fresh"]) {
          if (statistics === "fresh") database.exec("ANALYZE")
          for (const [name, statement] of Object.entries(writes)) {
            const steps = plan(database, statement)
            const where = `${name}, statistics: ${statistics}\n${steps}`
            assert.notMatch(steps, /SCAN (r|holdfast_runs)\b/, where)
            assert.notMatch(steps, /runs_active_host|AUTOMATIC/, where)
            if (name !== "insert" && name !== "entomb") {
              assert.match(steps, /SEARCH r USING INDEX sqlite_autoindex_holdfast_runs_1 \(run_id=\?\)/, where)
            }
          }
          const keys = plan(database, dialect.insertReadBack([newRun(1)]))
          assert.match(keys, /SEARCH r USING INDEX holdfast_runs_active_key \(name=\? AND run_key=\?\)/)
          assert.match(keys, /SEARCH r USING INDEX holdfast_runs_idempotency_key \(name=\? AND idempotency_key=\?\)/)
        }
      })
    )
  )

  it.scoped("a list without sorting, a host's runs by their index, a recovery among the active rows only", () =>
    withForeign(({ database }) =>
      Effect.sync(() => {
        const list = plan(database, dialect.list({}))
        assert.match(list, /holdfast_runs_newest/)
        assert.notMatch(list, /TEMP B-TREE/)
        assert.match(plan(database, dialect.owned(here)), /SEARCH holdfast_runs USING INDEX holdfast_runs_active_host/)
        const takeOver = { from: here, by: here, names: [], now: 1, token: "t", error: "{}", limit: 1 }
        const taking = plan(database, dialect.takeOver(takeOver))
        assert.match(taking, /SEARCH r USING INDEX holdfast_runs_active_host \(host_id=\?\)/)
        assert.match(taking, /SEARCH r USING INDEX sqlite_autoindex_holdfast_runs_1 \(run_id=\?\)/)
        assert.notMatch(taking, /SCAN (r|holdfast_runs)\b/)
      })
    )
  )
})

describe("SQLite schema: prefixes", () => {
  it.scoped("two stores with two prefixes share a file and no row", () =>
    Effect.gen(function* () {
      const filename = yield* freshFile
      const on = (tablePrefix: string) => Effect.provide(SqliteRunStore.layer({ filename, tablePrefix }))
      yield* on("a_")(inserted(newRun(1, { key: "k" })))
      yield* on("B2_")(inserted(newRun(1, { key: "k" })))
      const tables = (yield* foreign(filename))
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .pluck()
        .all()
      assert.sameMembers(tables, ["a_runs", "a_hosts", "a_migrations", "B2_runs", "B2_hosts", "B2_migrations"])
    })
  )

  it.effect.each(["", "1st", "a b", 'x"; DROP TABLE y; --', "é"])(
    "a prefix like %o is a defect that says what to write",
    (tablePrefix) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(
          Effect.scoped(Layer.build(SqliteRunStore.layer({ filename: ":memory:", tablePrefix })))
        )
        assert(exit._tag === "Failure" && exit.cause._tag === "Die")
        assert.match(String(exit.cause.defect), /table prefix .* cannot be used/)
      })
  )
})
