/** What an insert promises: one answer per run, and a key that is taken stops nobody else. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { assert } from "vitest"
import { RunStore } from "../../../src/RunStore.js"
import {
  cancel,
  elsewhere,
  here,
  inserted,
  isThere,
  newRun,
  row,
  runId,
  type StoreTest,
  settlement
} from "./fixtures.js"

export const insertingContract = (test: StoreTest): void => {
  test(
    "a new run is stored as running, owned, at attempt 1",
    Effect.gen(function* () {
      yield* inserted(newRun(1, { key: "k", idempotencyKey: "once", onHostExit: "restart" }))
      assert.deepStrictEqual(yield* row(1), {
        id: runId(1),
        name: "import",
        key: "k",
        idempotencyKey: "once",
        payload: `{"n":1}`,
        payloadHash: "hash-1",
        status: "running",
        hostId: here,
        attempt: 1,
        attemptMax: 3,
        onHostExit: "restart",
        restartDeadline: null,
        cancelRequestedAt: null,
        cancelReason: null,
        createdAt: 1001,
        startedAt: 1001,
        finishedAt: null,
        workOutcome: null,
        result: null,
        error: null,
        settleToken: null,
        progressCurrent: null,
        progressTotal: null,
        progressStep: null
      })
    })
  )

  test(
    "an insert whose answer was lost is recognised, with the cancel that came meanwhile",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1, { key: "k", idempotencyKey: "once" }))
      const again = newRun(1, { key: "k", idempotencyKey: "once" })
      assert.deepStrictEqual(yield* store.insert([again]), [{ _tag: "AlreadyInserted", cancelRequestedAt: null }])
      yield* store.requestCancel([cancel(1)])
      assert.deepStrictEqual(yield* store.insert([again]), [{ _tag: "AlreadyInserted", cancelRequestedAt: 3000 }])
    })
  )

  test(
    "a row of this id that is terminal, or another host's, is answered and not touched",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1), newRun(2, { hostId: elsewhere }))
      yield* store.settle([settlement(1)])
      const before = [yield* row(1), yield* row(2)] as const
      assert.deepStrictEqual(yield* store.insert([newRun(1, { name: "other" }), newRun(2)]), [
        { _tag: "AlreadyThere", row: before[0] },
        { _tag: "AlreadyThere", row: before[1] }
      ])
      assert.deepStrictEqual([yield* row(1), yield* row(2)], before)
    })
  )

  keys(test)
  idempotencyKeys(test)

  test(
    "one batch answers each of its runs, in order",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1, { key: "k" }), newRun(2), newRun(3, { idempotencyKey: "once" }))
      yield* store.settle([settlement(2)])
      const outcomes = yield* store.insert([
        newRun(3, { idempotencyKey: "once" }),
        newRun(4),
        newRun(2),
        newRun(5, { key: "k" }),
        newRun(6, { idempotencyKey: "once" }),
        newRun(7)
      ])
      assert.deepStrictEqual(
        outcomes.map((outcome) => outcome._tag),
        ["AlreadyInserted", "Inserted", "AlreadyThere", "KeyTaken", "IdempotencyKeyTaken", "Inserted"]
      )
    })
  )

  test(
    "a run that is named twice in one batch is a defect, and nothing is written",
    Effect.gen(function* () {
      const store = yield* RunStore
      const exit = yield* Effect.exit(store.insert([newRun(1), newRun(2), newRun(1)]))
      assert(Exit.isFailure(exit) && exit.cause._tag === "Die")
      assert.match(String(exit.cause.defect), /twice in one batch/)
      assert.isFalse(yield* isThere(2))
    })
  )
}

const keys = (test: StoreTest): void => {
  test(
    "a key is taken as long as its run is active, and free when it settles",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1, { key: "k" }))
      assert.deepStrictEqual(yield* store.insert([newRun(2, { key: "k" })]), [{ _tag: "KeyTaken", activeId: runId(1) }])
      yield* store.requestCancel([cancel(1)])
      assert.deepStrictEqual(yield* store.insert([newRun(2, { key: "k" })]), [{ _tag: "KeyTaken", activeId: runId(1) }])
      yield* store.settle([settlement(1)])
      yield* inserted(newRun(2, { key: "k" }))
      assert.deepStrictEqual(yield* store.insert([newRun(3, { key: "k" })]), [{ _tag: "KeyTaken", activeId: runId(2) }])
    })
  )

  test(
    "of two runs of one key in one batch the first wins",
    Effect.gen(function* () {
      const store = yield* RunStore
      assert.deepStrictEqual(yield* store.insert([newRun(2, { key: "k" }), newRun(1, { key: "k" })]), [
        { _tag: "Inserted" },
        { _tag: "KeyTaken", activeId: runId(2) }
      ])
    })
  )

  test(
    "the same key under another name is another key, and no key is no key",
    Effect.gen(function* () {
      yield* inserted(
        newRun(1, { key: "k" }),
        newRun(2, { key: "k", name: "export" }),
        newRun(3, { key: null }),
        newRun(4, { key: null }),
        newRun(5, { key: "" })
      )
    })
  )
}

const idempotencyKeys = (test: StoreTest): void => {
  test(
    "an idempotency key stays taken after its run has settled",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1, { idempotencyKey: "once" }))
      const second = newRun(2, { idempotencyKey: "once" })
      assert.deepStrictEqual(yield* store.insert([second]), [{ _tag: "IdempotencyKeyTaken", row: yield* row(1) }])
      yield* store.settle([settlement(1)])
      assert.deepStrictEqual(yield* store.insert([second]), [{ _tag: "IdempotencyKeyTaken", row: yield* row(1) }])
      assert.isFalse(yield* isThere(2))
      yield* inserted(newRun(3, { idempotencyKey: "once", name: "export" }))
    })
  )

  test(
    "a run that meets both of its keys is answered with the run of its idempotency key",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1, { idempotencyKey: "once" }), newRun(2, { key: "k" }))
      assert.deepStrictEqual(yield* store.insert([newRun(3, { key: "k", idempotencyKey: "once" })]), [
        { _tag: "IdempotencyKeyTaken", row: yield* row(1) }
      ])
    })
  )

  test(
    "of two runs of one idempotency key in one batch the second is answered with the first",
    Effect.gen(function* () {
      const store = yield* RunStore
      const outcomes = yield* store.insert([newRun(1, { idempotencyKey: "o" }), newRun(2, { idempotencyKey: "o" })])
      assert.deepStrictEqual(outcomes, [{ _tag: "Inserted" }, { _tag: "IdempotencyKeyTaken", row: yield* row(1) }])
    })
  )
}
