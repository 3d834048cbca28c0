/**
 * One transient error on the success write, the row in which every peer records something else than what
 * the work did: a case is a store, a way to break its database for real while the work runs, and what is
 * known of the peers there.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as RunKernel from "../../src/RunKernel.js"
import { RunStore } from "../../src/RunStore.js"

/** A database of its own, from before its tables are made. */
export interface Ground {
  readonly store: Layer.Layer<RunStore, unknown>
  /** Breaks the database, so that the write which follows meets it; succeeds when it is broken. */
  readonly breakIt: Effect.Effect<void, unknown, Scope.Scope>
}

export interface Case {
  readonly database: "SQLite" | "Postgres"
  readonly fault: string
  readonly ground: Effect.Effect<Ground, unknown, Scope.Scope>
}

/** What was recorded, by the row, by a subscriber, and by the work itself. */
export interface Outcome {
  readonly status: string
  readonly told: ReadonlyArray<string>
  readonly executions: number
  readonly writes: number
  /** From the end of the work until its status was stored. */
  readonly millis: number
}

/** The work succeeds, its success write meets the fault, and the row is read by somebody else. */
export const play = ({ ground }: Case): Effect.Effect<Outcome, unknown> =>
  Effect.gen(function* () {
    const { breakIt, store } = yield* ground
    // Not the run's own: the fault must outlive the work.
    const scope = yield* Effect.scope
    let executions = 0
    let endedAt = 0
    const work = Effect.gen(function* () {
      executions++
      yield* Scope.extend(breakIt, scope)
      endedAt = yield* Clock.currentTimeMillis
      return "what the work gave"
    })
    const kernel = RunKernel.layer().pipe(Layer.provide(store))
    const { events, id, millis } = yield* Effect.gen(function* () {
      const handle = yield* (yield* RunKernel.RunKernel).start("headline", work)
      const events = Chunk.toReadonlyArray(yield* Stream.runCollect(handle.events))
      return { id: handle.id, events, millis: (yield* Clock.currentTimeMillis) - endedAt }
    }).pipe(Effect.scoped, Effect.provide(kernel))
    const row = yield* Effect.provide(
      Effect.flatMap(RunStore, (other) => other.get(id)),
      store
    )
    const settled = events.findLast((event) => event._tag === "Settled")
    return {
      status: Option.match(row, { onNone: () => "no row", onSome: ({ status }) => status }),
      told: events.flatMap((event) => (event._tag === "Settled" ? [event.status] : [])),
      executions,
      writes: settled?._tag === "Settled" ? settled.attempts : 0,
      millis
    }
  }).pipe(Effect.scoped, Logger.withMinimumLogLevel(LogLevel.None))

/** The work succeeded, once, and a first write met the fault: anything else is a defect, of Holdfast or of the case. */
export const isRight = ({ executions, status, told, writes }: Outcome): boolean =>
  status === "completed" && told.length === 1 && told[0] === "completed" && executions === 1 && writes > 1
