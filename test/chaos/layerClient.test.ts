/**
 * Every fault in every phase, on a real file: what the caller saw beside what is really stored, right
 * then and after healing.
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

const answers: Readonly<Record<Exclude<FaultPlan.Fault, "crash">, string>> = {
  busy: "SQLITE_BUSY",
  locked: "SQLITE_LOCKED",
  busySnapshot: "SQLITE_BUSY_SNAPSHOT",
  ioError: "SQLITE_IOERR_WRITE",
  full: "SQLITE_FULL",
  readonly: "SQLITE_READONLY",
  corrupt: "SQLITE_CORRUPT",
  cantOpen: "SQLITE_CANTOPEN",
  constraint: "SQLITE_CONSTRAINT_CHECK",
  connectionLost: "The database connection is not open",
  defect: "died: chaos: the driver threw a defect",
  hang: "silent",
  lateApply: "ETIMEDOUT",
  latency: "succeeded",
  serialization: "40001",
  deadlock: "40P01",
  queryCanceled: "57014",
  adminShutdown: "57P01",
  readOnlyTransaction: "25006",
  tooManyConnections: "53300"
}

const matrix = Object.entries(answers).flatMap(([fault, answer]) =>
  FaultPlan.phases.map((phase) => ({ fault: fault as keyof typeof answers, phase, answer }))
)

// Where a phase is not what the fault does, the fault's own comes to pass.
const isThere = (fault: FaultPlan.Fault, phase: FaultPlan.Phase) => ({
  atOnce: fault === "latency" || (phase === "after" && fault !== "lateApply"),
  healed: fault === "latency" || fault === "lateApply" || phase !== "before"
})

describe("layerClient", () => {
  it.scoped.each(matrix)("$fault $phase: the caller sees $answer, and the file tells what happened", (one) =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const there = isThere(one.fault, one.phase)
      yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        assert.strictEqual(yield* seen(insert("a")), one.answer)
        assert.deepStrictEqual(yield* file.titles, there.atOnce ? ["a"] : [])
        assert.deepStrictEqual(yield* chaos.unfired, [])
        yield* chaos.heal
        assert.deepStrictEqual(yield* file.titles, there.healed ? ["a"] : [])
        // Healed means healed: the next statement works.
        yield* insert("b")
        assert.deepStrictEqual(yield* file.titles, there.healed ? ["a", "b"] : ["b"])
      }).pipe(Effect.provide(layerClient(file, FaultPlan.once("INSERT documents", one.fault, one.phase))))
    })
  )

  it.scoped("a late statement lands before the next operation, once", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const chaos = yield* Chaos
        assert.strictEqual(yield* seen(insert("a")), "ETIMEDOUT")
        const rows = yield* sql`SELECT title FROM documents`
        assert.deepStrictEqual(rows, [{ title: "a" }])
        yield* sql`DELETE FROM documents`
        yield* chaos.heal
        assert.deepStrictEqual(yield* file.titles, [])
        assert.strictEqual((yield* chaos.fired)[0]?.landing, "landed")
      }).pipe(Effect.provide(layerClient(file, FaultPlan.once("INSERT documents", "lateApply"))))
    })
  )

  it.scoped("a late statement with a time lands at that time, with nobody calling", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const plan = FaultPlan.fromRules(FaultPlan.rule("INSERT documents", "ioError", { phase: "late", after: 5000 }))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.strictEqual(yield* seen(insert("a")), "SQLITE_IOERR_WRITE")
        assert.deepStrictEqual(yield* sql`SELECT title FROM documents`, [])
        yield* TestClock.adjust("4899 millis")
        assert.deepStrictEqual(yield* file.titles, [])
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(yield* file.titles, ["a"])
      }).pipe(Effect.provide(layerClient(file, plan)))
    })
  )

  it.scoped("a late statement that the database refuses is told as refused", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const plan = FaultPlan.fromRules(FaultPlan.rule("INSERT documents", "ioError", { phase: "late", after: 1000 }))
      yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        yield* seen(insert("a"))
        yield* insert("a")
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* chaos.fired)[0]?.landing, "refused")
        assert.deepStrictEqual(yield* file.titles, ["a"])
      }).pipe(Effect.provide(layerClient(file, plan)))
    })
  )

  it.scoped("what has not landed when the layer closes never lands", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const plan = FaultPlan.fromRules(FaultPlan.rule("INSERT documents", "lateApply", { after: 1000 }))
      const fired = yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        yield* seen(insert("a"))
        return chaos.fired
      }).pipe(Effect.provide(layerClient(file, plan)))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* file.titles, [])
      assert.strictEqual((yield* fired)[0]?.landing, "dropped")
    })
  )

  it.scoped("an answer that a hang withholds can be given up by a timeout", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.fork(Effect.timeoutOption(insert("a"), "1 second"))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* fiber)._tag, "None")
        // The permit came back with the interruption.
        yield* insert("b")
        assert.deepStrictEqual(yield* file.titles, ["a", "b"])
      }).pipe(Effect.provide(layerClient(file, FaultPlan.once("INSERT documents", "hang", "after"))))
    })
  )

  it.scoped("a lost connection fails at everything until it is healed", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const chaos = yield* Chaos
        const lost = "The database connection is not open"
        assert.strictEqual(yield* seen(insert("a")), lost)
        assert.strictEqual(yield* seen(sql`SELECT 1`), lost)
        assert.strictEqual(yield* seen(sql`SELECT 1`.raw), lost)
        assert.strictEqual(yield* seen(sql`SELECT 1`.values), lost)
        assert.strictEqual(yield* seen(sql`SELECT 1`.unprepared), lost)
        assert.strictEqual((yield* chaos.fired).length, 1)
        yield* chaos.heal
        assert.strictEqual(yield* seen(insert("a")), "succeeded")
      }).pipe(Effect.provide(layerClient(file, FaultPlan.once("INSERT documents", "connectionLost"))))
    })
  )

  it.scoped("every way to execute a statement can be broken", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const plan = FaultPlan.fromRules(FaultPlan.rule("*", "busy", { window: "untilHealed" }))
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const statement = sql`SELECT title FROM documents`
        assert.strictEqual(yield* seen(statement), "SQLITE_BUSY")
        assert.strictEqual(yield* seen(statement.raw), "SQLITE_BUSY")
        assert.strictEqual(yield* seen(statement.values), "SQLITE_BUSY")
        assert.strictEqual(yield* seen(statement.unprepared), "SQLITE_BUSY")
        assert.strictEqual(yield* seen(statement.withoutTransform), "SQLITE_BUSY")
        // BEGIN fails, and so does the ROLLBACK with which the stock client answers that.
        assert.strictEqual(yield* seen(sql.withTransaction(statement)), "died: SQLITE_BUSY")
      }).pipe(Effect.provide(layerClient(file, plan, { beginTransaction: "BEGIN IMMEDIATE" })))
    })
  )
})
