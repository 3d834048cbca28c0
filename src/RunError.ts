/**
 * Every failure that a caller of Holdfast can meet, one class per failure that is handled
 * differently. Each message says which run, what was expected, what was found and what to do.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { RunId } from "./RunId.js"
import { FailureReason, RunStatus } from "./RunStatus.js"

const tag = <const T extends string>(name: T): `effect-holdfast/${T}` => `effect-holdfast/${name}`

/**
 * How a database failure is to be met.
 *
 * - `transient`: nothing was applied; the same statement may be repeated.
 * - `wholeTransaction`: the whole transaction was rolled back and is to be repeated.
 * - `unknown`: whether it was applied is not known; read back, then repeat with the same token.
 * - `slow`: the machine is out of something; repeat slowly and raise the alarm.
 * - `connection`: as `unknown`, and the connection is gone; the next attempt needs a fresh one.
 * - `permanent`: repeating it alone will not help; the row is isolated and parked.
 * - `fatal`: the database is damaged; stop writing and say so.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FailureClass: Schema.Literal<
  ["transient", "wholeTransaction", "unknown", "slow", "connection", "permanent", "fatal"]
> = Schema.Literal("transient", "wholeTransaction", "unknown", "slow", "connection", "permanent", "fatal")
/**
 * @since 0.1.0
 * @category models
 */
export type FailureClass = typeof FailureClass.Type

// -- failures of calls ----------------------------------------------------------------------------

/**
 * What a `RunStore` answers when the database failed, and the input of a retry `Schedule`.
 * `inDoubt` says that the operation may still have been, or may yet be, applied.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreFailure extends Schema.TaggedError<StoreFailure>(tag("StoreFailure"))("StoreFailure", {
  /** What was being done: `insert`, `settle`, `cancel`, `read`, `open`, `migrate`, … */
  operation: Schema.String,
  class: FailureClass,
  /** The driver's own code, such as `SQLITE_BUSY`, where it gave one. */
  code: Schema.optionalWith(Schema.String, { exact: true }),
  inDoubt: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  cause: Schema.Defect
}) {
  override get message(): string {
    const why = this.cause instanceof Error ? this.cause.message : String(this.cause)
    const doubt = this.inDoubt ? "; whether it was applied is not known" : ""
    return `The database failed at ${this.operation} (${this.class}${this.code === undefined ? "" : `, ${this.code}`}): ${why}${doubt}`
  }
}

/**
 * Another run of the same work and key is active. The key frees when that run settles.
 *
 * @since 0.1.0
 * @category errors
 */
export class RunAlreadyActive extends Schema.TaggedError<RunAlreadyActive>(tag("RunAlreadyActive"))(
  "RunAlreadyActive",
  { name: Schema.String, key: Schema.String, activeId: RunId }
) {
  override get message(): string {
    return `Run ${this.activeId} of "${this.name}" is active for the key "${this.key}". Wait until it settles, or cancel it, then start again.`
  }
}

/**
 * The idempotency key was used before with another payload.
 *
 * @since 0.1.0
 * @category errors
 */
export class IdempotencyConflict extends Schema.TaggedError<IdempotencyConflict>(tag("IdempotencyConflict"))(
  "IdempotencyConflict",
  { idempotencyKey: Schema.String, existingId: RunId }
) {
  override get message(): string {
    return `The idempotency key "${this.idempotencyKey}" belongs to run ${this.existingId}, which has another payload. Use a new key for new work.`
  }
}

/**
 * The kernel is shutting down and takes no more runs. `inDoubt` defaults to `false`: nothing was done. Where it is `true` a
 * start may have its row, which is settled as `StartAbandoned` while there is time, or a cancel may still come to be.
 *
 * @since 0.1.0
 * @category errors
 */
export class KernelStopped extends Schema.TaggedError<KernelStopped>(tag("KernelStopped"))("KernelStopped", {
  inDoubt: Schema.optionalWith(Schema.Boolean, { default: () => false })
}) {
  override get message(): string {
    return this.inDoubt
      ? "The kernel is shutting down, and whether this was done before is not known. Look for the run on another host, or after the restart."
      : "The kernel is shutting down and takes no more runs. Start it on another host, or after the restart."
  }
}

/**
 * `start` or `cancel` was called inside a transaction of the very client that the store writes
 * with: the call would wait for itself for ever.
 *
 * @since 0.1.0
 * @category errors
 */
export class CalledInTransaction extends Schema.TaggedError<CalledInTransaction>(tag("CalledInTransaction"))(
  "CalledInTransaction",
  { operation: Schema.String }
) {
  override get message(): string {
    return `${this.operation} was called inside a transaction of the client that the RunStore uses, and would wait for itself. Call it after the transaction.`
  }
}

/**
 * The verdict journal could not do what it was asked to: no space, no permission, a broken disk. What it has
 * written before stays, and the verdicts that it was to take are still in memory.
 *
 * @since 0.1.0
 * @category errors
 */
export class JournalFailure extends Schema.TaggedError<JournalFailure>(tag("JournalFailure"))("JournalFailure", {
  operation: Schema.Literal("open", "append", "forget", "setAside"),
  /** The file or the directory that it was about. */
  path: Schema.String,
  /** The system's own code, such as `ENOSPC`, where it gave one. */
  code: Schema.optionalWith(Schema.String, { exact: true }),
  cause: Schema.Defect
}) {
  override get message(): string {
    const why = this.cause instanceof Error ? this.cause.message : String(this.cause)
    return `The verdict journal failed at ${this.operation} of ${this.path}: ${why}. Make room there, or let this process write to it.`
  }
}

/**
 * No row has this id, or, for a typed attach, no row of that work.
 *
 * @since 0.1.0
 * @category errors
 */
export class RunNotFound extends Schema.TaggedError<RunNotFound>(tag("RunNotFound"))("RunNotFound", { id: RunId }) {
  override get message(): string {
    return `No run of this work, or none at all, has the id ${this.id}. Check the id, and that this host reads the database that the run was started on.`
  }
}

// -- how a run ended, as errors of `handle.result` --------------------------------------------------

/**
 * The run was cancelled.
 *
 * @since 0.1.0
 * @category errors
 */
export class RunCancelled extends Schema.TaggedError<RunCancelled>(tag("RunCancelled"))("RunCancelled", {
  id: RunId,
  reason: Schema.optional(Schema.String)
}) {
  override get message(): string {
    return `Run ${this.id} was cancelled${this.reason === undefined ? "" : `: ${this.reason}`}.`
  }
}

/**
 * The run failed, other than with the work's own typed error.
 *
 * @since 0.1.0
 * @category errors
 */
export class RunFailed extends Schema.TaggedError<RunFailed>(tag("RunFailed"))("RunFailed", {
  id: RunId,
  reason: FailureReason,
  detail: Schema.String
}) {
  override get message(): string {
    return `Run ${this.id} failed (${this.reason}): ${this.detail}`
  }
}

/**
 * The verdict is decided and not stored yet: the database has failed for longer than `parkAfter`.
 * It is kept and retried until it is written; wait for `settled` again, or watch `events`.
 *
 * @since 0.1.0
 * @category errors
 */
export class VerdictParked extends Schema.TaggedError<VerdictParked>(tag("VerdictParked"))("VerdictParked", {
  id: RunId,
  /** What the row is to become; `pending` where the run is given back, for another host to restart. */
  verdict: RunStatus,
  lastFailure: StoreFailure
}) {
  override get message(): string {
    return `Run ${this.id} is decided as ${this.verdict} and not stored yet: ${this.lastFailure.message}. It is retried until it is written.`
  }
}

/**
 * Another host owns the run now; this host's verdict changes nothing.
 *
 * @since 0.1.0
 * @category errors
 */
export class RunSuperseded extends Schema.TaggedError<RunSuperseded>(tag("RunSuperseded"))("RunSuperseded", {
  id: RunId,
  status: RunStatus
}) {
  override get message(): string {
    return `Run ${this.id} belongs to another host now and is ${this.status} there. Follow its events for the end.`
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export type StartError = RunAlreadyActive | IdempotencyConflict | StoreFailure | KernelStopped | CalledInTransaction

/**
 * @since 0.1.0
 * @category models
 */
export type CancelError = RunNotFound | StoreFailure | KernelStopped | CalledInTransaction

/**
 * @since 0.1.0
 * @category models
 */
export type EndError = RunCancelled | RunFailed | VerdictParked | RunSuperseded | RunNotFound
