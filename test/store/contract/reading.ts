/** What a read promises: what was written, to the letter, and newest first. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { assert } from "vitest"
import { RunStore } from "../../../src/RunStore.js"
import type { Limits } from "../runStoreContract.js"
import { cancel, elsewhere, here, inserted, newRun, row, runId, type StoreTest, settlement } from "./fixtures.js"

const texts: ReadonlyArray<readonly [string, string]> = [
  ["Japanese", "請求書を取り込む 🧾"],
  ["newlines and tabs", "one\ntwo\r\n\tthree"],
  ["quotes and backslashes", `it's "quoted" \\ and ; DROP TABLE holdfast_runs; --`],
  ["JSON in JSON", JSON.stringify({ nested: JSON.stringify({ nul: "\u0000", text: "a\u0000b" }) })],
  ["a long text", "長い".repeat(100_000)],
  ["an empty text", ""],
  ["what looks like a number", "0123"],
  ["what looks like a word of JSON", "null"]
]

const nul: readonly [string, string] = ["a NUL character", "before\u0000after"]

export const readingContract = (
  test: StoreTest,
  { storesNul = true, keyBytesMax = Infinity, onLeaseEnd = "continue" }: Limits
): void => {
  for (const [what, text] of storesNul ? [...texts, nul] : texts) {
    const key = Buffer.byteLength(text) > keyBytesMax ? "short" : text
    test(
      `${what} comes back as it went in`,
      Effect.gen(function* () {
        const store = yield* RunStore
        yield* inserted(newRun(1, { name: key, key, idempotencyKey: key, payload: text }), newRun(2))
        assert.deepStrictEqual(yield* store.insert([newRun(3, { name: key, key })]), [
          { _tag: "KeyTaken", activeId: runId(1) }
        ])
        yield* store.reportProgress([{ id: runId(1), hostId: here, attempt: 1, current: 1, total: null, step: text }])
        yield* store.requestCancel([cancel(1, { reason: text })])
        yield* store.settle([settlement(1, { result: text, error: text })])
        assert.include(yield* row(1), {
          name: key,
          key,
          idempotencyKey: key,
          payload: text,
          progressStep: text,
          cancelReason: text,
          result: text,
          error: text
        })
      })
    )
  }

  test(
    "an id that is not there is nothing",
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* (yield* RunStore).get(runId(1)), Option.none())
    })
  )

  test(
    "a list is newest first, and of one instant the greater id first",
    Effect.gen(function* () {
      const store = yield* RunStore
      const at = (n: number, createdAt: number) => newRun(n, { createdAt })
      yield* inserted(at(1, 300), at(2, 100), at(3, 200), at(5, 200), at(4, 200))
      assert.deepStrictEqual(
        (yield* store.list({})).map((run) => run.id),
        [1, 5, 4, 3, 2].map(runId)
      )
    })
  )

  test(
    "a list asks for name, status and key together",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(
        newRun(1, { key: "k" }),
        newRun(2, { name: "export", key: "k" }),
        newRun(3, { hostId: elsewhere })
      )
      yield* store.settle([settlement(1)])
      yield* inserted(newRun(4, { key: "k" }))
      const ids = (query: Parameters<typeof store.list>[0]) =>
        Effect.map(store.list(query), (rows) => rows.map((found) => found.id))
      assert.deepStrictEqual(yield* ids({ name: "import" }), [4, 3, 1].map(runId))
      assert.deepStrictEqual(yield* ids({ status: "completed" }), [runId(1)])
      assert.deepStrictEqual(yield* ids({ key: "k" }), [4, 2, 1].map(runId))
      assert.deepStrictEqual(yield* ids({ name: "import", status: "running", key: "k" }), [runId(4)])
      assert.deepStrictEqual(yield* ids({ name: undefined, limit: undefined, key: "none" }), [])
    })
  )

  test(
    "a list is bounded: a hundred rows unless asked otherwise",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(...Array.from({ length: 120 }, (_, n) => newRun(n)))
      assert.lengthOf(yield* store.list({}), 100)
      assert.lengthOf(yield* store.list({ limit: 120 }), 120)
      assert.deepStrictEqual(
        (yield* store.list({ limit: 2 })).map((run) => run.id),
        [runId(119), runId(118)]
      )
      assert.lengthOf(yield* store.list({ limit: 0 }), 0)
    })
  )

  test(
    "it says what becomes of work when a host cannot renew its lease",
    Effect.gen(function* () {
      assert.strictEqual((yield* RunStore).onLeaseEnd, onLeaseEnd)
    })
  )

  test(
    "a sound store says so, and a caller outside a transaction is told so",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* store.check
      assert.isFalse(yield* store.isCallerInTransaction)
    })
  )
}
