/** A pending run that nobody owns: no operation of the store makes one yet, so the tests put it there. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { assert, describe } from "vitest"
import { makeFrom } from "../../src/internal/store/memoryStore.js"
import { emptyTables, newRow, put } from "../../src/internal/store/memoryTables.js"
import { RunStore } from "../../src/RunStore.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import { cancel, elsewhere, hostId, newRun, row, settlement } from "./contract/fixtures.js"
import { registration } from "./contract/hosting.js"
import { foreign, freshFile } from "./databases.js"

/** Runs a test on a store that holds the pending runs 1 (nobody's, with a key) and 2 (handed to a host). */
type OnPending = (body: Effect.Effect<void, unknown, RunStore>) => Effect.Effect<void, unknown, Scope.Scope>

const onMemory: OnPending = (body) =>
  Effect.suspend(() => {
    const tables = emptyTables()
    put(tables, { ...newRow(newRun(1, { key: "k" })), status: "pending", hostId: null, startedAt: null })
    put(tables, { ...newRow(newRun(2)), status: "pending", hostId: elsewhere, startedAt: null })
    return Effect.provideService(body, RunStore, makeFrom(tables))
  })

const onFile: OnPending = (body) =>
  Effect.gen(function* () {
    const filename = yield* freshFile
    const database = yield* foreign(filename)
    const seeded = Effect.gen(function* () {
      const store = yield* RunStore
      yield* store.insert([newRun(1, { key: "k" }), newRun(2, { hostId: elsewhere })])
      database.exec("UPDATE holdfast_runs SET status = 'pending', started_at = NULL")
      database.prepare("UPDATE holdfast_runs SET host_id = NULL WHERE run_key = 'k'").run()
      yield* body
    })
    yield* Effect.provide(seeded, SqliteRunStore.layer({ filename }))
  })

for (const [name, onPending] of [
  ["memory", onMemory],
  ["a SQLite file", onFile]
] as const) {
  describe(`pending runs: ${name}`, () => {
    it.scoped("a cancel of a pending run that nobody owns settles it at once", () =>
      onPending(
        Effect.gen(function* () {
          const store = yield* RunStore
          assert.deepStrictEqual(yield* store.requestCancel([cancel(1)]), [{ _tag: "Settled" }])
          const settled = {
            status: "cancelled",
            workOutcome: "notStarted",
            finishedAt: 3000,
            settleToken: "cancel-1",
            cancelRequestedAt: 3000,
            cancelReason: "by hand"
          } as const
          assert.include(yield* row(1), settled)
          // The first answer was lost: the retry finds its own token. Another request comes too late.
          assert.deepStrictEqual(yield* store.requestCancel([cancel(1)]), [{ _tag: "Settled" }])
          assert.deepStrictEqual(yield* store.requestCancel([cancel(1, { token: "another" })]), [
            { _tag: "NoOp", status: "cancelled" }
          ])
          assert.include(yield* row(1), settled)
        })
      )
    )

    it.scoped("a cancel of a pending run that has a host is recorded, and left to that host", () =>
      onPending(
        Effect.gen(function* () {
          const store = yield* RunStore
          assert.deepStrictEqual(yield* store.requestCancel([cancel(2)]), [{ _tag: "Recorded" }])
          assert.include(yield* row(2), { status: "pending", cancelRequestedAt: 3000, settleToken: null })
        })
      )
    )

    it.scoped("a pending run that nobody owns holds its key, is not mine, and is not recovered", () =>
      onPending(
        Effect.gen(function* () {
          const store = yield* RunStore
          const [taken] = yield* store.insert([newRun(3, { key: "k" })])
          assert.strictEqual(taken?._tag, "KeyTaken")
          const [outcome] = yield* store.settle([settlement(1)])
          assert.strictEqual(outcome?._tag, "NotMine")
          const by = hostId(9)
          yield* store.registerHost(registration({ hostId: by }))
          const takeOver = { by, names: ["import"], now: 9000, token: "t", error: "{}", limit: 9 }
          yield* store.takeOver({ ...takeOver, from: null })
          yield* store.takeOver({ ...takeOver, from: elsewhere })
          assert.include(yield* row(1), { status: "pending" })
          assert.include(yield* row(2), { status: "failed", workOutcome: "unknown" })
        })
      )
    )
  })
}
