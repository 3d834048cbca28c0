/**
 * A run as the outside sees it: its row, its events, the handle that a start answers with, and the
 * `CurrentRun` that work finds in its context. Nothing here writes; the kernel makes all of it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { CancelError, EndError, RunNotFound, RunSuperseded, StoreFailure, VerdictParked } from "./RunError.js"
import { HostId, RunId } from "./RunId.js"
import { FailureReason, RunStatus, TerminalStatus, WorkOutcome } from "./RunStatus.js"

/**
 * How far the work has come: `current` of `total`, in a unit of the work's own, and the step it is at.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Progress: Schema.Struct<{
  current: typeof Schema.Number
  total: Schema.optional<typeof Schema.Number>
  step: Schema.optional<typeof Schema.String>
}> = Schema.Struct({
  current: Schema.Number,
  total: Schema.optional(Schema.Number),
  step: Schema.optional(Schema.String)
})
/**
 * @since 0.1.0
 * @category models
 */
export interface Progress extends Schema.Schema.Type<typeof Progress> {}

const Millis = Schema.Int

/**
 * One row, as read. Times are milliseconds since 1970, UTC.
 *
 * @since 0.1.0
 * @category models
 */
export class Run extends Schema.Class<Run>("effect-holdfast/Run")({
  id: RunId,
  name: Schema.String,
  status: RunStatus,
  attempt: Schema.Int,
  createdAt: Millis,
  key: Schema.optionalWith(Schema.String, { exact: true }),
  hostId: Schema.optionalWith(HostId, { exact: true }),
  startedAt: Schema.optionalWith(Millis, { exact: true }),
  finishedAt: Schema.optionalWith(Millis, { exact: true }),
  cancelRequestedAt: Schema.optionalWith(Millis, { exact: true }),
  cancelReason: Schema.optionalWith(Schema.String, { exact: true }),
  workOutcome: Schema.optionalWith(WorkOutcome, { exact: true }),
  progress: Schema.optionalWith(Progress, { exact: true }),
  /** Why it is `failed`; the message is sanitised and cut (the whole cause is in the log). */
  failure: Schema.optionalWith(Schema.Struct({ reason: FailureReason, message: Schema.String }), { exact: true })
}) {}

const sequence = Schema.Int

/**
 * What a subscriber is told, in order, numbered per run on the host that tells it.
 *
 * - `Snapshot`: always first; the row as it is now. Its number is that of the last event it includes.
 * - `Progressed`, `Logged`: what the work reports. A slow reader loses the oldest of these.
 * - `Dropped`: how many a slow reader has lost since the last event it got.
 * - `CancelRequested`: a cancel was accepted; the work is being interrupted.
 * - `Parked`: the work has ended and the verdict cannot be stored for now; `Settled` follows when it is. A `verdict` of
 *   `pending` says that the run is being given back, for another host to restart.
 * - `Superseded`: the run is no longer this host's: another one owns it, or it waits for one (`pending`). `Settled`
 *   follows when that host has settled it.
 * - `Settled`: the terminal status is stored. Always the last, and always what the row says.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RunEvent = Schema.Union(
  Schema.TaggedStruct("Snapshot", { sequence, run: Run }),
  Schema.TaggedStruct("Progressed", { sequence, progress: Progress }),
  Schema.TaggedStruct("Logged", {
    sequence,
    level: Schema.String,
    message: Schema.String,
    annotations: Schema.Record({ key: Schema.String, value: Schema.Unknown })
  }),
  Schema.TaggedStruct("Dropped", { sequence, count: Schema.Int }),
  Schema.TaggedStruct("CancelRequested", { sequence, reason: Schema.optionalWith(Schema.String, { exact: true }) }),
  Schema.TaggedStruct("Parked", { sequence, verdict: RunStatus, message: Schema.String }),
  Schema.TaggedStruct("Superseded", { sequence, status: RunStatus }),
  Schema.TaggedStruct("Settled", {
    sequence,
    status: TerminalStatus,
    workOutcome: WorkOutcome,
    /** How often this host sent the terminal write; 0 where it never did. */
    attempts: Schema.Int
  })
)
/**
 * @since 0.1.0
 * @category models
 */
export type RunEvent = typeof RunEvent.Type

/**
 * @since 0.1.0
 * @category models
 */
export type Settled = Extract<RunEvent, { readonly _tag: "Settled" }>

/**
 * What a cancel was told.
 *
 * - `Requested`: accepted; the run ends as `cancelled`. `durable` says that the row has it. Where it is `false` the
 *   database is away, and the request is lost if this host is lost before the database is back.
 * - `AlreadyTerminal`: too late; the cancel changed nothing.
 *
 * @since 0.1.0
 * @category models
 */
export type CancelAnswer =
  | { readonly _tag: "Requested"; readonly durable: boolean }
  | { readonly _tag: "AlreadyTerminal"; readonly status: TerminalStatus }

/**
 * What a start answers with.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunHandle<out A, out E> {
  readonly id: RunId
  /** `false` where an idempotency key answered with a run that was there already. */
  readonly isNew: boolean
  readonly cancel: (options?: { readonly reason?: string | undefined }) => Effect.Effect<CancelAnswer, CancelError>
  /** Waits until the terminal status is stored. Fails as soon as it is known to be parked or superseded. */
  readonly settled: Effect.Effect<Settled, VerdictParked | RunSuperseded | RunNotFound>
  /** Waits until the terminal status is stored, then gives what the work gave. */
  readonly result: Effect.Effect<A, E | EndError>
  /** The row first, then what happens, until `Settled`. */
  readonly events: Stream.Stream<RunEvent, StoreFailure | RunNotFound>
}

/**
 * The run that the current fiber works for. `attempt` serves as a fencing token for what the work
 * does elsewhere.
 *
 * @since 0.1.0
 * @category services
 */
export class CurrentRun extends Context.Tag("effect-holdfast/CurrentRun")<
  CurrentRun,
  {
    readonly id: RunId
    readonly attempt: number
    readonly progress: (progress: Progress) => Effect.Effect<void>
  }
>() {}

/**
 * Reports how far the current run has come: to its subscribers at once, to its row when the writer
 * comes by (the latest report wins; one that cannot be written is dropped, never retried).
 *
 * @since 0.1.0
 * @category combinators
 * @example
 * import * as Effect from "effect/Effect"
 * import { Run } from "effect-holdfast"
 *
 * export const work = Effect.forEach([1, 2, 3], (page) => Run.progress({ current: page, total: 3 }))
 */
export const progress = (progress: Progress): Effect.Effect<void, never, CurrentRun> =>
  Effect.flatMap(CurrentRun, (run) => run.progress(progress))
