/** What each write of the SQL store says of its failures: which operation it was, and whether it may have been applied. */
import type { SqlError } from "@effect/sql/SqlError"
import { it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { assert, describe } from "vitest"
import type { StoreFailure } from "../../src/RunError.js"
import { RunStore } from "../../src/RunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { cancel, elsewhere, here, hostId, inserted, newRun, runId, settlement, tombstone } from "./contract/fixtures.js"
import { foreign, freshFile, gatedConnector, sqliteError } from "./databases.js"

type Store = typeof RunStore.Service

const progress = (n: number) => ({ id: runId(n), hostId: here, attempt: 1, current: 1, total: null, step: null })

const release = (n: number) => {
  const { finishedAt: releasedAt, result: _, error: __, status: ___, ...rest } = settlement(n)
  return { ...rest, releasedAt }
}

const takeOver = { from: here, by: hostId(9), names: [], now: 1, token: "t", error: "{}", limit: 1 }

/** Each write, given these runs, and the label of its first statement. */
const writes: Readonly<Record<string, readonly [string, (store: Store, ...runs: ReadonlyArray<number>) => Write]>> = {
  insert: ["insert", (store, ...runs) => store.insert(runs.map((n) => newRun(n)))],
  settle: ["settle", (store, ...runs) => store.settle(runs.map((n) => settlement(n)))],
  entomb: ["entomb", (store, ...runs) => store.entomb(runs.map((n) => tombstone(newRun(n))))],
  cancel: ["cancel", (store, ...runs) => store.requestCancel(runs.map((n) => cancel(n)))],
  progress: ["progress", (store, ...runs) => store.reportProgress(runs.map(progress))],
  release: ["release", (store, ...runs) => store.release(runs.map(release))],
  takeOver: ["takeOver", (store) => store.takeOver(takeOver)]
}
type Write = Effect.Effect<unknown, StoreFailure>

/** A store on a file of its own, with a hook before each statement, by its label. */
const onFile = Effect.gen(function* () {
  const filename = yield* freshFile
  const database = yield* foreign(filename)
  const hook = { before: (_label: string): Effect.Effect<void, SqlError> => Effect.void }
  const gate = (sql: string) => Effect.suspend(() => hook.before(/^\/\* holdfast:(\w+) \*\/ /.exec(sql)?.[1] ?? "none"))
  const context = yield* Layer.build(Layer.provide(SqlRunStore.layer(), gatedConnector({ filename, gate })))
  return { context, database, hook, store: yield* Effect.provide(RunStore, context) }
})

const failsAt = (label: string) => (found: string) =>
  found === label ? Effect.fail(sqliteError("SQLITE_IOERR_WRITE")) : Effect.void

describe("a write of the SQL store", () => {
  for (const [operation, [label, write]] of Object.entries(writes)) {
    it.scoped(`${operation}: names itself in its failure, and may have been applied`, () =>
      Effect.gen(function* () {
        const { hook, store } = yield* onFile
        hook.before = failsAt(label)
        const failure = yield* Effect.flip(write(store, 1))
        assert.include(failure, { operation, class: "unknown", inDoubt: true })
      })
    )

    if (operation === "takeOver") continue
    it.scoped(`${operation}: dies of a run that is named twice, and says where`, () =>
      Effect.gen(function* () {
        const { store } = yield* onFile
        const exit = yield* Effect.exit(write(store, 1, 1))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
        assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", `RunStore.${operation} was given run`)
      })
    )
  }

  for (const operation of ["insert", "settle", "entomb", "release", "cancel"]) {
    it.scoped(`${operation}: names itself where its read-back fails, and is in doubt`, () =>
      Effect.gen(function* () {
        const { context, hook, store } = yield* onFile
        yield* Effect.provide(inserted(newRun(1)), context)
        yield* store.settle([settlement(1)])
        hook.before = (label) => (label === "readBack" ? Effect.fail(sqliteError("SQLITE_BUSY")) : Effect.void)
        const [, write] = writes[operation] ?? []
        const failure = yield* Effect.flip(write?.(store, 1) ?? Effect.succeed(undefined))
        assert.include(failure, { operation, class: "transient", inDoubt: true })
      })
    )
  }
})

describe("a row that changes between a write and its read-back", () => {
  it.scoped("leaves the batch in doubt where other rows were written, and says which run it was", () =>
    Effect.gen(function* () {
      const { context, database, hook, store } = yield* onFile
      yield* Effect.provide(inserted(newRun(1), newRun(2, { hostId: elsewhere })), context)
      hook.before = (label) =>
        Effect.sync(() => {
          if (label !== "readBack") return
          database.prepare("UPDATE holdfast_runs SET host_id = ? WHERE run_id = ?").run(here, runId(2))
        })
      const failure = yield* Effect.flip(store.settle([settlement(1), settlement(2)]))
      assert.include(failure, { operation: "settle", class: "transient", inDoubt: true })
      assert.include(failure.message, `Run ${runId(2)} changed between the settle and the read that followed it`)
    })
  )

  it.scoped("is no tombstone where it is gone: a tombstone would have been inserted", () =>
    Effect.gen(function* () {
      const { context, database, hook, store } = yield* onFile
      yield* Effect.provide(inserted(newRun(1, { hostId: elsewhere })), context)
      hook.before = (label) =>
        Effect.sync(() => {
          if (label === "readBack") database.exec("DELETE FROM holdfast_runs")
        })
      const failure = yield* Effect.flip(store.entomb([tombstone(newRun(1))]))
      assert.include(failure, { operation: "entomb", class: "transient", inDoubt: false })
    })
  )

  it.scoped("is cancelled by the next attempt where it came only then, and nothing is in doubt", () =>
    Effect.gen(function* () {
      const { database, hook, store } = yield* onFile
      hook.before = (label) =>
        Effect.sync(() => {
          if (label !== "readBack") return
          database
            .prepare(
              `INSERT INTO holdfast_runs (run_id, name, status, host_id, attempt, attempt_max, on_host_exit, created_at)
               VALUES (?, 'import', 'running', ?, 1, 1, 'fail', 1)`
            )
            .run(runId(1), here)
        })
      const failure = yield* Effect.flip(store.requestCancel([cancel(1)]))
      assert.include(failure, { operation: "cancel", class: "transient", inDoubt: false })
      assert.deepStrictEqual(yield* store.requestCancel([cancel(1)]), [{ _tag: "Recorded" }])
    })
  )
})
