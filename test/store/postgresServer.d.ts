import { PgClient } from "@effect/sql-pg"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as PgRunStore from "../../src/PgRunStore.js"
export interface PostgresServer {
  /** The url of the file's database, with a password. Only inside of a test. */
  readonly url: () => string
  /** A connection for `PgRunStore`, in a schema that nobody else uses. */
  readonly freshSchema: Effect.Effect<
    PgRunStore.Connection & {
      readonly url: string
      readonly schema: string
    },
    never
  >
  /** A layer that needs a connection, on a schema of its own. */
  readonly onFreshSchema: <A, E>(layer: (connection: PgRunStore.Connection) => Layer.Layer<A, E>) => Layer.Layer<A, E>
  /** Only where the server is our own: with `DATABASE_URL` it belongs to somebody. */
  readonly canStop: boolean
  readonly stop: Effect.Effect<void>
  readonly start: Effect.Effect<void>
}
/** A client that is no store's: another program's, or an operator's. */
export declare const foreignClient: (
  url: string,
  options?: Partial<PgClient.PgClientConfig>
) => Effect.Effect<PgClient.PgClient, never, Scope.Scope>
/** To be called where a file describes its tests: it registers what starts and stops the server. */
export declare const postgresServer: (postgresFlags?: ReadonlyArray<string>) => PostgresServer
//# sourceMappingURL=postgresServer.d.ts.map
