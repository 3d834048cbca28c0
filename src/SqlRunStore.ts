/**
 * The run store on a SQL database. Each write is one guarded autocommit statement for its whole
 * batch, followed by at most one read of the rows that it did not change, so that a no-op, a row that
 * is not there, a row of somebody else and a write of one's own whose answer was lost are told apart.
 * A lost connection is replaced under it; the caller repeats what failed.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { spanned } from "./internal/log/tracing.js"
import * as CurrentClient from "./internal/store/currentClient.js"
import { changes } from "./internal/store/pgChanges.js"
import { pgStatements } from "./internal/store/pgStatements.js"
import { sqliteStatements } from "./internal/store/sqliteStatements.js"
import { hostsSeen, ownedRuns, type SqlRow, storedRun } from "./internal/store/sqlRows.js"
import * as Writes from "./internal/store/sqlRunWrites.js"
import { assertTablePrefix, tablePrefixDefault } from "./internal/store/sqlSchema.js"
import type { SqlDialect } from "./internal/store/sqlStatements.js"
import { StoreFailure } from "./RunError.js"
import { RunStore, type StoredRun } from "./RunStore.js"
import * as SqlConnector from "./SqlConnector.js"

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * Before the name of every table, index and trigger: letters, digits and underscores. Anything else
   * is a defect. Defaults to `"holdfast_"`.
   */
  readonly tablePrefix?: string | undefined
  /**
   * Attempts to open the database and to bring its tables up to date while the layer is built, for
   * failures that may pass (a lock, a connection). Between them delays grow from 50 ms to 1 s, so the
   * default is about 6 seconds of patience. Defaults to `10`.
   */
  readonly openAttemptsMax?: number | undefined
  /**
   * How long one opening of the database may take, its migrations included. Defaults to `10 seconds`.
   */
  readonly openTimeout?: Duration.DurationInput | undefined
}

// -- constructors ----------------------------------------------------------------------------------------

/**
 * Opens the database and brings its tables up to date. Fails when it cannot: at once where asking
 * again will not help (a bad path, a read-only file, another program's tables).
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<typeof RunStore.Service, StoreFailure, SqlConnector.SqlConnector | Scope.Scope> =>
  Effect.gen(function* () {
    const prefix = yield* Effect.sync(() => assertTablePrefix(options.tablePrefix ?? tablePrefixDefault))
    const connector = yield* SqlConnector.SqlConnector
    const current = yield* CurrentClient.make(connector, dialectOf(prefix), {
      openAttemptsMax: options.openAttemptsMax ?? 10,
      openTimeout: Duration.decode(options.openTimeout ?? "10 seconds")
    })
    const { channel } = current.dialect
    return channel === undefined
      ? fromClient(current)
      : { ...fromClient(current), changes: changes(connector, channel) }
  })

const fromClient = (current: CurrentClient.CurrentClient): typeof RunStore.Service => ({
  insert: (runs) => named("insert", Writes.insert(current, runs)),
  settle: (settlements) => named("settle", Writes.settle(current, settlements)),
  entomb: (tombstones) => named("entomb", Writes.entomb(current, tombstones)),
  release: (releases) => named("release", Writes.release(current, releases)),
  requestCancel: (requests) => named("requestCancel", Writes.requestCancel(current, requests)),
  reportProgress: (reports) => named("reportProgress", Writes.reportProgress(current, reports)),
  get: (id) =>
    named(
      "get",
      Effect.map(
        current.run("read", "read", (dialect) => dialect.read(id)),
        ([row]) => Option.map(Option.fromNullable(row), storedRun)
      )
    ),
  list: (query) => named("list", runsOf(current.run("list", "read", (dialect) => dialect.list(query)))),
  registerHost: (host) =>
    named("registerHost", Effect.asVoid(current.run("register", "autocommit", (dialect) => dialect.register(host)))),
  renewHost: ({ hostId, leaseUntil }) =>
    named(
      "renewHost",
      Effect.gen(function* () {
        const renewed = yield* current.run("renew", "autocommit", (dialect) => dialect.renew(hostId, leaseUntil))
        const owned = yield* current.run("renew", "read", (dialect) => dialect.owned(hostId))
        return { held: renewed.length > 0, owned: ownedRuns(owned) }
      })
    ),
  removeHost: (hostId) =>
    named("removeHost", Effect.asVoid(current.run("remove", "autocommit", (dialect) => dialect.remove(hostId)))),
  hosts: named(
    "hosts",
    Effect.map(
      current.run("hosts", "read", (dialect) => dialect.hosts),
      hostsSeen
    )
  ),
  fence: ({ hostId, renewSeq }) =>
    named(
      "fence",
      Effect.map(
        current.run("fence", "autocommit", (dialect) => dialect.fence(hostId, renewSeq)),
        (fenced) => fenced.length > 0
      )
    ),
  takeOver: (takeOver) =>
    named("takeOver", runsOf(current.run("takeOver", "autocommit", (dialect) => dialect.takeOver(takeOver)))),
  ownedBy: ({ hostId, limit }) =>
    named("ownedBy", runsOf(current.run("ownedBy", "read", (dialect) => dialect.ownedBy(hostId, limit)))),
  onLeaseEnd: current.dialect.onLeaseEnd,
  check: named("check", check(current)),
  isCallerInTransaction: Effect.map(
    Effect.serviceOption(SqlClient.TransactionConnection),
    Option.match({ onNone: () => false, onSome: ([connection]) => current.holds(connection) })
  )
})

const named = <A>(operation: string, effect: Effect.Effect<A, StoreFailure>): Effect.Effect<A, StoreFailure> =>
  spanned(effect, `SqlRunStore.${operation}`, () => ({}))

const runsOf = (
  rows: Effect.Effect<ReadonlyArray<SqlRow>, StoreFailure>
): Effect.Effect<ReadonlyArray<StoredRun>, StoreFailure> => Effect.map(rows, (found) => found.map(storedRun))

const check = (current: CurrentClient.CurrentClient): Effect.Effect<void, StoreFailure> =>
  Effect.gen(function* () {
    const rows = yield* current.run("check", "read", (dialect) => dialect.check)
    const verdict = String(rows[0]?.verdict)
    if (verdict === "ok") return
    return yield* new StoreFailure({
      operation: "check",
      class: "fatal",
      cause: new Error(`The database is damaged: ${verdict}. Restore it from a backup, or have it repaired.`)
    })
  })

// -- layers ----------------------------------------------------------------------------------------------

/**
 * The store over a `SqlConnector`, which it asks for another client when a connection is lost.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<RunStore, StoreFailure, SqlConnector.SqlConnector> =>
  Layer.scoped(RunStore, make(options))

/**
 * The store over the host's own client, in the host's own database. The client is never re-opened: a
 * lost connection stays lost until the host replaces the layer, unless its pool opens another. On
 * SQLite make it with `prepareCacheTTL: 0` (otherwise a failure to prepare is repeated for ten minutes),
 * and mind that its busy timeout of five seconds blocks the whole process; `SqliteRunStore` has neither.
 * On Postgres its sessions must be READ COMMITTED, and a kernel keeps one connection of its pool to listen to
 * changes, unless it is the only one; the statements need another. `PgRunStore` sees to both.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (options?: Options): Layer.Layer<RunStore, StoreFailure, SqlClient.SqlClient> =>
  Layer.scoped(
    RunStore,
    Effect.gen(function* () {
      const store = yield* Effect.provide(make(options), SqlConnector.layerClient)
      // Whoever listens keeps a connection for as long as it does; an only one is needed for the statements.
      return isAlone(yield* SqlClient.SqlClient) ? { ...store, changes: undefined } : store
    })
  )

/** Whether the client's pool is known to have one connection. A client that does not say has the driver's default, ten. */
const isAlone = (client: SqlClient.SqlClient): boolean =>
  (client as { readonly config?: { readonly maxConnections?: number | undefined } }).config?.maxConnections === 1

// -- the dialect -----------------------------------------------------------------------------------------

const dialectOf =
  (prefix: string) =>
  (client: SqlClient.SqlClient): Effect.Effect<SqlDialect, StoreFailure> =>
    client.onDialectOrElse({
      sqlite: () => Effect.succeed(sqliteStatements(prefix)),
      pg: () => Effect.sync(() => pgStatements(prefix)),
      orElse: () =>
        Effect.fail(
          new StoreFailure({
            operation: "open",
            class: "permanent",
            cause: new Error(
              "SqlRunStore speaks SQLite and Postgres, and this client speaks another dialect. Use a client of one of the two."
            )
          })
        )
    })
