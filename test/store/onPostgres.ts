/** What the store's tests on Postgres share: stores and other programs in one schema, and waits that are seen. */
import type { PgClient } from "@effect/sql-pg"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as PgRunStore from "../../src/PgRunStore.js"
import type { StoreFailure } from "../../src/RunError.js"
import { RunStore } from "../../src/RunStore.js"
import { foreignClient, type PostgresServer } from "./postgresServer.js"

type Store = typeof RunStore.Service

export interface Stage {
  readonly connection: PgRunStore.Connection & { readonly url: string; readonly schema: string }
  readonly open: (over?: Partial<PgRunStore.Options>) => Effect.Effect<Store, StoreFailure, Scope.Scope>
  /** Another program, in the same schema. */
  readonly foreign: PgClient.PgClient
  /** Succeeds when this many of the stores' sessions wait for a lock. */
  readonly waiting: (sessions: number) => Effect.Effect<void>
}

export const stageOn = (server: PostgresServer): Effect.Effect<Stage, never, Scope.Scope> =>
  Effect.gen(function* () {
    const connection = yield* server.freshSchema
    const options = `?options=${encodeURIComponent(`-c search_path=${connection.schema}`)}`
    const foreign = yield* foreignClient(`${connection.url}${options}`)
    const waiting = (sessions: number) =>
      foreign<{ readonly count: string }>`SELECT COUNT(*) AS count FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'holdfast' AND wait_event_type = 'Lock'`.pipe(
        Effect.repeat({ until: ([row]) => Number(row?.count) >= sessions }),
        Effect.asVoid,
        Effect.orDie
      )
    const open: Stage["open"] = (over) => opened(PgRunStore.layer({ ...connection, ...over }))
    return { connection, open, foreign, waiting }
  })

export const opened = (layer: Layer.Layer<RunStore, StoreFailure>): Effect.Effect<Store, StoreFailure, Scope.Scope> =>
  Effect.flatMap(Layer.build(layer), (context) => Effect.provide(RunStore, context))

/** Another program holds a row in a transaction of its own until the answer; then it commits. */
export const holding = (foreign: PgClient.PgClient, id: string, change = "progress_step = 'held'") =>
  Effect.gen(function* () {
    const held = yield* Deferred.make<void>()
    const free = yield* Deferred.make<void>()
    const fiber = yield* foreign
      .withTransaction(
        foreign
          .unsafe(`UPDATE holdfast_runs SET ${change} WHERE run_id = '${id}'`)
          .pipe(Effect.zipRight(Deferred.succeed(held, undefined)), Effect.zipRight(Deferred.await(free)))
      )
      .pipe(Effect.forkScoped)
    yield* Deferred.await(held)
    return Effect.zipRight(Deferred.succeed(free, undefined), Fiber.join(fiber))
  })

/** Ends the sessions of the stores in this database, as an operator does, and waits until they are gone. */
export const terminate = (foreign: PgClient.PgClient): Effect.Effect<void> =>
  foreign`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'holdfast'`.pipe(Effect.asVoid, Effect.orDie)
