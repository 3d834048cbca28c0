/**
 * A client that is no store's: what an operator has, who makes schemas and triggers, ends sessions, and looks.
 *
 * @since 0.1.0
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import { PgClient } from "@effect/sql-pg"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"

export const operator = (
  url: string,
  more: Partial<PgClient.PgClientConfig> = {}
): Effect.Effect<PgClient.PgClient, never, Scope.Scope> =>
  PgClient.make({ url: Redacted.make(url), maxConnections: 2, applicationName: "operator", ...more }).pipe(
    Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make),
    Effect.orDie
  )
