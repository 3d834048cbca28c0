/** How the store opens a database and brings its tables up to date, while the database is in the way. */

import { writeFileSync } from "node:fs"
import { dirname } from "node:path"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { assert, describe } from "vitest"
import { RunStore } from "../../src/RunStore.js"
import { SqlConnector } from "../../src/SqlConnector.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { inserted, newRun } from "./contract/fixtures.js"
import { foreign, freshFile, gatedConnector, sqliteError } from "./databases.js"

const build = (filename: string, options: SqlRunStore.Options = {}) =>
  Effect.flatMap(Layer.build(SqliteRunStore.layer({ filename, ...options })), (context) =>
    Effect.provide(RunStore, context)
  )

/** Opens through a gate, and says how many clients were opened and closed. */
const gated = (
  filename: string,
  gate: (sql: string, client: number) => Effect.Effect<void, SqlError>,
  options?: SqlRunStore.Options
) => {
  const seen = { opened: 0, closed: 0, begins: 0 }
  const counting = (sql: string, client: number) => {
    if (sql === "BEGIN IMMEDIATE") seen.begins++
    return gate(sql, client)
  }
  const layer = Layer.provide(
    SqlRunStore.layer(options),
    gatedConnector({
      filename,
      gate: counting,
      onOpen: () => {
        seen.opened++
      },
      onClose: () => {
        seen.closed++
      }
    })
  )
  return { seen, build: Effect.flatMap(Layer.build(layer), (context) => Effect.provide(RunStore, context)) }
}

describe("opening a SQLite file", () => {
  it.scoped("the connection never waits in the driver, logs ahead and syncs fully", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(SqliteRunStore.connector({ filename: yield* freshFile }))
      const client = yield* Effect.provide(
        Effect.flatMap(SqlConnector, (service) => service.connect),
        context
      )
      const pragma = (name: string) => Effect.map(client.unsafe(`PRAGMA ${name}`).values, (rows) => rows[0]?.[0])
      assert.strictEqual(yield* pragma("busy_timeout"), 0)
      assert.strictEqual(yield* pragma("journal_mode"), "wal")
      assert.strictEqual(yield* pragma("synchronous"), 2)
    })
  )

  it.scoped("a missing directory, a directory, and a file of something else answer at once, and say which it was", () =>
    Effect.gen(function* () {
      const filename = yield* freshFile
      const missing = yield* Effect.flip(build(`${filename}/nowhere/runs.db`))
      assert.include(missing, { operation: "open", class: "permanent", inDoubt: false })
      assert.include(missing.message, `${filename}/nowhere/runs.db`)
      assert.include(missing.message, "directory does not exist")

      const directory = yield* Effect.flip(build(dirname(filename)))
      assert.include(directory, { operation: "open", class: "permanent", code: "EISDIR" })
      assert.include(directory.message, "is a directory")

      writeFileSync(filename, "this is a letter, and not a database. ".repeat(100))
      const letter = yield* Effect.flip(build(filename))
      assert.include(letter, { operation: "open", class: "fatal", code: "SQLITE_NOTADB" })
      assert.include(letter.message, filename)
    })
  )

  it.scoped("a file that cannot be opened is tried three times, and no more", () =>
    Effect.gen(function* () {
      const building = yield* Effect.fork(Effect.flip(build("/proc/holdfast.db", { openAttemptsMax: 50 })))
      yield* TestClock.adjust("1 second")
      const failure = yield* Fiber.join(building)
      assert.include(failure, { operation: "open", code: "SQLITE_CANTOPEN" })
    })
  )

  it.scoped("a file that may only be read answers at once, as permanent", () =>
    Effect.gen(function* () {
      const filename = yield* freshFile
      const database = yield* foreign(filename)
      database.exec("CREATE TABLE something (a)")
      const layer = Layer.provide(
        SqlRunStore.layerClient(),
        SqliteClient.layer({ filename, readonly: true, disableWAL: true, prepareCacheTTL: 0 })
      )
      const failure = yield* Effect.flip(Layer.build(layer))
      assert(failure._tag === "StoreFailure")
      assert.include(failure, { operation: "migrate", class: "permanent", code: "SQLITE_READONLY" })
    })
  )

  it.scoped("a second store on the same file finds the tables as they are", () =>
    Effect.gen(function* () {
      const filename = yield* freshFile
      yield* Effect.provide(inserted(newRun(1)), SqliteRunStore.layer({ filename }))
      const store = yield* build(filename)
      assert.lengthOf(yield* store.list({}), 1)
      const applied = (yield* foreign(filename)).prepare("SELECT migration_id FROM holdfast_migrations").pluck().all()
      assert.deepStrictEqual(applied, [1])
    })
  )
})

describe("opening while somebody else holds the file", () => {
  it.scoped("a lock on a fresh file is waited for, without stopping anything else", () =>
    Effect.gen(function* () {
      const filename = yield* freshFile
      const other = yield* foreign(filename)
      other.exec("BEGIN EXCLUSIVE")
      const building = yield* Effect.fork(build(filename))
      yield* TestClock.adjust("500 millis")
      assert.isTrue((yield* Fiber.poll(building))._tag === "None")
      other.exec("COMMIT")
      yield* TestClock.adjust("2 seconds")
      const store = yield* Fiber.join(building)
      assert.deepStrictEqual(yield* store.insert([newRun(1)]), [{ _tag: "Inserted" }])
    })
  )

  it.scoped("a lock that stays ends the attempts, as busy", () =>
    Effect.gen(function* () {
      const filename = yield* freshFile
      const other = yield* foreign(filename)
      other.pragma("journal_mode = WAL")
      other.exec("BEGIN IMMEDIATE")
      const building = yield* Effect.fork(Effect.flip(build(filename, { openAttemptsMax: 4 })))
      yield* TestClock.adjust("10 seconds")
      const failure = yield* Fiber.join(building)
      assert.include(failure, { class: "transient", code: "SQLITE_BUSY", inDoubt: false })
    })
  )

  it.live("a busy write answers at once, as transient, and nothing waits in the driver", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const filename = yield* freshFile
        const store = yield* build(filename)
        const other = yield* foreign(filename)
        other.exec("BEGIN IMMEDIATE")
        const [elapsed, failure] = yield* Effect.timed(Effect.flip(store.insert([newRun(1)])))
        assert.include(failure, { operation: "insert", class: "transient", code: "SQLITE_BUSY", inDoubt: false })
        // The driver's own waiting takes five seconds.
        assert.isBelow(Duration.toMillis(elapsed), 2500)
        other.exec("COMMIT")
        assert.deepStrictEqual(yield* store.insert([newRun(1)]), [{ _tag: "Inserted" }])
      })
    )
  )
})

describe("migrating while the database fails", () => {
  const once = (matches: (sql: string) => boolean, code: string) => {
    let isDone = false
    return (sql: string): Effect.Effect<void, SqlError> =>
      Effect.suspend(() => {
        if (isDone || !matches(sql)) return Effect.void
        isDone = true
        return Effect.fail(sqliteError(code))
      })
  }

  it.effect.each([
    ["BEGIN", (sql: string) => sql === "BEGIN IMMEDIATE"],
    ["COMMIT", (sql: string) => sql === "COMMIT"],
    ["the Migrator's own insert", (sql: string) => /INSERT INTO "holdfast_migrations"/.test(sql)],
    ["a statement of the migration", (sql: string) => sql.includes("CREATE TABLE holdfast_hosts")],
    // The tables are there by then, so there is nothing to begin.
    ["the reading back of the version", (sql: string) => sql.includes("COALESCE(MAX(migration_id)"), 1]
  ] as const)(
    "a failure at %s throws the connection away, and the migration is repeated on a fresh one",
    ([, matches, begins = 2]) =>
      Effect.scoped(
        Effect.gen(function* () {
          const { build, seen } = gated(yield* freshFile, once(matches, "SQLITE_BUSY"))
          const building = yield* Effect.fork(build)
          yield* TestClock.adjust("1 second")
          const store = yield* Fiber.join(building)
          assert.deepInclude(seen, { opened: 2, closed: 1, begins })
          assert.deepStrictEqual(yield* store.insert([newRun(1)]), [{ _tag: "Inserted" }])
        })
      )
  )

  it.scoped("a database that is up to date is opened without a transaction, hence without a lock", () =>
    Effect.gen(function* () {
      const filename = yield* freshFile
      yield* Effect.scoped(gated(filename, () => Effect.void).build)
      const { build, seen } = gated(filename, () => Effect.void)
      const store = yield* build
      assert.deepInclude(seen, { opened: 1, begins: 0 })
      assert.deepStrictEqual(yield* store.insert([newRun(1)]), [{ _tag: "Inserted" }])
    })
  )

  it.scoped("a BEGIN that fails is said as what it is, and not as the rollback after it", () =>
    Effect.gen(function* () {
      const always = (sql: string) =>
        sql === "BEGIN IMMEDIATE" ? Effect.fail(sqliteError("SQLITE_BUSY")) : Effect.void
      const { build } = gated(yield* freshFile, always, { openAttemptsMax: 1 })
      assert.include(yield* Effect.flip(build), { operation: "migrate", class: "transient", code: "SQLITE_BUSY" })
    })
  )

  // The host's client cannot be thrown away: what is left open on it would be met by the next attempt, and by the host.
  it.effect.each([
    ["a BEGIN whose answer was lost", "after", "BEGIN IMMEDIATE"],
    ["a COMMIT that failed", "gate", "COMMIT"]
  ] as const)("%s leaves no transaction open on the host's own client", ([, when, command]) =>
    Effect.scoped(
      Effect.gen(function* () {
        const gates = { gate: () => Effect.void, [when]: once((sql) => sql === command, "SQLITE_BUSY") }
        const context = yield* Layer.build(gatedConnector({ filename: yield* freshFile, ...gates }))
        const client = yield* Effect.provide(
          Effect.flatMap(SqlConnector, (service) => service.connect),
          context
        )
        const layer = Layer.provide(SqlRunStore.layerClient(), Layer.succeed(SqlClient.SqlClient, client))
        const building = yield* Effect.fork(
          Effect.flatMap(Layer.build(layer), (built) => Effect.provide(RunStore, built))
        )
        yield* TestClock.adjust("1 second")
        const store = yield* Fiber.join(building)
        assert.deepStrictEqual(yield* store.insert([newRun(1)]), [{ _tag: "Inserted" }])
      })
    )
  )

  it.scoped("tables of another program are fatal at once, and nothing of ours is left behind", () =>
    Effect.gen(function* () {
      const filename = yield* freshFile
      const other = yield* foreign(filename)
      other.exec("CREATE TABLE holdfast_hosts (something_else)")
      const { build, seen } = gated(filename, () => Effect.void)
      const failure = yield* Effect.flip(build)
      assert.include(failure, { operation: "migrate", class: "fatal", code: "SQLITE_ERROR" })
      assert.include(failure.message, "holdfast_hosts already exists")
      assert.deepInclude(seen, { opened: 1, closed: 1 })
      const tables = other.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
      assert.sameMembers(tables, ["holdfast_hosts", "holdfast_migrations"])
      assert.deepStrictEqual(other.prepare("SELECT * FROM holdfast_migrations").all(), [])
    })
  )
})
