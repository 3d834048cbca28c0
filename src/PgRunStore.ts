/**
 * The run store on a Postgres database, through `@effect/sql-pg`, for any number of hosts: a small pool
 * of connections for the store alone, whose sessions are READ COMMITTED whatever the server's default
 * is, and in which no statement goes on for longer than its caller waits. It stands outside the main
 * barrel, so that hosts on another database do not load pg.
 *
 * @since 0.1.0
 */
import type { ConnectionOptions } from "node:tls"
import * as Reactivity from "@effect/experimental/Reactivity"
import type * as SqlClient from "@effect/sql/SqlClient"
import { PgClient } from "@effect/sql-pg"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { toStoreFailure } from "./internal/store/sqlFailure.js"
import { StoreFailure } from "./RunError.js"
import type { RunStore } from "./RunStore.js"
import { SqlConnector } from "./SqlConnector.js"
import * as SqlRunStore from "./SqlRunStore.js"

// -- options ---------------------------------------------------------------------------------------------

/**
 * Where the database is, and how it is talked to. What `url` says is overridden by the fields beside
 * it; what nobody says is taken from the usual `PG…` variables of the environment, then from pg.
 *
 * @since 0.1.0
 * @category options
 */
export interface Connection {
  /** `postgres://user:password@host:port/database?sslmode=verify-full`. */
  readonly url?: string | Redacted.Redacted | undefined
  /** A name, an address, or the directory of a Unix socket. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly database?: string | undefined
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
  /** As in `node:tls`. Defaults to what the `sslmode` of the url says, and to `false` without one. */
  readonly ssl?: boolean | ConnectionOptions | undefined
  /** The schema that holds the tables; it has to exist. Defaults to the first of the user's `search_path`. */
  readonly schema?: string | undefined
  /**
   * Connections at most, for this host. Writes go one after the other; the others are for reads, for
   * renewals and to cancel what hangs. Defaults to `4`.
   */
  readonly maxConnections?: number | undefined
  /** How long one connection may take to open. Defaults to `5 seconds`. */
  readonly connectTimeout?: Duration.DurationInput | undefined
  /**
   * After this time the server itself ends a statement. Keep it below the kernel's `attemptTimeout`, so
   * that the server's word, which leaves no doubt, comes first. Defaults to `8 seconds`.
   */
  readonly statementTimeout?: Duration.DurationInput | undefined
  /**
   * How long a statement waits for a lock that somebody else holds; then it is repeated for fewer rows, until what is
   * locked stands alone. Everybody else waits behind it. Longer than the server's `deadlock_timeout` (`1 second`), so that a
   * deadlock is told as one. Defaults to `2 seconds`.
   */
  readonly lockTimeout?: Duration.DurationInput | undefined
  /** As `pg_stat_activity` shows it. Defaults to `"holdfast"`. */
  readonly applicationName?: string | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options extends SqlRunStore.Options, Connection {}

const defaults = {
  maxConnections: 4,
  connectTimeout: Duration.seconds(5),
  statementTimeout: Duration.seconds(8),
  lockTimeout: Duration.seconds(2),
  applicationName: "holdfast"
}

// -- layers ----------------------------------------------------------------------------------------------

/**
 * Opens clients of one database, each with a pool of its own. Nothing is opened before it is asked for.
 *
 * @since 0.1.0
 * @category layers
 */
export const connector = (options: Connection): Layer.Layer<SqlConnector> =>
  Layer.succeed(SqlConnector, { connect: open(options) })

/**
 * Opens clients that only read, whatever their user may do: each session begins with
 * `default_transaction_read_only`, so a standby will do, and a user who may only read.
 *
 * @since 0.1.0
 * @category layers
 */
export const connectorReadOnly = (options: Connection): Layer.Layer<SqlConnector> =>
  Layer.succeed(SqlConnector, { connect: open(options, readOnly) })

/**
 * The store on this database. Fails where the database cannot be opened or brought up to date.
 *
 * @example
 * import * as Layer from "effect/Layer"
 * import { RunKernel } from "effect-holdfast"
 * import * as PgRunStore from "effect-holdfast/PgRunStore"
 *
 * export const Runs = RunKernel.layer().pipe(
 *   Layer.provide(PgRunStore.layer({ url: "postgres://app@127.0.0.1:5432/app", schema: "holdfast" }))
 * )
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<RunStore, StoreFailure> =>
  Layer.provide(SqlRunStore.layer(options), connector(options))

// -- opening ---------------------------------------------------------------------------------------------

type Setting = readonly [name: string, value: string]

const readOnly: ReadonlyArray<Setting> = [["default_transaction_read_only", "on"]]

const open = (
  options: Connection,
  more: ReadonlyArray<Setting> = []
): Effect.Effect<SqlClient.SqlClient, StoreFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const url = yield* urlOf(options, more)
    return yield* Effect.mapError(
      PgClient.make({
        url: Redacted.make(url.href),
        ssl: options.ssl,
        maxConnections: options.maxConnections ?? defaults.maxConnections,
        connectTimeout: options.connectTimeout ?? defaults.connectTimeout,
        applicationName: options.applicationName ?? defaults.applicationName
      }),
      (error) => cannotOpen(url, error)
    )
  }).pipe(Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make))

/** One url for all that is known: pg lets a url override what is said beside it. */
const urlOf = (options: Connection, more: ReadonlyArray<Setting>): Effect.Effect<URL, StoreFailure> =>
  Effect.gen(function* () {
    const given = typeof options.url === "object" ? Redacted.value(options.url) : options.url
    const url = yield* parsed(given ?? "postgres:///")
    const parameter = (name: string, value: string | undefined) => {
      if (value !== undefined) url.searchParams.set(name, value)
    }
    parameter("host", options.host)
    parameter("port", options.port?.toString())
    parameter("user", options.username)
    parameter("password", options.password === undefined ? undefined : Redacted.value(options.password))
    if (options.database !== undefined) url.pathname = `/${encodeURIComponent(options.database)}`
    // Ours come last, and win.
    const theirs = url.searchParams.get("options")
    const ours = sessionOptions(options, more)
    parameter("options", theirs === null ? ours : `${theirs} ${ours}`)
    return url
  })

/** The message says nothing of the text itself: it may hold a password. */
const parsed = (text: string): Effect.Effect<URL, StoreFailure> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^postgres(?:ql)?:$/.test(url.protocol)) return Effect.succeed(url)
  return Effect.fail(
    new StoreFailure({
      operation: "open",
      class: "permanent",
      cause: new Error(
        "The url of the Postgres database cannot be read. Expected postgres://user:password@host:port/database, with what is special in the user or the password written as %XX."
      )
    })
  )
}

/** What each session begins with; pinned, since a server, a database or a user may have other defaults. */
const sessionOptions = (options: Connection, more: ReadonlyArray<Setting>): string => {
  const inMillis = (duration: Duration.DurationInput) => String(Math.round(Duration.toMillis(duration)))
  const timeout = inMillis(options.statementTimeout ?? defaults.statementTimeout)
  const settings: ReadonlyArray<Setting> = [
    ...more,
    ["default_transaction_isolation", "read committed"],
    ["statement_timeout", timeout],
    ["lock_timeout", inMillis(options.lockTimeout ?? defaults.lockTimeout)],
    // A host that stops in the middle of a migration must not keep the others from theirs.
    ["idle_in_transaction_session_timeout", timeout],
    ["search_path", options.schema === undefined ? "" : `"${options.schema.replaceAll('"', '""')}"`]
  ]
  return settings
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, "\\$&")}`)
    .join(" ")
}

const cannotOpen = (url: URL, error: unknown): StoreFailure => {
  const failure = toStoreFailure("open", "open", error)
  const message = failure.cause instanceof Error ? failure.cause.message : String(failure.cause)
  const host = url.searchParams.get("host") ?? url.hostname
  const where = `${host === "" ? "the default host" : host}, database "${url.pathname.slice(1)}"`
  return new StoreFailure({
    ...failure,
    // Where a name has several addresses the error of all of them has a code and no message.
    cause: new Error(`Postgres on ${where} cannot be opened: ${message === "" ? failure.code : message}`, {
      cause: failure.cause
    })
  })
}
