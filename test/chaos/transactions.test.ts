/**
 * Faults at BEGIN, COMMIT and inside a transaction: the stock client's own reactions (a defect for a
 * failed COMMIT, a hidden BUSY at BEGIN) come through as they are, and the file tells what is stored.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Chaos } from "../../chaos/Chaos.js"
import * as FaultPlan from "../../chaos/FaultPlan.js"
import { insert, layerClient, makeFile, seen } from "./brokenDatabase.js"

const inTransaction = <A, E, R>(body: Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(body))

const immediate = { beginTransaction: "BEGIN IMMEDIATE" }

describe("faults at a transaction", () => {
  it.scoped("a BEGIN that fails before it began is answered with a ROLLBACK that dies", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* seen(inTransaction(insert("a"))), "died: SQLITE_ERROR")
        assert.strictEqual(yield* seen(inTransaction(insert("b"))), "succeeded")
        assert.deepStrictEqual(yield* file.titles, ["b"])
      }).pipe(Effect.provide(layerClient(file, FaultPlan.once("BEGIN", "busy"), immediate)))
    })
  )

  it.scoped.each(["after", "late"] as const)("a BEGIN that takes effect (%s) is really rolled back", (phase) =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* seen(inTransaction(insert("a"))), "SQLITE_IOERR_WRITE")
        assert.isTrue(yield* file.isWritable)
        assert.deepStrictEqual(yield* file.titles, [])
      }).pipe(Effect.provide(layerClient(file, FaultPlan.once("BEGIN", "ioError", phase), immediate)))
    })
  )

  it.scoped("a COMMIT that fails before leaves the transaction open, as the stock client does", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.strictEqual(yield* seen(inTransaction(insert("a"))), "died: SQLITE_BUSY")
        assert.deepStrictEqual(yield* file.titles, [])
        assert.isFalse(yield* file.isWritable)
        yield* sql`ROLLBACK`
        assert.isTrue(yield* file.isWritable)
        assert.deepStrictEqual(yield* file.titles, [])
      }).pipe(Effect.provide(layerClient(file, FaultPlan.once("COMMIT", "busy"), immediate)))
    })
  )

  it.scoped("a COMMIT whose answer is lost has committed", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* seen(inTransaction(insert("a"))), "died: SQLITE_IOERR_WRITE")
        assert.deepStrictEqual(yield* file.titles, ["a"])
        assert.isTrue(yield* file.isWritable)
      }).pipe(Effect.provide(layerClient(file, FaultPlan.once("COMMIT", "ioError", "after"), immediate)))
    })
  )

  it.scoped("a COMMIT that lands late commits before the next operation", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* seen(inTransaction(insert("a"))), "died: ETIMEDOUT")
        assert.deepStrictEqual(yield* file.titles, [])
        yield* insert("b")
        assert.deepStrictEqual(yield* file.titles, ["a", "b"])
      }).pipe(Effect.provide(layerClient(file, FaultPlan.once("COMMIT", "lateApply"), immediate)))
    })
  )

  it.scoped("a statement given up inside a transaction is dropped with the transaction", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const plan = FaultPlan.fromRules(FaultPlan.rule("INSERT documents", "ioError", { phase: "late", after: 1000 }))
      yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        assert.strictEqual(yield* seen(inTransaction(insert("a"))), "SQLITE_IOERR_WRITE")
        yield* chaos.heal
        assert.deepStrictEqual(yield* file.titles, [])
        assert.strictEqual((yield* chaos.fired)[0]?.landing, "dropped")
      }).pipe(Effect.provide(layerClient(file, plan, immediate)))
    })
  )

  it.scoped.each(["connectionLost", "full"] as const)("%s inside a transaction really rolls it back", (fault) =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const plan = FaultPlan.fromRules(FaultPlan.rule({ label: "INSERT documents", attempt: 2 }, fault))
      yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        const answer = yield* seen(inTransaction(Effect.zipRight(insert("a"), insert("b"))))
        assert.strictEqual(
          answer,
          fault === "full" ? "died: SQLITE_ERROR" : "died: The database connection is not open"
        )
        assert.deepStrictEqual(yield* file.titles, [])
        assert.isTrue(yield* file.isWritable)
        yield* chaos.heal
        yield* insert("c")
        assert.deepStrictEqual(yield* file.titles, ["c"])
      }).pipe(Effect.provide(layerClient(file, plan, immediate)))
    })
  )

  it.scoped("an autocommit statement that lands late stays out of another fiber's transaction", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const plan = FaultPlan.fromRules(FaultPlan.rule("INSERT documents", "ioError", { phase: "late", after: 1000 }))
      yield* Effect.gen(function* () {
        yield* seen(insert("late"))
        // Its time comes while this transaction sleeps, and the transaction is rolled back afterwards.
        const open = inTransaction(
          insert("doomed").pipe(
            Effect.zipRight(Effect.sleep("2 seconds")),
            Effect.zipRight(Effect.fail("changed my mind"))
          )
        )
        const fiber = yield* Effect.fork(Effect.flip(open))
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual(yield* fiber, "changed my mind")
        yield* insert("next")
        assert.deepStrictEqual(yield* file.titles, ["late", "next"])
      }).pipe(Effect.provide(layerClient(file, plan, immediate)))
    })
  )

  it.scoped("a savepoint and its rollback pass through the plan too", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        yield* inTransaction(
          Effect.zipRight(insert("a"), Effect.ignore(inTransaction(Effect.zipRight(insert("b"), Effect.fail("no")))))
        )
        assert.deepStrictEqual(
          (yield* chaos.operations).map((operation) => operation.label),
          ["BEGIN", "INSERT documents", "SAVEPOINT", "INSERT documents", "ROLLBACK TO", "COMMIT"]
        )
        assert.deepStrictEqual(yield* file.titles, ["a"])
      }).pipe(Effect.provide(layerClient(file, FaultPlan.none, immediate)))
    })
  )
})
