/** What a cancel request and a progress report promise. */
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import { RunStore } from "../../../src/RunStore.js"
import { cancel, elsewhere, here, inserted, newRun, row, runId, type StoreTest, settlement } from "./fixtures.js"

export const cancellingContract = (test: StoreTest): void => {
  test(
    "a cancel of a running run is recorded, and the row stays running",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1, { hostId: elsewhere }))
      assert.deepStrictEqual(yield* store.requestCancel([cancel(1)]), [{ _tag: "Recorded" }])
      assert.include(yield* row(1), {
        status: "running",
        cancelRequestedAt: 3000,
        cancelReason: "by hand",
        finishedAt: null,
        settleToken: null
      })
    })
  )

  test(
    "the first cancel keeps its time and its reason, also where that is none",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1), newRun(2))
      yield* store.requestCancel([cancel(1), cancel(2, { reason: null })])
      const again = { requestedAt: 4000, reason: "again", token: "again" }
      assert.deepStrictEqual(yield* store.requestCancel([cancel(1, again), cancel(2, again)]), [
        { _tag: "Recorded" },
        { _tag: "Recorded" }
      ])
      assert.include(yield* row(1), { cancelRequestedAt: 3000, cancelReason: "by hand" })
      assert.include(yield* row(2), { cancelRequestedAt: 3000, cancelReason: null })
    })
  )

  test(
    "a cancel that comes too late changes nothing and says what the row is",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1))
      yield* store.settle([settlement(1)])
      const before = yield* row(1)
      assert.deepStrictEqual(yield* store.requestCancel([cancel(1)]), [{ _tag: "NoOp", status: "completed" }])
      assert.deepStrictEqual(yield* row(1), before)
    })
  )

  test(
    "one batch answers each of its requests, in order",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1), newRun(2))
      yield* store.settle([settlement(2)])
      assert.deepStrictEqual(yield* store.requestCancel([cancel(9), cancel(2), cancel(1)]), [
        { _tag: "NotFound" },
        { _tag: "NoOp", status: "completed" },
        { _tag: "Recorded" }
      ])
    })
  )

  progress(test)

  test(
    "an empty batch is answered with an empty one",
    Effect.gen(function* () {
      const store = yield* RunStore
      assert.deepStrictEqual(yield* store.insert([]), [])
      assert.deepStrictEqual(yield* store.settle([]), [])
      assert.deepStrictEqual(yield* store.entomb([]), [])
      assert.deepStrictEqual(yield* store.requestCancel([]), [])
      yield* store.reportProgress([])
      assert.deepStrictEqual(yield* store.list({}), [])
    })
  )
}

const progress = (test: StoreTest): void => {
  test(
    "progress is written to my running run only",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1), newRun(2, { hostId: elsewhere }), newRun(3), newRun(4))
      yield* store.settle([settlement(4)])
      const report = { hostId: here, attempt: 1, current: 2.5, total: 10, step: "読み込み" }
      yield* store.reportProgress([
        { ...report, id: runId(1) },
        { ...report, id: runId(2) },
        { ...report, id: runId(3), attempt: 2 },
        { ...report, id: runId(4) },
        { ...report, id: runId(9) }
      ])
      assert.include(yield* row(1), { progressCurrent: 2.5, progressTotal: 10, progressStep: "読み込み" })
      for (const n of [2, 3, 4]) {
        assert.include(yield* row(n), { progressCurrent: null, progressTotal: null, progressStep: null })
      }
    })
  )

  test(
    "a later report replaces an earlier one, also where it says less",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1))
      const mine = { id: runId(1), hostId: here, attempt: 1 }
      yield* store.reportProgress([{ ...mine, current: 1, total: 10, step: "one" }])
      yield* store.reportProgress([{ ...mine, current: 2, total: null, step: null }])
      assert.include(yield* row(1), { progressCurrent: 2, progressTotal: null, progressStep: null })
    })
  )
}
