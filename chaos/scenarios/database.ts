/**
 * The database that a story plays on: a SQLite file, or where `place` says so a schema of a real Postgres. It has what
 * the stories ask of either, so that they say nothing of the one or the other themselves.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { StoreFailure } from "../../src/RunError.js"
import { RunStore } from "../../src/RunStore.js"
import type { SqlConnector } from "../../src/SqlConnector.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import type { Fault } from "../FaultPlan.js"

/** A row as the database has it: column names as in the schema. */
export type Row = Readonly<Record<string, string | number | null>>

export interface Database {
  readonly dialect: "sqlite" | "postgres"
  /** Connections for the kernel of a story, below its chaos layer. */
  readonly connector: Layer.Layer<SqlConnector>
  /** The store as another host opens it. */
  readonly store: Layer.Layer<RunStore, StoreFailure>
  /** The host's own client of this very database. */
  readonly client: Layer.Layer<SqlClient.SqlClient, unknown>
  /** The host's own client of another database. */
  readonly elsewhere: Layer.Layer<SqlClient.SqlClient, unknown>
  /** Asks through a connection of its own, as a foreign client would; parameters are written as `?`. What is refused dies. */
  readonly foreign: (
    sql: string,
    ...parameters: ReadonlyArray<string | number | null>
  ) => Effect.Effect<ReadonlyArray<Row>>
  /** From now on the database itself refuses such rows of runs, by a trigger of this name. */
  readonly refuse: (trigger: {
    readonly name: string
    readonly event: "INSERT" | "UPDATE"
    readonly when: string
  }) => Effect.Effect<void>
  /** The code of such a refusal. */
  readonly refusalCode: string
  /** A trigger on the runs, where it is there. */
  readonly dropTrigger: (name: string) => Effect.Effect<void>
  /** For as long as this lasts nobody else can write the rows of hosts. */
  readonly whileLocked: <A, E, R>(during: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** What a fault looks like here: of the same class, and of this database's own where it has one. */
  readonly faultLike: (fault: Fault) => Fault
  /** Another database with the same rows. */
  readonly copy: Effect.Effect<Database, never, Scope.Scope>
}

/** A Postgres whose user may make schemas. */
export interface Place {
  readonly url: string
}

/**
 * Undefined for a SQLite file. Global, since a mutated kernel brings a second copy of this module with it.
 */
export const place: FiberRef.FiberRef<Place | undefined> = globalValue(
  Symbol.for("effect-holdfast/chaos/scenarios/place"),
  () => FiberRef.unsafeMake<Place | undefined>(undefined)
)

/**
 * The store on a connector, which tells of nothing: when a notification arrives is no matter of simulated time, and
 * listening would be counted among the operations. That Postgres tells is shown in real time, by tests of its own.
 */
export const storeLayer: Layer.Layer<RunStore, StoreFailure, SqlConnector> = Layer.scoped(
  RunStore,
  Effect.map(SqlRunStore.make(), (store) => ({ ...store, changes: undefined }))
)
