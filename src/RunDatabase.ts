/**
 * The database of runs as somebody reads it from outside: an operator, a report, a command line. It only
 * reads. It never makes or changes a table, so it may be pointed at any database, and says of a foreign
 * or an older one what it found.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { pgStatements } from "./internal/store/pgStatements.js"
import { runOf } from "./internal/store/runRow.js"
import { toStoreFailure } from "./internal/store/sqlFailure.js"
import { sqliteStatements } from "./internal/store/sqliteStatements.js"
import { type SqlRow, storedRun } from "./internal/store/sqlRows.js"
import { assertTablePrefix, isRetryable, tablePrefixDefault } from "./internal/store/sqlSchema.js"
import { isActive, type SqlDialect, type SqlStatement } from "./internal/store/sqlStatements.js"
import { nowMillis } from "./internal/wallClock.js"
import type { Run } from "./Run.js"
import { StoreFailure } from "./RunError.js"
import type { HostId, RunId } from "./RunId.js"
import type { RunQuery, StoredRun } from "./RunStore.js"
import { SqlConnector } from "./SqlConnector.js"

// -- models ------------------------------------------------------------------------------------------------

/**
 * The tables of a database against those that this version works with, by the number of the last migration.
 * `found` is undefined where the database has none of our tables.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tables {
  readonly found: number | undefined
  readonly expected: number
  /** Schemas that have such tables, and cannot be read here: not in the search path, or no right to use them. */
  readonly elsewhere: ReadonlyArray<string>
}

/**
 * A host's own row. Times are milliseconds since 1970, UTC, by the host's clock, on
 * Postgres by the server's.
 *
 * @since 0.1.0
 * @category models
 */
export interface Host {
  readonly hostId: HostId
  readonly pid: number
  readonly registeredAt: number
  readonly leaseUntil: number
  readonly state: "live" | "fenced"
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** As in `SqlRunStore`. Defaults to `"holdfast_"`. */
  readonly tablePrefix?: string | undefined
}

// -- service -----------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category services
 */
export class RunDatabase extends Context.Tag("effect-holdfast/RunDatabase")<
  RunDatabase,
  {
    readonly tables: Effect.Effect<Tables, StoreFailure>
    /** Newest first; 100 unless the query says otherwise, 10,000 at most. */
    readonly list: (query: RunQuery) => Effect.Effect<ReadonlyArray<Run>, StoreFailure>
    /** The rows of these runs, in no order; those that are not there are left out. */
    readonly getAll: (ids: ReadonlyArray<RunId>) => Effect.Effect<ReadonlyArray<Run>, StoreFailure>
    /** The whole row, with payload, result and error as they are stored. */
    readonly stored: (id: RunId) => Effect.Effect<StoredRun | undefined, StoreFailure>
    /** The whole rows of these runs, in no order; those that are not there are left out. */
    readonly storedAll: (ids: ReadonlyArray<RunId>) => Effect.Effect<ReadonlyArray<StoredRun>, StoreFailure>
    readonly hosts: Effect.Effect<ReadonlyArray<Host>, StoreFailure>
    /** How many active runs each host has; `undefined` stands for runs that nobody owns. */
    readonly activeByHost: Effect.Effect<ReadonlyMap<HostId | undefined, number>, StoreFailure>
    /** The oldest active runs of this host; `limit` of them at most. */
    readonly activeOf: (hostId: HostId, limit: number) => Effect.Effect<ReadonlyArray<Run>, StoreFailure>
    /** By the clock that leases are measured by: on Postgres the server's, on SQLite that of this machine. */
    readonly now: Effect.Effect<number, StoreFailure>
    /** Fails with the class `fatal` where the database is damaged. */
    readonly check: Effect.Effect<void, StoreFailure>
  }
>() {}

// -- constructors ------------------------------------------------------------------------------------------

/** A lock that lasts is told after three seconds. */
const busyRetry = Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(30))

/**
 * Opens the database for reading. What fails for a moment (a lock) is repeated for about three seconds.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<typeof RunDatabase.Service, StoreFailure, SqlConnector | Scope.Scope> =>
  Effect.gen(function* () {
    const prefix = yield* Effect.sync(() => assertTablePrefix(options.tablePrefix ?? tablePrefixDefault))
    const { connect } = yield* SqlConnector
    const client = yield* connect
    const dialect = yield* client.onDialectOrElse({
      sqlite: () => Effect.succeed(sqliteStatements(prefix)),
      pg: () => Effect.sync(() => pgStatements(prefix)),
      orElse: () => Effect.fail(anotherDialect)
    })
    return fromClient(client, dialect)
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<RunDatabase, StoreFailure, SqlConnector> =>
  Layer.scoped(RunDatabase, make(options))

const anotherDialect = new StoreFailure({
  operation: "open",
  class: "permanent",
  cause: new Error(
    "RunDatabase reads SQLite and Postgres, and this client speaks another dialect. Use a client of one of the two."
  )
})

const fromClient = (client: SqlClient.SqlClient, dialect: SqlDialect): typeof RunDatabase.Service => {
  const prefix = dialect.tablePrefix

  const ask = (operation: string, { params, sql }: Pick<SqlStatement, "sql" | "params">) =>
    Effect.suspend(() => client.unsafe<SqlRow>(sql, params).withoutTransform).pipe(
      Effect.catchAllCause((cause) => Effect.fail(toStoreFailure(operation, "read", cause))),
      Effect.retry({ schedule: busyRetry, while: (failure) => isRetryable(failure.class) })
    )
  const read = (sql: string) => ask("read", { sql, params: [] })
  const runs = (rows: ReadonlyArray<SqlRow>): ReadonlyArray<Run> => rows.map((row) => runOf(storedRun(row)))

  return {
    tables: Effect.gen(function* () {
      const expected = Math.max(...dialect.migrations.map(({ id }) => id))
      const there = yield* ask("read", dialect.tables)
      const hidden = there.flatMap(({ place }) => (typeof place === "string" ? [place] : []))
      const elsewhere = [...new Set(hidden)].sort()
      if (there.length - hidden.length < dialect.tables.params.length) return { found: undefined, expected, elsewhere }
      const [row] = yield* read(`SELECT COALESCE(MAX(migration_id), 0) AS latest FROM ${prefix}migrations`)
      return { found: Number(row?.latest), expected, elsewhere }
    }),
    list: (query) => Effect.map(ask("list", dialect.list(query)), runs),
    getAll: (ids) => Effect.map(ask("read", dialect.readBack(ids)), runs),
    stored: (id) =>
      Effect.map(ask("read", dialect.read(id)), ([row]) => (row === undefined ? undefined : storedRun(row))),
    storedAll: (ids) => Effect.map(ask("read", dialect.readBack(ids)), (rows) => rows.map(storedRun)),
    // All columns: a host's row grows with the versions, and what is older has less of it.
    hosts: Effect.map(read(`SELECT * FROM ${prefix}hosts ORDER BY registered_at`), (rows) => rows.map(hostOf)),
    activeByHost: Effect.map(
      read(`SELECT host_id, COUNT(*) AS count FROM ${prefix}runs WHERE ${isActive} GROUP BY host_id`),
      (rows) => new Map(rows.map((row) => [(row.host_id ?? undefined) as HostId | undefined, Number(row.count)]))
    ),
    activeOf: (hostId, limit) => Effect.map(ask("read", dialect.ownedBy(hostId, limit)), runs),
    now: dialect.now === undefined ? nowMillis : Effect.map(ask("read", dialect.now), ([row]) => Number(row?.now)),
    check: Effect.flatMap(ask("check", dialect.check), ([row]) =>
      row?.verdict === "ok" ? Effect.void : Effect.fail(damaged(String(row?.verdict)))
    )
  }
}

const hostOf = (row: SqlRow): Host => ({
  hostId: row.host_id as HostId,
  pid: Number(row.pid),
  registeredAt: Number(row.registered_at),
  leaseUntil: Number(row.lease_until),
  state: row.state === "fenced" ? "fenced" : "live"
})

const damaged = (verdict: string): StoreFailure =>
  new StoreFailure({ operation: "check", class: "fatal", cause: new Error(verdict) })
