/** What the tables on Postgres refuse by themselves, to a foreign client too, and how statements find their rows. */
import type { PgClient } from "@effect/sql-pg"
import { it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { assert, describe } from "vitest"
import { pgStatements } from "../../src/internal/store/pgStatements.js"
import { originOf } from "../../src/internal/store/sqlFailure.js"
import type { SqlStatement } from "../../src/internal/store/sqlStatements.js"
import type { RunStore } from "../../src/RunStore.js"
import { cancel, here, newRun, runId, settlement, tombstone } from "./contract/fixtures.js"
import { type Stage, stageOn } from "./onPostgres.js"
import { postgresServer } from "./postgresServer.js"

const server = postgresServer()

interface Foreign extends Stage {
  readonly store: typeof RunStore.Service
  /** Runs a statement as somebody else would: how many rows it changed, or why it was refused. */
  readonly attempt: (sql: string) => Effect.Effect<string>
  readonly rows: Effect.Effect<ReadonlyArray<unknown>>
}

/** Run 1 is completed, and holds the idempotency key `once`; run 2 is running, and holds the key `k`. */
const withForeign = (
  body: (other: Foreign) => Effect.Effect<void, unknown, Scope.Scope>
): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const stage = yield* stageOn(server)
    const store = yield* stage.open()
    yield* store.insert([newRun(1, { idempotencyKey: "once" }), newRun(2, { key: "k" })])
    yield* store.settle([settlement(1)])
    yield* body({
      ...stage,
      store,
      attempt: (sql) =>
        stage.foreign.unsafe(`WITH done AS (${sql} RETURNING 1) SELECT COUNT(*) AS count FROM done`).pipe(
          Effect.map(([row]) => `changed ${(row as { readonly count: string }).count}`),
          Effect.catchAllCause((cause) => Effect.succeed(String(originOf(Cause.squash(cause)).error)))
        ),
      rows: Effect.orDie(stage.foreign`SELECT * FROM holdfast_runs ORDER BY run_id`)
    })
  })

const insertActive = (
  id: number,
  over: { readonly name?: string; readonly key?: string; readonly once?: string } = {}
) => {
  const text = (value: string | undefined) => (value === undefined ? "NULL" : `'${value}'`)
  return (
    "INSERT INTO holdfast_runs (run_id, name, run_key, idempotency_key, status, host_id, attempt, attempt_max, on_host_exit, created_at) " +
    `VALUES ('${runId(id)}', ${text(over.name ?? "import")}, ${text(over.key)}, ${text(over.once)}, 'running', '${here}', 1, 1, 'fail', 1)`
  )
}

describe("Postgres schema: a terminal row is final", () => {
  it.scopedLive("no update changes it, and no insert or upsert takes its place", () =>
    withForeign(({ attempt, rows }) =>
      Effect.gen(function* () {
        const before = yield* rows
        const where = `WHERE run_id = '${runId(1)}'`
        for (const set of [
          "status = 'failed'",
          "result = NULL",
          "status = 'running', finished_at = NULL, work_outcome = NULL"
        ]) {
          assert.match(yield* attempt(`UPDATE holdfast_runs SET ${set} ${where}`), /terminal row never changes/, set)
        }
        const upsert = "DO UPDATE SET status = 'running', finished_at = NULL, work_outcome = NULL"
        assert.match(yield* attempt(insertActive(1)), /duplicate key .*runs_pkey/)
        assert.match(yield* attempt(insertActive(7, { once: "once" })), /duplicate key .*runs_idempotency_key/)
        assert.strictEqual(yield* attempt(`${insertActive(7, { once: "once" })} ON CONFLICT DO NOTHING`), "changed 0")
        assert.match(yield* attempt(`${insertActive(1)} ON CONFLICT (run_id) ${upsert}`), /terminal row never changes/)
        assert.match(
          yield* attempt(
            `${insertActive(7, { once: "once" })} ON CONFLICT (name, idempotency_key) WHERE idempotency_key IS NOT NULL ${upsert}`
          ),
          /terminal row never changes/
        )
        assert.deepStrictEqual(yield* rows, before)
      })
    )
  )

  it.scopedLive("no run moves to another id, name or idempotency key", () =>
    withForeign(({ attempt, rows }) =>
      Effect.gen(function* () {
        const before = yield* rows
        for (const set of [`run_id = '${runId(9)}'`, "idempotency_key = 'twice'", "name = 'export'"]) {
          const update = `UPDATE holdfast_runs SET ${set} WHERE run_id = '${runId(2)}'`
          assert.match(yield* attempt(update), /never change/, set)
        }
        assert.deepStrictEqual(yield* rows, before)
      })
    )
  )
})

describe("Postgres schema: what no row may say", () => {
  it.scopedLive(
    "a status that is none, an end without an outcome, an outcome without an end, an owner that is none",
    () =>
      withForeign(({ attempt, rows }) =>
        Effect.gen(function* () {
          const before = yield* rows
          for (const set of [
            "status = 'done'",
            "status = 'completed'",
            "status = 'completed', finished_at = 1",
            "status = 'completed', work_outcome = 'succeeded'",
            "finished_at = 1",
            "work_outcome = 'succeeded'",
            "status = 'completed', finished_at = 1, work_outcome = 'fine'",
            "host_id = NULL",
            "on_host_exit = 'explode'",
            "attempt = -1"
          ]) {
            const said = yield* attempt(`UPDATE holdfast_runs SET ${set} WHERE run_id = '${runId(2)}'`)
            assert.match(said, /violates check constraint/, set)
          }
          assert.deepStrictEqual(yield* rows, before)
        })
      )
  )

  it.scopedLive("two active runs of one key", () =>
    withForeign(({ attempt }) =>
      Effect.gen(function* () {
        assert.match(yield* attempt(insertActive(7, { key: "k" })), /duplicate key .*runs_active_key/)
        assert.strictEqual(yield* attempt(insertActive(7, { key: "k", name: "export", once: "once" })), "changed 1")
      })
    )
  )

  it.scopedLive("a key that no index can hold is refused as such, alone, and as nothing else", () =>
    withForeign(({ store }) =>
      Effect.gen(function* () {
        const key = Array.from({ length: 4000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20000))).join("")
        const failure = yield* Effect.flip(store.insert([newRun(7, { key })]))
        assert.include(failure, { operation: "insert", class: "permanent", code: "54000", inDoubt: false })
      })
    )
  )
})

describe("Postgres schema: what no text can hold", () => {
  const bad = "a\u0000b\ud800"
  const shown = "a\ufffdb\ufffd"

  it.scopedLive("keeps no cancel from being recorded, and no run from ending", () =>
    withForeign(({ store }) =>
      Effect.gen(function* () {
        yield* store.reportProgress([{ id: runId(2), hostId: here, attempt: 1, current: 1, total: null, step: bad }])
        yield* store.insert([newRun(3)])
        assert.deepStrictEqual(yield* store.requestCancel([cancel(2, { reason: bad })]), [{ _tag: "Recorded" }])
        const withCancel = { cancelRequestedAt: 5, cancelReason: bad }
        const outcomes = yield* store.settle([settlement(2), settlement(3, withCancel)])
        const stone = tombstone(newRun(4, { name: bad, key: bad, payload: bad, payloadHash: bad }), withCancel)
        assert.deepStrictEqual(
          [...outcomes, ...(yield* store.entomb([stone]))].map((outcome) => outcome._tag),
          ["Applied", "Applied", "Applied"]
        )
        const rows = yield* store.list({})
        assert.deepStrictEqual(
          rows.map((row) => [row.name, row.cancelReason, row.progressStep]),
          [
            [shown, shown, null],
            ["import", shown, null],
            ["import", shown, shown],
            ["import", null, null]
          ]
        )
      })
    )
  )

  it.scopedLive("is refused in a key, which would be another one without it", () =>
    withForeign(({ store }) =>
      Effect.gen(function* () {
        for (const over of [{ key: "a\u0000" }, { idempotencyKey: "a\u0000" }, { name: "a\u0000" }]) {
          const failure = yield* Effect.flip(store.insert([newRun(7, over)]))
          assert.include(failure, { class: "permanent", code: "22P05", inDoubt: false })
        }
        assert.include(yield* Effect.flip(store.insert([newRun(7, { key: "\ud800" })])), { code: "22P02" })
      })
    )
  )
})

describe("Postgres schema: how a statement finds its rows", () => {
  const dialect = pgStatements("holdfast_")
  const hot: { readonly [name: string]: SqlStatement } = {
    settle: dialect.settle([settlement(1)]),
    cancel: dialect.cancel([cancel(1)]),
    progress: dialect.progress([{ id: runId(1), hostId: here, attempt: 1, current: 1, total: null, step: null }]),
    insert: dialect.insert([newRun(1)]),
    insertReadBack: dialect.insertReadBack([newRun(1, { key: "k", idempotencyKey: "once" })]),
    entomb: dialect.entomb([tombstone(newRun(1))]),
    readBack: dialect.readBack([runId(1)]),
    read: dialect.read(runId(1)),
    list: dialect.list({})
  }

  const plan = (foreign: PgClient.PgClient, statement: SqlStatement): Effect.Effect<string> =>
    foreign.unsafe<{ readonly "QUERY PLAN": string }>(`EXPLAIN ${statement.sql}`, statement.params).pipe(
      Effect.map((rows) => rows.map((row) => row["QUERY PLAN"]).join("\n")),
      Effect.orDie
    )

  it.scopedLive(
    "by its primary key and its keys, among ten thousand active rows, whatever the planner knows of them",
    () =>
      withForeign(({ foreign, store }) =>
        Effect.gen(function* () {
          yield* foreign`ALTER TABLE holdfast_runs SET (autovacuum_enabled = off)`
          for (let batch = 1; batch <= 10; batch++) {
            yield* store.insert(
              Array.from({ length: 1000 }, (_, n) =>
                newRun(batch * 1000 + n, { key: `k${batch}-${n}`, idempotencyKey: `o${batch}-${n}` })
              )
            )
          }
          // The form that the statements must not have: were it not told from theirs, this test would prove nothing.
          const trap: SqlStatement = {
            label: "settle",
            sql:
              "UPDATE holdfast_runs AS r SET result = NULL FROM json_to_recordset($1::json) AS j (id text, host text) " +
              "WHERE r.run_id = j.id AND r.status IN ('pending', 'running') AND r.host_id = j.host",
            params: ["[]"]
          }
          const walks = /Seq Scan on holdfast_runs|runs_active_host/
          for (const statistics of ["none", "fresh"]) {
            if (statistics === "fresh") yield* foreign`ANALYZE holdfast_runs`
            assert.match(yield* plan(foreign, trap), walks, statistics)
            for (const [name, statement] of Object.entries(hot)) {
              const steps = yield* plan(foreign, statement)
              assert.notMatch(steps, walks, `${name}, statistics: ${statistics}\n${steps}`)
            }
            const keys = yield* plan(foreign, dialect.insertReadBack([newRun(1)]))
            assert.match(keys, /Index Scan using holdfast_runs_active_key/)
            assert.match(keys, /Index Scan using holdfast_runs_idempotency_key/)
            const settling = yield* plan(foreign, dialect.settle([settlement(1)]))
            assert.match(settling, /LockRows/)
            assert.match(settling, /holdfast_runs_pkey on holdfast_runs r_1[\s\S]*holdfast_runs_pkey/)
            assert.match(yield* plan(foreign, dialect.list({})), /Index Scan Backward using holdfast_runs_newest/)
            // Its rows are found once, and from then on by their ids.
            const request = { from: here, by: here, names: [], now: 1, token: "t", error: "{}", limit: 9 }
            const taking = yield* plan(foreign, dialect.takeOver(request))
            assert.match(taking, /holdfast_runs_pkey[\s\S]*holdfast_runs_pkey/)
            assert.isAtMost(taking.match(new RegExp(walks, "g"))?.length ?? 0, 1, taking)
          }
        })
      )
  )
})

describe("Postgres schema: prefixes", () => {
  it.scopedLive("two stores with two prefixes share a schema and no row, in whatever case they are written", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      for (const tablePrefix of ["a_", "B2_", "B2_"]) {
        const store = yield* stage.open({ tablePrefix })
        yield* store.insert([newRun(1, { key: "k" })])
      }
      const tables = yield* stage.foreign<{
        readonly tablename: string
      }>`SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
      assert.sameMembers(
        tables.map((table) => table.tablename),
        ["a_runs", "a_hosts", "a_migrations", "b2_runs", "b2_hosts", "b2_migrations"]
      )
    })
  )

  it.scopedLive("a prefix that is too long for Postgres says so", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      yield* stage.open({ tablePrefix: "p".repeat(40) })
      const failure = yield* Effect.flip(stage.open({ tablePrefix: "p".repeat(41), openAttemptsMax: 1 }))
      assert.match(failure.message, /41 characters, and at most 40 are expected/)
    })
  )
})
