/**
 * The one client that a SQL store writes with: opens it, migrates it once, hands it out, and replaces
 * it after a failure of class `connection`, if it is still the current one by then. Statements run
 * with nothing of the caller's context but the span: a transaction, a transformer or an integer mode
 * of the caller's must never reach the store's own statements.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import * as Statement from "@effect/sql/Statement"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import { StoreFailure } from "../../RunError.js"
import type { SqlConnector } from "../../SqlConnector.js"
import { spanned, spanOf } from "../log/tracing.js"
import { type Phase, toStoreFailure } from "./sqlFailure.js"
import type { SqlRow } from "./sqlRows.js"
import { isRetryable, migrate } from "./sqlSchema.js"
import type { SqlDialect, SqlStatement } from "./sqlStatements.js"

/** @internal */
export interface Options {
  readonly openAttemptsMax: number
  readonly openTimeout: Duration.Duration
}

/** @internal */
export interface CurrentClient {
  readonly run: (
    operation: string,
    phase: Phase,
    statement: (dialect: SqlDialect) => SqlStatement
  ) => Effect.Effect<ReadonlyArray<SqlRow>, StoreFailure>
  /** What the database speaks. */
  readonly dialect: SqlDialect
  /** Whether this connection is one of the current client. */
  readonly holds: (connection: Connection) => boolean
}

/** One opened client. */
interface Opened {
  readonly client: SqlClient.SqlClient
  readonly dialect: SqlDialect
  /** Whether this connection is one of the client's. */
  readonly holds: (connection: Connection) => boolean
  /** The one connection of a client that nobody else has. */
  readonly connection: Connection | undefined
}

interface State {
  current: { readonly opened: Opened; readonly scope: Scope.CloseableScope } | undefined
  isMigrated: boolean
  isClosed: boolean
}

/** @internal */
export const make = Effect.fnUntraced(function* (
  connector: typeof SqlConnector.Service,
  dialectOf: (client: SqlClient.SqlClient) => Effect.Effect<SqlDialect, StoreFailure>,
  options: Options
): Effect.fn.Return<CurrentClient, StoreFailure, Scope.Scope> {
  const state: State = { current: undefined, isMigrated: false, isClosed: false }
  const open = opening(connectOnce(connector, dialectOf, options, state), state, yield* Effect.scope)
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      state.isClosed = true
    })
  )
  const acquire = acquiring(open, state)
  const { dialect } = yield* retried(acquire, options.openAttemptsMax)

  const run: CurrentClient["run"] = (operation, phase, statement) =>
    isolated(
      Effect.flatMap(acquire, (opened) => {
        const executed = Effect.tapError(execute(opened, operation, phase, statement), (failure) =>
          failure.class === "connection" || opened.dialect.needsFreshClient(failure)
            ? replace(opened, state)
            : Effect.void
        )
        return opened.dialect.isRemote ? abandonable(executed, replace(opened, state)) : executed
      })
    )
  return { run, dialect, holds: (connection) => state.current?.opened.holds(connection) === true }
})

// -- opening -------------------------------------------------------------------------------------------

const isClosed = new StoreFailure({
  operation: "open",
  class: "connection",
  cause: new Error("The RunStore is closed: its scope has ended. Use it only inside the scope of its layer.")
})

/** Attempts while the file cannot be opened: mostly a wrong path, rarely a file system that is late. */
const cantOpenAttemptsMax = 3

const openDelayMaxMillis = 1000

const openDelays = Schedule.exponential(Duration.millis(50)).pipe(
  Schedule.modifyDelay((_, delay) => Duration.min(delay, Duration.millis(openDelayMaxMillis))),
  Schedule.jittered,
  Schedule.modifyDelay((_, delay) => Duration.millis(Math.round(Duration.toMillis(delay))))
)

const retried = <A>(effect: Effect.Effect<A, StoreFailure>, attemptsMax: number): Effect.Effect<A, StoreFailure> =>
  Effect.suspend(() => {
    let cantOpenAttempts = 0
    return Effect.retry(effect, {
      schedule: Schedule.intersect(openDelays, Schedule.recurs(attemptsMax - 1)),
      while: (failure) => {
        if (failure.code?.startsWith("SQLITE_CANTOPEN") === true) return ++cantOpenAttempts < cantOpenAttemptsMax
        return isRetryable(failure.class)
      }
    })
  })

/** Each client has a scope of its own under the store's, closed here when opening fails or is interrupted half-way. */
const opening = (
  connect: Effect.Effect<Opened, StoreFailure, Scope.Scope>,
  state: State,
  storeScope: Scope.Scope
): Effect.Effect<Opened, StoreFailure> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(storeScope, ExecutionStrategy.sequential)
      const exit = yield* Effect.exit(restore(isolated(Scope.extend(connect, scope))))
      if (Exit.isFailure(exit)) {
        yield* close(scope)
        return yield* exit
      }
      state.current = { opened: exit.value, scope }
      state.isMigrated = true
      return exit.value
    })
  )

const connectOnce = (
  connector: typeof SqlConnector.Service,
  dialectOf: (client: SqlClient.SqlClient) => Effect.Effect<SqlDialect, StoreFailure>,
  options: Options,
  state: State
): Effect.Effect<Opened, StoreFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* connector.connect
    const dialect = yield* dialectOf(client)
    if (!state.isMigrated) yield* migrate(client, dialect)
    const isExclusive = connector.isExclusive === true
    const connection = yield* isExclusive ? client.reserve : Effect.scoped(client.reserve)
    return { client, dialect, holds: isOf(connection, dialect), connection: isExclusive ? connection : undefined }
  }).pipe(
    // A BEGIN that hangs stands in an uninterruptible region; the client it hangs on is thrown away with its scope.
    Effect.disconnect,
    Effect.timeoutFail({
      duration: options.openTimeout,
      onTimeout: () =>
        new StoreFailure({
          operation: "open",
          class: "transient",
          cause: new Error(`The database was not open after ${Duration.format(options.openTimeout)}.`)
        })
    }),
    Effect.catchAllCause((cause) => Effect.fail(toStoreFailure("open", "open", cause))),
    // The rows that are waiting are not to blame for a path that has gone: nothing may be split or parked for it.
    Effect.mapError((failure) =>
      state.isMigrated && failure.class === "permanent"
        ? new StoreFailure({ ...failure, class: "connection", cause: failure.cause })
        : failure
    )
  )

/**
 * Of a pool a caller's connection is never the one that was seen, but each client of `@effect/sql-pg` has a class of
 * its own for its connections. On SQLite there is one connection.
 */
const isOf =
  (seen: Connection, { isRemote }: SqlDialect) =>
  (connection: Connection): boolean =>
    isRemote ? connection.constructor === seen.constructor : connection === seen

// What a driver throws while it closes a broken connection tells nobody anything new.
const close = (scope: Scope.CloseableScope): Effect.Effect<void> =>
  Effect.catchAllCause(Scope.close(scope, Exit.void), (cause) =>
    Effect.logDebug("Closing a database client failed", cause)
  )

/** Whoever finds no client opens one, and all others wait for it. */
const acquiring = (open: Effect.Effect<Opened, StoreFailure>, state: State): Effect.Effect<Opened, StoreFailure> => {
  const semaphore = Effect.unsafeMakeSemaphore(1)
  const there = () => {
    if (state.isClosed) return Effect.fail(isClosed)
    return state.current === undefined ? undefined : Effect.succeed(state.current.opened)
  }
  return Effect.suspend(() => there() ?? semaphore.withPermits(1)(Effect.suspend(() => there() ?? open)))
}

/**
 * Only the client that failed is replaced: of many callers that met the same dead connection the
 * first one closes it, and the others must not close the fresh one.
 */
const replace = (opened: Opened, state: State): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (state.current?.opened !== opened) return Effect.void
    const { scope } = state.current
    // Forgotten in the same step as it is compared: whoever comes now opens another one.
    state.current = undefined
    return Effect.uninterruptible(close(scope))
  })

// -- statements ----------------------------------------------------------------------------------------

const execute = (
  { client, connection, dialect }: Opened,
  operation: string,
  phase: Phase,
  statement: (dialect: SqlDialect) => SqlStatement
): Effect.Effect<ReadonlyArray<SqlRow>, StoreFailure> =>
  Effect.suspend(() => {
    const { params, sql } = statement(dialect)
    return connection === undefined
      ? client.unsafe<SqlRow>(sql, params).withoutTransform
      : spanned(connection.execute(sql, params, undefined), "sql.execute", () => spanOptions(sql))
  }).pipe(
    // Defects too: a closed database throws. An interruption that reaches this handler is not the
    // caller's (that one passes every handler by), but a driver's, and must not end the caller.
    Effect.catchAllCause((cause) => Effect.fail(toStoreFailure(operation, phase, cause)))
  )

/** The span that a client makes of a statement: it is not asked where its connection is reserved. */
const spanOptions = (sql: string): Tracer.SpanOptions => ({
  kind: "client",
  attributes: { "db.system.name": "sqlite", "db.operation.name": "execute", "db.query.text": sql }
})

/**
 * A statement that is given up ends at once for its caller, whatever the network does, and takes the client with it:
 * its connection may be one that nobody answers on any more, and the next statement must not queue behind it.
 */
const abandonable = <A, E>(statement: Effect.Effect<A, E>, forget: Effect.Effect<void>): Effect.Effect<A, E> =>
  Effect.onInterrupt(Effect.disconnect(statement), () => forget)

/** Keeps of the caller's context the span, and nothing else. */
const isolated = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.withFiberRuntime<A, E>((fiber) => {
    const context = spanOf(fiber.currentContext)
    // Each of the two costs as much as a third of a statement: only what is there has to be taken away.
    const isTransformed = Option.isSome(fiber.getFiberRef(Statement.currentTransformer))
    const plain = isTransformed ? Statement.withTransformerDisabled(effect) : effect
    const isBare = context.unsafeMap.size === fiber.currentContext.unsafeMap.size
    return isBare ? plain : Effect.locally(plain, FiberRef.currentContext, context)
  })
