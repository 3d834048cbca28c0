/**
 * Opens database clients for `SqlRunStore`, which asks for another one after a failure of class
 * `connection`. The chaos layer goes in here, under the reconnect.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { StoreFailure } from "./RunError.js"

/**
 * `connect` opens one client, which lives as long as its scope. It never dies: a path that cannot be
 * opened is a `StoreFailure`. `isExclusive` says that nobody else has that client, and that it is one connection: a
 * store reserves it once and for all then, and a statement costs a fraction of what it costs to reserve it each time.
 * Defaults to `false`.
 *
 * @since 0.1.0
 * @category services
 */
export class SqlConnector extends Context.Tag("effect-holdfast/SqlConnector")<
  SqlConnector,
  {
    readonly connect: Effect.Effect<SqlClient.SqlClient, StoreFailure, Scope.Scope>
    readonly isExclusive?: boolean | undefined
  }
>() {}

/**
 * The host's own client: used as it is, and never re-opened.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient: Layer.Layer<SqlConnector, never, SqlClient.SqlClient> = Layer.effect(
  SqlConnector,
  Effect.map(SqlClient.SqlClient, (client) => ({ connect: Effect.succeed(client) }))
)
