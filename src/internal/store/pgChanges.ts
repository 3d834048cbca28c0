/**
 * Listens to what Postgres tells of the runs: a trigger names each run whose cancel is recorded or whose
 * status changes, when that is committed. A session of its own listens, on a client of its own, since
 * `PgClient.listen` does not say when its connection is lost. What is told while nobody listens is told
 * to nobody, so this makes things prompt and polling makes them sure.
 *
 * @since 0.1.0
 */
import type { Connection } from "@effect/sql/SqlConnection"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import type { SqlConnector } from "../../SqlConnector.js"
import { toStoreFailure } from "./sqlFailure.js"
import { labelled, type SqlStatement } from "./sqlStatements.js"

/** Ids that a slow reader has not taken yet; beyond them the oldest is lost, and found by polling. */
const waitingMax = 4096

/** A network that has fallen silent looks like a database that has nothing to tell. */
interface Patience {
  /** How often the session is asked whether it is still there. */
  readonly askEvery: Duration.Duration
  /** Beyond this an answer does not come any more. */
  readonly answerMax: Duration.Duration
  /** Whoever leaves does not wait for longer. */
  readonly leaveMax: Duration.Duration
}

const patienceDefault: Patience = {
  askEvery: Duration.seconds(30),
  answerMax: Duration.seconds(10),
  leaveMax: Duration.seconds(1)
}

/**
 * Ends only by a failure, of class `connection` where the session is lost; the reader listens again.
 *
 * @internal
 */
export const changes = (
  connector: typeof SqlConnector.Service,
  channelStatement: SqlStatement,
  { answerMax, askEvery, leaveMax }: Patience = patienceDefault
): Stream.Stream<RunId, StoreFailure> =>
  Stream.asyncPush<RunId, StoreFailure>(
    (emit) =>
      Effect.gen(function* () {
        const client = yield* within(answerMax, connector.connect)
        const connection = yield* within(answerMax, client.reserve)
        const session = yield* sessionOf(connection)
        const [row] = yield* within(
          answerMax,
          connection.execute(channelStatement.sql, channelStatement.params, undefined)
        )
        const channel = String(row?.channel)
        yield* heard(session, "notification", (message: Notification) => {
          if (message.channel === channel && message.payload !== undefined) emit.single(message.payload as RunId)
        })
        yield* heard(session, "end", () => emit.fail(lost))
        // A host's own client goes back to its pool, and a lost one cannot be told.
        yield* Effect.addFinalizer(() =>
          Effect.ignore(within(leaveMax, connection.execute(listen("UNLISTEN", channel), [], undefined)))
        )
        yield* within(answerMax, connection.execute(listen("LISTEN", channel), [], undefined))
        const answer = within(answerMax, connection.execute(labelled("listen", "SELECT 1").sql, [], undefined))
        yield* Effect.forkScoped(
          Effect.catchAllCause(Effect.schedule(answer, Schedule.spaced(askEvery)), () =>
            Effect.sync(() => emit.fail(lost))
          )
        )
      }).pipe(
        Effect.catchAllCause((cause) => Effect.fail(toStoreFailure("listen", "read", cause))),
        // A stream opens what it needs uninterruptibly; whoever closes a kernel does not wait for a network.
        Effect.interruptible
      ),
    { bufferSize: waitingMax, strategy: "sliding" }
  )

/** Given up at once, whatever the network does. */
const within = <A, E, R>(
  limit: Duration.Duration,
  asked: Effect.Effect<A, E, R>
): Effect.Effect<A, E | StoreFailure, R> =>
  Effect.timeoutFail(Effect.interruptible(Effect.disconnect(asked)), { duration: limit, onTimeout: () => lost })

const lost = new StoreFailure({
  operation: "listen",
  class: "connection",
  cause: new Error("The session that listened to Postgres is lost. Listen again.")
})

const listen = (command: "LISTEN" | "UNLISTEN", channel: string): string =>
  labelled("listen", `${command} "${channel}"`).sql

interface Notification {
  readonly channel: string
  readonly payload?: string | undefined
}

interface Session {
  readonly on: (event: string, listener: (message: Notification) => void) => unknown
  readonly off: (event: string, listener: (message: Notification) => void) => unknown
}

/** The one place that looks behind a connection of `@effect/sql-pg`, which does not show its session. */
const sessionOf = (connection: Connection): Effect.Effect<Session, StoreFailure> => {
  const { pg } = connection as Connection & { readonly pg?: Session }
  if (typeof pg?.on === "function" && typeof pg.off === "function") return Effect.succeed(pg)
  return Effect.fail(
    new StoreFailure({
      operation: "listen",
      class: "permanent",
      cause: new Error(
        "This connection does not show its session, so nothing can be heard on it. Use a client of @effect/sql-pg 0.53."
      )
    })
  )
}

const heard = (
  session: Session,
  event: string,
  listener: (message: Notification) => void
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => void session.on(event, listener)),
    () => Effect.sync(() => void session.off(event, listener))
  )
