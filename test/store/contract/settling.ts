/** What a settlement and a tombstone promise: the row is the arbiter, and every refusal says which it was. */
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
  settlement,
  tombstone
} from "./fixtures.js"

export const settlingContract = (test: StoreTest): void => {
  test(
    "a settlement writes the verdict and what came of the work",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1), newRun(2))
      const failed = settlement(2, { status: "failed", workOutcome: "failed", result: null, error: `{"reason":"x"}` })
      assert.deepStrictEqual(yield* store.settle([settlement(1), failed]), [
        { _tag: "Applied", status: "completed", workOutcome: "succeeded" },
        { _tag: "Applied", status: "failed", workOutcome: "failed" }
      ])
      const settled = yield* row(1)
      assert.include(settled, {
        status: "completed",
        workOutcome: "succeeded",
        finishedAt: 5000,
        result: `{"done":1}`,
        error: null,
        settleToken: `${here}:1`,
        hostId: here,
        attempt: 1
      })
      assert.include(yield* row(2), { status: "failed", error: `{"reason":"x"}`, result: null })
    })
  )

  test(
    "a settlement whose answer was lost is recognised by its token",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1))
      yield* store.settle([settlement(1)])
      const before = yield* row(1)
      assert.deepStrictEqual(yield* store.settle([settlement(1, { finishedAt: 9000 })]), [
        { _tag: "AlreadyApplied", row: before, status: "completed" }
      ])
      assert.deepStrictEqual(yield* row(1), before)
    })
  )

  test(
    "a terminal row is not changed by anybody, and the answer says what it is",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1))
      yield* store.settle([settlement(1)])
      const before = yield* row(1)
      const late = settlement(1, { status: "failed", token: "another" })
      assert.deepStrictEqual(yield* store.settle([late]), [{ _tag: "NoOp", row: before, status: "completed" }])
      assert.deepStrictEqual(yield* row(1), before)
    })
  )

  test(
    "a row of another host, or at another attempt, is not mine and is left alone",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1, { hostId: elsewhere }), newRun(2))
      const before = [yield* row(1), yield* row(2)] as const
      assert.deepStrictEqual(yield* store.settle([settlement(1), settlement(2, { attempt: 2 })]), [
        { _tag: "NotMine", row: before[0] },
        { _tag: "NotMine", row: before[1] }
      ])
      assert.deepStrictEqual([yield* row(1), yield* row(2)], before)
    })
  )

  test(
    "one batch answers each of its settlements, in order, and one refusal stops no other",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1), newRun(2), newRun(3), newRun(4, { hostId: elsewhere }))
      yield* store.settle([settlement(1), settlement(2)])
      const outcomes = yield* store.settle([
        settlement(4),
        settlement(1),
        settlement(3),
        settlement(2, { token: "another" }),
        settlement(9)
      ])
      assert.deepStrictEqual(
        outcomes.map((outcome) => outcome._tag),
        ["NotMine", "AlreadyApplied", "Applied", "NoOp", "NotFound"]
      )
    })
  )

  cancelWins(test)
  entombing(test)

  test(
    "a run that is named twice in one batch is a defect, and nothing is written",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1))
      const exit = yield* Effect.exit(store.settle([settlement(1), settlement(1, { status: "failed" })]))
      assert(Exit.isFailure(exit) && exit.cause._tag === "Die")
      assert.include(yield* row(1), { status: "running" })
    })
  )
}

const cancelWins = (test: StoreTest): void => {
  test(
    "a recorded cancel turns the settlement into cancelled, whatever it says",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1), newRun(2))
      yield* store.requestCancel([cancel(1), cancel(2)])
      const failed = settlement(2, { status: "failed", workOutcome: "failed" })
      assert.deepStrictEqual(yield* store.settle([settlement(1), failed]), [
        { _tag: "Applied", status: "cancelled", workOutcome: "succeeded" },
        { _tag: "Applied", status: "cancelled", workOutcome: "failed" }
      ])
      assert.include(yield* row(1), { status: "cancelled", cancelRequestedAt: 3000, cancelReason: "by hand" })
    })
  )

  test(
    "a cancel that comes with the settlement is recorded with it, and never replaces an earlier one",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1), newRun(2))
      yield* store.requestCancel([cancel(2, { reason: null })])
      const withCancel = { status: "cancelled", cancelRequestedAt: 4000, cancelReason: "late" } as const
      yield* store.settle([settlement(1, withCancel), settlement(2, withCancel)])
      assert.include(yield* row(1), { status: "cancelled", cancelRequestedAt: 4000, cancelReason: "late" })
      assert.include(yield* row(2), { status: "cancelled", cancelRequestedAt: 3000, cancelReason: null })
    })
  )
}

const entombing = (test: StoreTest): void => {
  test(
    "a tombstone takes the place of a run that was never stored, and a late insert meets it",
    Effect.gen(function* () {
      const store = yield* RunStore
      const run = newRun(1, { key: "k", idempotencyKey: "once" })
      assert.deepStrictEqual(yield* store.entomb([tombstone(run)]), [
        { _tag: "Applied", status: "failed", workOutcome: "notStarted" }
      ])
      const stone = yield* row(1)
      assert.include(stone, { status: "failed", idempotencyKey: null, key: "k", startedAt: null, payload: `{"n":1}` })
      assert.deepStrictEqual(yield* store.insert([run]), [{ _tag: "AlreadyThere", row: stone }])
      assert.deepStrictEqual(yield* row(1), stone)
      yield* inserted(newRun(2, { key: "k", idempotencyKey: "once" }))
    })
  )

  test(
    "a tombstone settles my run whose insert landed after all, and frees both of its keys",
    Effect.gen(function* () {
      const store = yield* RunStore
      const run = newRun(1, { key: "k", idempotencyKey: "once" })
      yield* inserted(run)
      assert.deepStrictEqual(yield* store.entomb([tombstone(run)]), [
        { _tag: "Applied", status: "failed", workOutcome: "notStarted" }
      ])
      assert.include(yield* row(1), { status: "failed", idempotencyKey: null, settleToken: `${here}:1` })
      yield* inserted(newRun(2, { key: "k", idempotencyKey: "once" }))
    })
  )

  test(
    "a tombstone leaves the run that holds its key alone",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1, { key: "k", idempotencyKey: "once" }))
      const before = yield* row(1)
      yield* store.entomb([tombstone(newRun(2, { key: "k", idempotencyKey: "once" }))])
      assert.deepStrictEqual(yield* row(1), before)
      assert.include(yield* row(2), { status: "failed" })
      assert.deepStrictEqual(yield* store.insert([newRun(3, { key: "k" })]), [{ _tag: "KeyTaken", activeId: runId(1) }])
    })
  )

  test(
    "a tombstone of a cancelled start is cancelled, in a new row as in one that is there",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1))
      yield* store.requestCancel([cancel(1)])
      const withCancel = { cancelRequestedAt: 4000, cancelReason: "late" }
      const outcomes = yield* store.entomb([tombstone(newRun(1)), tombstone(newRun(2), withCancel)])
      assert.deepStrictEqual(
        outcomes.map((outcome) => outcome._tag === "Applied" && outcome.status),
        ["cancelled", "cancelled"]
      )
      assert.include(yield* row(1), { cancelRequestedAt: 3000, cancelReason: "by hand" })
      assert.include(yield* row(2), { cancelRequestedAt: 4000, cancelReason: "late" })
    })
  )

  test(
    "a tombstone tells a repetition, a terminal row and another host's row apart, and changes none",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(2), newRun(3, { hostId: elsewhere }))
      yield* store.settle([settlement(2, { token: "another" })])
      yield* store.entomb([tombstone(newRun(1))])
      const before = [yield* row(1), yield* row(2), yield* row(3)]
      const outcomes = yield* store.entomb([1, 2, 3].map((n) => tombstone(newRun(n))))
      assert.deepStrictEqual(
        outcomes.map((outcome) => outcome._tag),
        ["AlreadyApplied", "NoOp", "NotMine"]
      )
      assert.deepStrictEqual([yield* row(1), yield* row(2), yield* row(3)], before)
      assert.isFalse(yield* isThere(4))
      assert.strictEqual(before[2]?.id, runId(3))
    })
  )
}
