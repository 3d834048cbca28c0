/**
 * Connections whose statements are followed by a look at the rows. It stands below the chaos layer, so that it sees every
 * landing by itself, also one whose answer is held back until another has changed the row again.
 *
 * @since 0.1.0
 */
import type { Connection } from "@effect/sql/SqlConnection"
import * as Effect from "effect/Effect"
import type { SqlConnector } from "../../src/SqlConnector.js"

export const watchedConnector = (
  connector: typeof SqlConnector.Service,
  look: () => void
): typeof SqlConnector.Service => ({
  ...connector,
  connect: Effect.tap(connector.connect, (client) =>
    Effect.orDie(Effect.scoped(Effect.map(client.reserve, (connection) => watch(connection, look))))
  )
})

/** In its place: a client of SQLite has one connection for life, and hands out this very object. */
const watch = (connection: Connection, look: () => void): void => {
  const { execute, executeRaw, executeUnprepared, executeValues } = connection
  const looked = <A, E>(statement: Effect.Effect<A, E>): Effect.Effect<A, E> => Effect.tap(statement, () => look())
  Object.assign(connection, {
    execute: (...given) => looked(execute(...given)),
    executeRaw: (...given) => looked(executeRaw(...given)),
    executeUnprepared: (...given) => looked(executeUnprepared(...given)),
    executeValues: (...given) => looked(executeValues(...given))
  } satisfies Partial<Connection>)
}
