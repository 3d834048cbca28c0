/**
 * Listens to what Postgres tells of the runs: a trigger names each run whose cancel is recorded or whose
 * status changes, when that is committed. A session of its own listens, on a client of its own, since
 * `PgClient.listen` does not say when its connection is lost. What is told while nobody listens is told
 * to nobody, so this makes things prompt and polling makes them sure.
 *
 * @since 0.1.0
 */
import type { Connection } from "@effect/sql/SqlConnection"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import type { SqlConnector } from "../../SqlConnector.js"
import { toStoreFailure } from "./sqlFailure.js"
import { labelled, type SqlStatement } from "./sqlStatements.js"

/** Ids that a slow reader has not taken yet; beyond them the oldest is lost, and found by polling. */
const waitingMax = 4096

/**
 * Ends only by a failure, of class `connection` where the session is lost; the reader listens again.
 *
 * @internal
 */
export const changes = (
  connector: typeof SqlConnector.Service,
  channelStatement: SqlStatement
): Stream.Stream<RunId, StoreFailure> =>
  Stream.asyncPush<RunId, StoreFailure>(
    (emit) =>
      Effect.gen(function* () {
        const client = yield* connector.connect
        const connection = yield* client.reserve
        const session = yield* sessionOf(connection)
        const [row] = yield* connection.execute(channelStatement.sql, channelStatement.params, undefined)
        const channel = String(row?.channel)
        yield* heard(session, "notification", (message: Notification) => {
          if (message.channel === channel && message.payload !== undefined) emit.single(message.payload as RunId)
        })
        yield* heard(session, "end", () => emit.fail(lost))
        yield* Effect.acquireRelease(connection.execute(listen("LISTEN", channel), [], undefined), () =>
          // A host's own client goes back to its pool, and a lost one cannot be told.
          Effect.ignore(connection.execute(listen("UNLISTEN", channel), [], undefined))
        )
      }).pipe(Effect.catchAllCause((cause) => Effect.fail(toStoreFailure("listen", "read", cause)))),
    { bufferSize: waitingMax, strategy: "sliding" }
  )

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
