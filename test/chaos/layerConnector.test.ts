/**
 * Faults under the reconnect: what is lost stays lost, what is opened anew is new, and nothing that was
 * stored before is gone.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { Chaos } from "../../chaos/Chaos.js"
import * as FaultPlan from "../../chaos/FaultPlan.js"
import { driverError, sqlError, storeFailure } from "../../chaos/internal/faultErrors.js"
import { toStoreFailure } from "../../src/internal/store/sqlFailure.js"
import { SqlConnector } from "../../src/SqlConnector.js"
import { insert, layerConnector, makeFile, seen } from "./brokenDatabase.js"

const connect = Effect.flatMap(SqlConnector, (connector) => connector.connect)
const insertWith = (client: SqlClient.SqlClient, title: string) =>
  Effect.provideService(insert(title), SqlClient.SqlClient, client)

describe("layerConnector", () => {
  it.scoped("after connectionLost only a new connection works, and finds what was stored", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const plan = FaultPlan.fromRules(FaultPlan.rule({ label: "INSERT documents", attempt: 2 }, "connectionLost"))
      yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        const old = yield* connect
        yield* insertWith(old, "a")
        assert.strictEqual(yield* seen(insertWith(old, "b")), "The database connection is not open")
        yield* chaos.heal
        assert.strictEqual(yield* seen(insertWith(old, "b")), "The database connection is not open")
        const fresh = yield* connect
        assert.strictEqual(yield* seen(insertWith(fresh, "b")), "succeeded")
        assert.strictEqual(yield* seen(old`SELECT 1`), "The database connection is not open")
        assert.deepStrictEqual(yield* file.titles, ["a", "b"])
      }).pipe(Effect.provide(layerConnector(file, plan)), Effect.scoped)
    })
  )

  it.scoped("an answer lost with the connection is found on the next connection", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        const old = yield* connect
        assert.strictEqual(yield* seen(insertWith(old, "a")), "The database connection is not open")
        const fresh = yield* connect
        assert.deepStrictEqual(yield* fresh`SELECT title FROM documents`, [{ title: "a" }])
      }).pipe(
        Effect.provide(layerConnector(file, FaultPlan.once("INSERT documents", "connectionLost", "after"))),
        Effect.scoped
      )
    })
  )

  it.scoped("a statement lost with its connection lands late through the next one", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        yield* Effect.scoped(Effect.flatMap(connect, (old) => seen(insertWith(old, "a"))))
        assert.deepStrictEqual(yield* file.titles, [])
        const fresh = yield* connect
        assert.deepStrictEqual(yield* fresh`SELECT title FROM documents`, [{ title: "a" }])
        assert.strictEqual((yield* chaos.fired)[0]?.landing, "landed")
      }).pipe(
        Effect.provide(layerConnector(file, FaultPlan.once("INSERT documents", "connectionLost", "late"))),
        Effect.scoped
      )
    })
  )

  it.scoped("a late statement whose time comes while nothing is open waits for the next connection", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const plan = FaultPlan.fromRules(FaultPlan.rule("INSERT documents", "ioError", { phase: "late", after: 1000 }))
      yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        yield* Effect.scoped(Effect.flatMap(connect, (old) => seen(insertWith(old, "a"))))
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* chaos.fired)[0]?.landing, "pending")
        const fresh = yield* connect
        assert.deepStrictEqual(yield* fresh`SELECT title FROM documents`, [{ title: "a" }])
        assert.strictEqual((yield* chaos.fired)[0]?.landing, "landed")
      }).pipe(Effect.provide(layerConnector(file, plan)), Effect.scoped)
    })
  )

  it.scoped.each(["busy", "cantOpen", "connectionLost", "defect", "lateApply"] as const)(
    "opening a connection can fail with %s, as a StoreFailure and never in doubt",
    (fault) =>
      Effect.gen(function* () {
        const file = yield* makeFile
        yield* Effect.gen(function* () {
          const chaos = yield* Chaos
          const failure = yield* Effect.flip(connect)
          assert.strictEqual(failure._tag, "StoreFailure")
          assert.strictEqual(failure.operation, "open")
          assert.isFalse(failure.inDoubt)
          yield* insertWith(yield* connect, "a")
          assert.deepStrictEqual(yield* file.titles, ["a"])
          assert.deepStrictEqual(
            (yield* chaos.operations).map((operation) => `${operation.label} ${operation.attempt}`),
            ["connect 1", "connect 2", "INSERT documents 1"]
          )
        }).pipe(Effect.provide(layerConnector(file, FaultPlan.once("connect", fault))), Effect.scoped)
      })
  )

  it.scoped("a transaction sees its own connection by identity", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        const client = yield* connect
        const reserved = yield* Effect.scoped(client.reserve)
        assert.strictEqual(yield* Effect.scoped(client.reserve), reserved)
        const inside = yield* client.withTransaction(Effect.serviceOption(SqlClient.TransactionConnection))
        assert.strictEqual(Option.getOrThrow(inside)[0], reserved)
      }).pipe(Effect.provide(layerConnector(file, FaultPlan.none)), Effect.scoped)
    })
  )

  it("a store sees the failure that a SQL store makes of the same fault", () => {
    for (const fault of FaultPlan.faults) {
      if (fault === "defect" || fault === "hang" || fault === "latency" || fault === "crash") {
        continue
      }
      const made = toStoreFailure("settle", "autocommit", sqlError(fault))
      const ours = storeFailure(fault, "settle")
      const tell = (failure: typeof made) => [failure.operation, failure.class, failure.code, failure.inDoubt]
      assert.deepStrictEqual(tell(ours), tell(made), fault)
      assert.strictEqual(driverError(fault).message, (ours.cause as Error).message)
    }
  })
})
