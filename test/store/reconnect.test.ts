/** What happens to the store when its connection dies. */

import type { SqlError } from "@effect/sql/SqlError"
import { it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { assert, describe } from "vitest"
import { StoreFailure } from "../../src/RunError.js"
import { RunStore } from "../../src/RunStore.js"
import { SqlConnector } from "../../src/SqlConnector.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { newRun, runId, settlement } from "./contract/fixtures.js"
import { freshFile, gatedConnector, sqliteError } from "./databases.js"

const build = <E>(layer: Layer.Layer<RunStore, E>) =>
  Effect.flatMap(Layer.build(layer), (context) => Effect.provide(RunStore, context))

/** A store whose clients are counted, and fail as the test says. */
const storeOn = (filename: string, gate: (sql: string, client: number) => Effect.Effect<void, SqlError>) =>
  Effect.gen(function* () {
    const opened: Array<number> = []
    const closed: Array<number> = []
    const connector = gatedConnector({
      filename,
      gate,
      onOpen: (client) => opened.push(client),
      onClose: (client) => closed.push(client)
    })
    return { opened, closed, store: yield* build(Layer.provide(SqlRunStore.layer(), connector)) }
  })

// The triggers say `holdfast:` too.
const isOurs = (sql: string): boolean => sql.startsWith("/* holdfast:")

const lost = Effect.fail(sqliteError("ECONNRESET"))

describe("a lost connection", () => {
  it.scoped("a write that meets a closed database is in doubt, and the next one finds a fresh connection", () =>
    Effect.gen(function* () {
      const scopes: Array<Scope.CloseableScope> = []
      const filename = yield* freshFile
      const killable = Layer.map(SqliteRunStore.connector({ filename }), (context) => context).pipe(
        Layer.flatMap((context) =>
          Layer.effect(
            SqlConnector,
            Effect.map(Effect.provide(SqlConnector, context), ({ connect }) => ({
              // In a scope of the test's own, which closes the database under the store.
              connect: Effect.flatMap(Scope.make(), (scope) => {
                scopes.push(scope)
                return Scope.extend(connect, scope)
              })
            }))
          )
        )
      )
      const store = yield* build(Layer.provide(SqlRunStore.layer(), killable))
      yield* store.insert([newRun(1)])
      assert.lengthOf(scopes, 1)
      yield* Effect.forEach(scopes, (scope) => Scope.close(scope, Exit.void))
      const failure = yield* Effect.flip(store.settle([settlement(1)]))
      assert.include(failure, { operation: "settle", class: "connection", inDoubt: true })
      const [outcome] = yield* store.settle([settlement(1)])
      assert.strictEqual(outcome?._tag, "Applied")
      assert.lengthOf(scopes, 2)
    })
  )

  it.scoped("it is closed, and opened again once, when the next statement comes", () =>
    Effect.gen(function* () {
      const { closed, opened, store } = yield* storeOn(yield* freshFile, (sql, client) =>
        client === 1 && isOurs(sql) ? lost : Effect.void
      )
      assert.deepStrictEqual(opened, [1])
      yield* Effect.flip(store.get(runId(1)))
      assert.deepStrictEqual([opened, closed], [[1], [1]])
      yield* Effect.all([store.get(runId(1)), store.get(runId(2)), store.list({})], { concurrency: "unbounded" })
      assert.deepStrictEqual([opened, closed], [[1, 2], [1]])
    })
  )

  it.scoped("a late failure of the old connection leaves the fresh one alone", () =>
    Effect.gen(function* () {
      const first = yield* Deferred.make<void, SqlError>()
      const second = yield* Deferred.make<void, SqlError>()
      const { closed, opened, store } = yield* storeOn(yield* freshFile, (sql, client) => {
        if (client !== 1 || !isOurs(sql)) return Effect.void
        return Deferred.await(sql.includes("holdfast:list") ? first : second)
      })
      // Both have taken the first connection; the read waits in its queue.
      const listing = yield* Effect.fork(Effect.flip(store.list({})))
      const reading = yield* Effect.fork(Effect.flip(store.get(runId(1))))
      yield* Effect.yieldNow()
      yield* Deferred.failSync(first, () => sqliteError("ECONNRESET"))
      assert.strictEqual((yield* Fiber.join(listing)).class, "connection")
      yield* store.list({})
      assert.deepStrictEqual([opened, closed], [[1, 2], [1]])
      yield* Deferred.failSync(second, () => sqliteError("ECONNRESET"))
      assert.strictEqual((yield* Fiber.join(reading)).class, "connection")
      yield* store.list({})
      assert.deepStrictEqual([opened, closed], [[1, 2], [1]])
    })
  )

  it.scoped("a failure of another class keeps the connection", () =>
    Effect.gen(function* () {
      let codes = ["SQLITE_BUSY", "SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_CORRUPT", "SQLITE_CONSTRAINT"]
      const { closed, opened, store } = yield* storeOn(yield* freshFile, (sql) => {
        const [code, ...rest] = codes
        if (code === undefined || !isOurs(sql)) return Effect.void
        codes = rest
        return Effect.fail(sqliteError(code))
      })
      for (const code of codes) assert.strictEqual((yield* Effect.flip(store.get(runId(1)))).code, code)
      yield* store.get(runId(1))
      assert.deepStrictEqual([opened, closed], [[1], []])
    })
  )

  it.scoped("a database in memory is the same one after a reconnect", () =>
    Effect.gen(function* () {
      let isLost = false
      const { opened, store } = yield* storeOn(":memory:", () => (isLost ? lost : Effect.void))
      yield* store.insert([newRun(1)])
      isLost = true
      yield* Effect.flip(store.list({}))
      isLost = false
      assert.lengthOf(yield* store.list({}), 1)
      assert.deepStrictEqual(opened, [1, 2])
    })
  )
})

describe("opening again", () => {
  const reopening = (failure: StoreFailure) =>
    Effect.gen(function* () {
      let opens = 0
      let isAway = true
      const filename = yield* freshFile
      const failing = Layer.effect(
        SqlConnector,
        Effect.map(SqlConnector, ({ connect }) => ({
          connect: Effect.suspend(() => (++opens > 1 && isAway ? Effect.fail(failure) : connect))
        }))
      ).pipe(
        Layer.provide(
          gatedConnector({
            filename,
            gate: (sql, client) => (client === 1 && sql.includes("holdfast:list") ? lost : Effect.void)
          })
        )
      )
      const store = yield* build(Layer.provide(SqlRunStore.layer(), failing))
      yield* Effect.flip(store.list({}))
      const met = yield* Effect.flip(store.list({}))
      isAway = false
      yield* store.list({})
      return met
    })

  it.scoped("a path that has gone is a lost connection to whoever writes, and not a row that is refused", () =>
    Effect.gen(function* () {
      const gone = new StoreFailure({ operation: "open", class: "permanent", cause: new Error("gone") })
      const met = yield* reopening(gone)
      assert.include(met, { operation: "open", class: "connection", inDoubt: false })
      assert.include(met.message, "gone")
    })
  )

  it.scoped("a damaged file stays fatal", () =>
    Effect.gen(function* () {
      const damaged = new StoreFailure({ operation: "open", class: "fatal", cause: new Error("damaged") })
      assert.include(yield* reopening(damaged), { operation: "open", class: "fatal", inDoubt: false })
    })
  )
})

describe("a store whose scope is over", () => {
  it.effect("answers its callers, and interrupts nobody", () =>
    Effect.gen(function* () {
      const filename = yield* freshFile
      const store = yield* Effect.scoped(build(SqliteRunStore.layer({ filename })))
      const failure = yield* Effect.flip(store.list({}))
      assert.include(failure, { class: "connection", inDoubt: false })
      assert.include(failure.message, "The RunStore is closed")
    }).pipe(Effect.scoped)
  )
})
