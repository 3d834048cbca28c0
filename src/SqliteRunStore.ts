/**
 * The run store on a SQLite file, through better-sqlite3: write-ahead log, `synchronous = FULL`, and
 * no busy timeout, because SQLite would wait in the only thread that the process has; the waiting is
 * done by whoever repeats the write. It stands outside the main barrel, so that hosts on another
 * database do not load better-sqlite3.
 *
 * @since 0.1.0
 */
import { statSync } from "node:fs"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import { SqliteClient } from "@effect/sql-sqlite-node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { toStoreFailure } from "./internal/store/sqlFailure.js"
import { StoreFailure } from "./RunError.js"
import type { RunStore } from "./RunStore.js"
import { SqlConnector } from "./SqlConnector.js"
import * as SqlRunStore from "./SqlRunStore.js"

/**
 * @since 0.1.0
 * @category options
 */
export interface Options extends SqlRunStore.Options {
  /**
   * The database file. It is made where it does not exist, its directory is not. `":memory:"` is a
   * database that lives as long as the layer.
   */
  readonly filename: string
}

// -- layers ----------------------------------------------------------------------------------------------

/**
 * Opens clients of one file, each with a connection of its own. With `":memory:"` there is one
 * connection, handed out again each time: another one would be another, empty database.
 *
 * @since 0.1.0
 * @category layers
 */
export const connector = (options: { readonly filename: string }): Layer.Layer<SqlConnector> =>
  Layer.scoped(
    SqlConnector,
    Effect.map(Effect.scope, (scope) => {
      const connect = open(options.filename)
      return livesInMemory(options.filename) ? { connect: sharedIn(scope, connect) } : { connect, isExclusive: true }
    })
  )

/**
 * Opens clients that only read: no table is made or changed, and a file that is not there is a failure. SQLite itself
 * may put its `-wal` and `-shm` files beside a database in write-ahead mode.
 *
 * @since 0.1.0
 * @category layers
 */
export const connectorReadOnly = (options: { readonly filename: string }): Layer.Layer<SqlConnector> =>
  Layer.succeed(SqlConnector, { connect: openReadOnly(options.filename) })

/**
 * The store on this file. Fails where the file cannot be opened or brought up to date.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<RunStore, StoreFailure> =>
  Layer.provide(SqlRunStore.layer(options), connector(options))

// -- opening ---------------------------------------------------------------------------------------------

const livesInMemory = (filename: string): boolean => filename === ":memory:" || filename === ""

const sharedIn = (
  scope: Scope.Scope,
  connect: Effect.Effect<SqlClient.SqlClient, StoreFailure, Scope.Scope>
): Effect.Effect<SqlClient.SqlClient, StoreFailure> => {
  const semaphore = Effect.unsafeMakeSemaphore(1)
  let opened: SqlClient.SqlClient | undefined
  const openFirst = Effect.tap(Scope.extend(connect, scope), (client) => {
    opened = client
  })
  return semaphore.withPermits(1)(
    Effect.suspend(() => (opened === undefined ? Effect.uninterruptible(openFirst) : Effect.succeed(opened)))
  )
}

const open = (filename: string): Effect.Effect<SqlClient.SqlClient, StoreFailure, Scope.Scope> =>
  Effect.gen(function* () {
    yield* refuseDirectory(filename)
    // Its own `journal_mode = WAL` would run under the driver's busy timeout: five seconds in which nothing else runs.
    const stock = yield* SqliteClient.make({ filename, disableWAL: true })
    for (const pragma of pragmas) yield* stock.unsafe(`PRAGMA ${pragma}`)
    return yield* rebuilt(stock)
  }).pipe(
    Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make),
    // A path that cannot be opened is a defect of SqliteClient.make.
    Effect.catchAllCause((cause) => Effect.fail(cannotOpen(filename, cause)))
  )

const openReadOnly = (filename: string): Effect.Effect<SqlClient.SqlClient, StoreFailure, Scope.Scope> =>
  Effect.gen(function* () {
    yield* refuseDirectory(filename)
    const stock = yield* SqliteClient.make({ filename, readonly: true, disableWAL: true })
    for (const pragma of ["busy_timeout = 0", "query_only = ON"]) yield* stock.unsafe(`PRAGMA ${pragma}`)
    return yield* rebuilt(stock)
  }).pipe(
    Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make),
    Effect.catchAllCause((cause) => Effect.fail(cannotOpen(filename, cause)))
  )

/** In this order: nothing may wait before the busy timeout is off. */
const pragmas: ReadonlyArray<string> = ["busy_timeout = 0", "journal_mode = WAL", "synchronous = FULL"]

const refuseDirectory = (filename: string): Effect.Effect<void, StoreFailure> =>
  Effect.suspend(() => {
    if (livesInMemory(filename) || statSync(filename, { throwIfNoEntry: false })?.isDirectory() !== true) {
      return Effect.void
    }
    return Effect.fail(
      new StoreFailure({
        operation: "open",
        class: "permanent",
        code: "EISDIR",
        cause: new Error(`"${filename}" is a directory. Name a file in it.`)
      })
    )
  })

const cannotOpen = (filename: string, cause: unknown): StoreFailure => {
  const failure = toStoreFailure("open", "open", cause)
  const why = failure.cause instanceof Error ? failure.cause.message : String(failure.cause)
  return new StoreFailure({
    ...failure,
    cause: new Error(`The SQLite file "${filename}" cannot be opened: ${why}`, { cause: failure.cause })
  })
}

/**
 * The same connection under a client that holds its permit until the statement has run (the stock
 * one gives it back before, so that a statement can slip into a foreign transaction), and that begins
 * its transactions as writers.
 */
const rebuilt = (stock: SqlClient.SqlClient): Effect.Effect<SqlClient.SqlClient, SqlError, Reactivity.Reactivity> =>
  Effect.gen(function* () {
    const connection = guarded(yield* Effect.scoped(stock.reserve))
    const acquirer = Effect.as(stock.reserve, connection)
    return yield* SqlClient.make({
      acquirer,
      transactionAcquirer: acquirer,
      compiler: Statement.makeCompilerSqlite(),
      spanAttributes: [["db.system.name", "sqlite"]],
      beginTransaction: "BEGIN IMMEDIATE"
    })
  })

/**
 * Statements are prepared once. The driver's cache keeps a failure to prepare like a statement, though (measured:
 * "database is locked", for ten minutes), so a text that could not be prepared once goes past it from then on. And
 * `executeUnprepared` prepares before it returns an effect, and throws what SQLite says to that.
 */
const guarded = (connection: Connection): Connection => {
  const uncached = new Set<string>()
  const executeUnprepared: Connection["executeUnprepared"] = (sql, params, transformRows) =>
    Effect.suspend(() => {
      try {
        return connection.executeUnprepared(sql, params, transformRows)
      } catch (cause) {
        return Effect.fail(new SqlError({ cause, message: "Failed to prepare statement" }))
      }
    })
  const execute: Connection["execute"] = (sql, params, transformRows) =>
    uncached.has(sql)
      ? executeUnprepared(sql, params, transformRows)
      : Effect.tapError(connection.execute(sql, params, transformRows), (error) =>
          Effect.sync(() => {
            if (error.message.startsWith("Failed to prepare")) uncached.add(sql)
          })
        )
  return { ...connection, execute, executeUnprepared }
}
