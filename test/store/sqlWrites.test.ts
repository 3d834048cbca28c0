/** What happens between a write of the SQL store and its read-back, and what reaches the database at all. */

import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import { it } from "@effect/vitest"
import type Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { assert, describe } from "vitest"
import { RunStore } from "../../src/RunStore.js"
import { SqlConnector } from "../../src/SqlConnector.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { cancel, here, hostId, inserted, newRun, row, runId, settlement, tombstone } from "./contract/fixtures.js"
import { registration } from "./contract/hosting.js"
import { foreign, freshFile, gatedConnector, sqliteError } from "./databases.js"

const labelOf = (sql: string): string => /^\/\* holdfast:(\w+) \*\/ /.exec(sql)?.[1] ?? "none"

interface Stage {
  /** The labels of what was executed, in order. */
  readonly seen: Array<string>
  readonly database: Sqlite.Database
  /** Called with the label before each statement. */
  onStatement: (label: string) => Effect.Effect<void, SqlError>
}

const onStage = (
  body: (stage: Stage) => Effect.Effect<void, unknown, RunStore>
): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const filename = yield* freshFile
    const stage: Stage = { seen: [], database: yield* foreign(filename), onStatement: () => Effect.void }
    const gate = (sql: string): Effect.Effect<void, SqlError> =>
      Effect.suspend(() => {
        stage.seen.push(labelOf(sql))
        return stage.onStatement(labelOf(sql))
      })
    const layer = Layer.provide(SqlRunStore.layer(), gatedConnector({ filename, gate }))
    yield* Effect.provide(
      Effect.suspend(() => {
        stage.seen.length = 0
        return body(stage)
      }),
      layer
    )
  })

const foreignRun = (database: Sqlite.Database, id: string): void => {
  database
    .prepare(
      `INSERT INTO holdfast_runs (run_id, name, run_key, status, host_id, attempt, attempt_max, on_host_exit, created_at)
       VALUES (?, 'import', 'k', 'running', ?, 1, 1, 'fail', 1)`
    )
    .run(id, here)
}

const settleForeign = (database: Sqlite.Database): void => {
  database.exec(
    "UPDATE holdfast_runs SET status = 'failed', work_outcome = 'unknown', finished_at = 2 WHERE status = 'running' AND run_key = 'k'"
  )
}

describe("SQL store: between a write and its read-back", () => {
  it.scoped("an insert whose key frees in between is inserted after all", () =>
    onStage((stage) =>
      Effect.gen(function* () {
        yield* inserted(newRun(1, { key: "k" }))
        stage.seen.length = 0
        stage.onStatement = (label) => Effect.sync(() => label === "readBack" && settleForeign(stage.database))
        yield* inserted(newRun(3), newRun(2, { key: "k" }))
        assert.deepStrictEqual(stage.seen, ["insert", "readBack", "insert"])
      })
    )
  )

  it.scoped("an insert that finds nothing in its way three times gives up, as transient", () =>
    onStage((stage) =>
      Effect.gen(function* () {
        let others = 100
        stage.onStatement = (label) =>
          Effect.sync(() => {
            if (label === "insert") foreignRun(stage.database, runId(others++))
            if (label === "readBack") settleForeign(stage.database)
          })
        const store = yield* RunStore
        const failure = yield* Effect.flip(store.insert([newRun(1, { key: "k" })]))
        assert.include(failure, { operation: "insert", class: "transient", inDoubt: false })
        assert.deepStrictEqual(stage.seen, ["insert", "readBack", "insert", "readBack", "insert", "readBack"])
      })
    )
  )

  it.scoped("a row that appears between a settlement and its read-back makes the batch repeat", () =>
    onStage((stage) =>
      Effect.gen(function* () {
        const store = yield* RunStore
        yield* inserted(newRun(2))
        stage.onStatement = (label) => Effect.sync(() => label === "readBack" && foreignRun(stage.database, runId(1)))
        const failure = yield* Effect.flip(store.settle([settlement(1)]))
        assert.include(failure, { operation: "settle", class: "transient", inDoubt: false })
        stage.onStatement = () => Effect.void
        const outcomes = yield* store.settle([settlement(1), settlement(2)])
        assert.deepStrictEqual(
          outcomes.map((outcome) => outcome._tag),
          ["Applied", "Applied"]
        )
      })
    )
  )

  it.scoped("a read-back that fails leaves the whole write in doubt", () =>
    onStage((stage) =>
      Effect.gen(function* () {
        const store = yield* RunStore
        yield* inserted(newRun(1))
        stage.onStatement = (label) => (label === "readBack" ? Effect.fail(sqliteError("SQLITE_BUSY")) : Effect.void)
        const failure = yield* Effect.flip(store.settle([settlement(1), settlement(9)]))
        assert.include(failure, { operation: "settle", class: "transient", code: "SQLITE_BUSY", inDoubt: true })
        assert.include(failure.message, "made up: SQLITE_BUSY")
        assert.include(yield* row(1), { status: "completed" })
      })
    )
  )

  it.scoped("a settlement takes one statement, and one more where a row was not given", () =>
    onStage((stage) =>
      Effect.gen(function* () {
        const store = yield* RunStore
        yield* inserted(newRun(1), newRun(2))
        stage.seen.length = 0
        yield* store.settle([settlement(1), settlement(2)])
        yield* store.settle([settlement(1), settlement(2), settlement(9)])
        assert.deepStrictEqual(stage.seen, ["settle", "settle", "readBack"])
      })
    )
  )
})

describe("SQL store: what reaches the database", () => {
  it.scoped("an empty batch reaches it never", () =>
    onStage((stage) =>
      Effect.gen(function* () {
        const store = yield* RunStore
        yield* store.insert([])
        yield* store.settle([])
        yield* store.entomb([])
        yield* store.requestCancel([])
        yield* store.reportProgress([])
        assert.deepStrictEqual(stage.seen, [])
      })
    )
  )

  it.scoped("every statement says by its label what it is", () =>
    onStage((stage) =>
      Effect.gen(function* () {
        const store = yield* RunStore
        yield* store.registerHost(registration())
        yield* inserted(newRun(1))
        yield* store.insert([newRun(1)])
        yield* store.reportProgress([{ id: runId(1), hostId: here, attempt: 1, current: 1, total: null, step: null }])
        yield* store.requestCancel([cancel(1)])
        yield* store.settle([settlement(1)])
        yield* store.entomb([tombstone(newRun(2))])
        yield* store.get(runId(1))
        yield* store.list({})
        yield* store.renewHost({ hostId: here, leaseUntil: 3 })
        yield* store.hosts
        yield* store.fence({ hostId: here, renewSeq: 1 })
        yield* store.takeOver({ from: here, by: hostId(9), names: [], now: 1, token: "t", error: "{}", limit: 1 })
        yield* store.ownedBy({ hostId: here, limit: 1 })
        yield* store.release([{ ...ended, releasedAt: 1 }])
        yield* store.removeHost(here)
        yield* store.check
        assert.deepStrictEqual(
          stage.seen,
          "register insert insert readBack progress cancel settle entomb read list renew owned hosts fence takeOver ownedBy release readBack remove check".split(
            " "
          )
        )
      })
    )
  )
})

const { finishedAt: _, result: __, error: ___, status: ____, ...ended } = settlement(1)

describe("SQL store: what of its caller does not reach it", () => {
  it.scoped("a transaction of another client neither holds its writes nor undoes them", () =>
    Effect.gen(function* () {
      const other = yield* freshFile
      const connector = yield* Layer.build(SqliteRunStore.connector({ filename: other }))
      const client = yield* Effect.provide(
        Effect.flatMap(SqlConnector, (service) => service.connect),
        connector
      )
      const store = yield* storeOn(yield* freshFile)
      const exit = yield* Effect.exit(
        client.withTransaction(
          Effect.gen(function* () {
            assert.isFalse(yield* store.isCallerInTransaction)
            yield* store.insert([newRun(1)])
            return yield* Effect.fail("roll back")
          })
        )
      )
      assert.strictEqual(exit._tag, "Failure")
      assert.deepStrictEqual(yield* store.insert([newRun(1)]), [{ _tag: "AlreadyInserted", cancelRequestedAt: null }])
    })
  )

  it.scoped("a caller inside a transaction of the store's own client is told so", () =>
    Effect.gen(function* () {
      const filename = yield* freshFile
      const connector = yield* Layer.build(SqliteRunStore.connector({ filename }))
      const client = yield* Effect.provide(
        Effect.flatMap(SqlConnector, (service) => service.connect),
        connector
      )
      const context = yield* Layer.build(
        Layer.provide(SqlRunStore.layerClient(), Layer.succeed(SqlClient.SqlClient, client))
      )
      const store = yield* Effect.provide(RunStore, context)
      assert.isTrue(yield* client.withTransaction(store.isCallerInTransaction))
      assert.isFalse(yield* store.isCallerInTransaction)
    })
  )

  it.scoped("its integer mode and its transformer change nothing", () =>
    Effect.gen(function* () {
      const store = yield* storeOn(yield* freshFile)
      const found = yield* store.insert([newRun(1)]).pipe(
        Effect.zipRight(store.get(runId(1))),
        Effect.flatten,
        Effect.provideService(SqlClient.SafeIntegers, true),
        Statement.withTransformer((_self, sql) => Effect.succeed(sql`SELECT 'not what was asked' AS run_id`))
      )
      assert.include(found, { id: runId(1), createdAt: 1001, attempt: 1 })
    })
  )
})

const storeOn = (filename: string) =>
  Effect.flatMap(Layer.build(SqliteRunStore.layer({ filename })), (context) => Effect.provide(RunStore, context))
