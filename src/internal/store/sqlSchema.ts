/**
 * Brings the tables of a database to the version that this code expects, with `@effect/sql`'s
 * Migrator and a table of our own for what was done. It either succeeds with the expected version
 * read back from the database, or answers with a `StoreFailure`; after a failure the caller throws
 * the connection away and starts again on a fresh one.
 *
 * @since 0.1.0
 */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { FailureClass } from "../../RunError.js"
import { StoreFailure } from "../../RunError.js"
import { type Phase, toStoreFailure } from "./sqlFailure.js"
import type { SqlDialect, SqlMigration } from "./sqlStatements.js"

/** What a table prefix looks like. It becomes part of every statement's text. @internal */
export const tablePrefixPattern: RegExp = /^[a-z_][a-z0-9_]*$/i

/** @internal */
export const tablePrefixDefault = "holdfast_"

/** Throws, as a defect: a prefix is written by a programmer, not met at run time. @internal */
export const assertTablePrefix = (prefix: string): string => {
  if (tablePrefixPattern.test(prefix)) return prefix
  throw new Error(
    `The table prefix ${JSON.stringify(prefix)} cannot be used. Expected letters, digits and underscores, not beginning with a digit, such as "${tablePrefixDefault}".`
  )
}

/**
 * Whether asking again may help. What a database of another shape, a bad path or a damaged file
 * answers stays the same.
 *
 * @internal
 */
export const isRetryable = (failureClass: FailureClass): boolean => {
  switch (failureClass) {
    case "transient":
    case "wholeTransaction":
    case "unknown":
    case "slow":
    case "connection":
      return true
    case "permanent":
    case "fatal":
      return false
  }
}

/**
 * Runs what is missing, in one transaction. A database that is up to date is only read: opening it takes no lock.
 *
 * @internal
 */
export const migrate = (client: SqlClient.SqlClient, dialect: SqlDialect): Effect.Effect<void, StoreFailure> => {
  const latestExpected = Math.max(...dialect.migrations.map((migration) => migration.id))
  const table = migrationsTable(dialect)
  // Of a text of its own: where there are no tables yet it cannot be prepared, and stock clients keep that answer.
  const glance = client<{ readonly latest: unknown }>`SELECT MAX(migration_id) AS latest FROM ${client(table)}`
  return Effect.flatMap(
    Effect.catchAllCause(glance.withoutTransform, () => Effect.succeed([])),
    ([row]) =>
      Number(row?.latest ?? 0) >= latestExpected ? Effect.void : runMigrations(client, dialect, latestExpected)
  )
}

const migrationsTable = (dialect: SqlDialect): string => `${dialect.tablePrefix}migrations`

const runMigrations = (
  client: SqlClient.SqlClient,
  dialect: SqlDialect,
  latestExpected: number
): Effect.Effect<void, StoreFailure> => {
  const table = migrationsTable(dialect)
  return Migrator.make({})({
    loader: Effect.succeed(dialect.migrations.map((one) => resolved(client, one))),
    table
  }).pipe(
    Effect.provideService(SqlClient.SqlClient, withSoundTransactions(client, dialect.beginTransaction)),
    Effect.catchAllCause((cause) => failWith(cause, dialect)),
    Effect.zipRight(latestMigration(client, dialect)),
    // Migrator answers as if all was well when it meets a lock at its own insert.
    Effect.filterOrFail(
      (latest) => latest >= latestExpected,
      (latest) =>
        new StoreFailure({
          operation: "migrate",
          class: "transient",
          cause: new Error(
            `The tables are at migration ${latest} and ${latestExpected} is expected: another process is migrating them. Try again when it is done.`
          )
        })
    ),
    Effect.asVoid
  )
}

const resolved = (client: SqlClient.SqlClient, migration: SqlMigration): Migrator.ResolvedMigration => [
  migration.id,
  migration.name,
  Effect.succeed(Effect.forEach(migration.statements, (sql) => client.unsafe(sql), { discard: true }))
]

// Through the client, as Migrator does it: a host's client may write names in another way.
const latestMigration = (client: SqlClient.SqlClient, dialect: SqlDialect): Effect.Effect<number, StoreFailure> =>
  client<{
    readonly latest: unknown
  }>`SELECT COALESCE(MAX(migration_id), 0) AS latest FROM ${client(migrationsTable(dialect))}`.withoutTransform.pipe(
    Effect.map((rows) => Number(rows[0]?.latest ?? 0)),
    Effect.catchAllCause((cause) => failWith(cause, dialect))
  )

/**
 * A failed body is fatal (the program and the database do not fit), unless the database had a reason
 * that passes. The other permanent failures (a read-only file, no rights) are said as they are.
 */
const failWith = (cause: Cause.Cause<unknown>, dialect: SqlDialect): Effect.Effect<never, StoreFailure> => {
  const error = Cause.squash(cause)
  const phase: Phase = error instanceof CommitFailed ? "commit" : "body"
  const failure = toStoreFailure("migrate", phase, cause)
  const isBody = error instanceof Migrator.MigrationError && error.reason === "failed"
  return Effect.fail(
    new StoreFailure({
      operation: "migrate",
      class: migrationClass(failure, isBody, dialect),
      ...(failure.code === undefined ? {} : { code: failure.code }),
      cause: failure.cause
    })
  )
}

const migrationClass = (failure: StoreFailure, isBody: boolean, dialect: SqlDialect): FailureClass => {
  if (failure.class !== "permanent") return failure.class
  const code = failure.code ?? ""
  // The tables themselves are made under a lock; the table of what was done is not.
  if (!isBody) return dialect.isMigrationRace(code) ? "transient" : "permanent"
  return code.startsWith("SQLITE_READONLY") ? "permanent" : "fatal"
}

// -- transactions ------------------------------------------------------------------------------------

/**
 * The same client with a `withTransaction` that survives its own BEGIN, COMMIT and ROLLBACK. The
 * stock one dies of a ROLLBACK after a failed BEGIN, which hides the reason, and leaves the
 * transaction open on the connection after a failed COMMIT.
 */
const withSoundTransactions = (client: SqlClient.SqlClient, begin: string): SqlClient.SqlClient => {
  // A client is a function with members; calling it with any of its overloads is passed on as it is.
  const call = (...args: ReadonlyArray<unknown>): unknown => (client as any)(...args)
  return Object.assign(call, client, { withTransaction: transaction(client, begin) }) as SqlClient.SqlClient
}

class CommitFailed {
  readonly _tag = "CommitFailed"
  constructor(readonly cause: unknown) {}
}

const transaction =
  (client: SqlClient.SqlClient, begin: string) =>
  <R, E, A>(body: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    Effect.scoped(
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const connection = yield* restore(client.reserve)
          const undo = Effect.ignore(Effect.sandbox(command(connection, "ROLLBACK")))
          yield* Effect.tapErrorCause(command(connection, begin), () => undo)
          const exit = yield* Effect.exit(
            Effect.mapInputContext(restore(body), (context: Context.Context<R>) =>
              Context.add(context, SqlClient.TransactionConnection, [connection, 0])
            )
          )
          if (Exit.isFailure(exit)) {
            yield* undo
            return yield* exit
          }
          // The marker crosses Migrator, which knows no third kind of error, and is unpacked by `failWith`.
          yield* command(connection, "COMMIT").pipe(
            Effect.sandbox,
            Effect.mapError((cause) => new CommitFailed(cause) as unknown as SqlError),
            Effect.tapError(() => undo)
          )
          return exit.value
        })
      )
    ) as Effect.Effect<A, E | SqlError, R>

// A driver may throw while it prepares: `executeUnprepared` of better-sqlite3 does.
const command = (connection: Connection, sql: string): Effect.Effect<unknown, SqlError> =>
  Effect.suspend(() => connection.executeUnprepared(sql, [], undefined))
