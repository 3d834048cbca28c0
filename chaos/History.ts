/**
 * A recorded history: what callers asked for and were answered, what subscribers were told, what the
 * work itself did, what the database held, and what the kernel logged, in the one order in which it was
 * seen. Plain data; `Invariants` judges it. A recorder may stand anywhere outside the kernel: nothing
 * here depends on how the kernel comes to its answers.
 *
 * @since 0.1.0
 */
import type { CancelAnswer, Run, RunEvent } from "../src/Run.js"
import type { RunId } from "../src/RunId.js"
import type { Line } from "../src/RunLog.js"
import type { FailureReason, RunStatus, TerminalStatus, WorkOutcome } from "../src/RunStatus.js"
import type { RunQuery, StoredRun } from "../src/RunStore.js"

// -- calls --------------------------------------------------------------------------------------------

/**
 * What a caller asked for. `Subscribe` is a call that lasts as long as the subscription; `Close` is the
 * closing of the kernel.
 *
 * @since 0.1.0
 * @category models
 */
export type Operation =
  | {
      readonly _tag: "Start"
      readonly name: string
      readonly key?: string | undefined
      readonly idempotencyKey?: string | undefined
      readonly timeoutMillis?: number | undefined
    }
  | { readonly _tag: "Cancel"; readonly runId: RunId }
  | { readonly _tag: "Settled"; readonly runId: RunId }
  | { readonly _tag: "Result"; readonly runId: RunId }
  | { readonly _tag: "Get"; readonly runId: RunId }
  | { readonly _tag: "List"; readonly query: RunQuery }
  | { readonly _tag: "Subscribe"; readonly runId: RunId }
  | { readonly _tag: "Close" }

/**
 * What a call gave, as far as the guarantees speak of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Value =
  | { readonly _tag: "Started"; readonly runId: RunId; readonly isNew: boolean }
  | { readonly _tag: "Cancelled"; readonly answer: CancelAnswer }
  | { readonly _tag: "Settled"; readonly status: TerminalStatus; readonly workOutcome: WorkOutcome }
  | { readonly _tag: "Gave" }
  | { readonly _tag: "Found"; readonly run: Run }
  | { readonly _tag: "Listed"; readonly runs: ReadonlyArray<Run> }
  | { readonly _tag: "Done" }

/**
 * A typed failure of a call: its tag, and those of its fields that the guarantees speak of. An error of
 * the work itself, out of `result`, has the tag `WorkError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallError {
  readonly tag: string
  readonly message: string
  readonly inDoubt?: boolean | undefined
  readonly reason?: FailureReason | undefined
  readonly status?: RunStatus | undefined
  /** The run that stands in the way: of `RunAlreadyActive` and `IdempotencyConflict`. */
  readonly otherId?: RunId | undefined
}

/**
 * How a call ended. One that has no answer in the history, and one that was interrupted by its caller,
 * is *unknown*: it may have taken effect or not, and either is right, but only one.
 *
 * @since 0.1.0
 * @category models
 */
export type Answer =
  | { readonly _tag: "Ok"; readonly value: Value }
  | { readonly _tag: "Failed"; readonly error: CallError }
  | { readonly _tag: "Interrupted" }
  | { readonly _tag: "Died"; readonly message: string }

// -- what else is seen ----------------------------------------------------------------------------------

/**
 * How the work ended, as the work itself saw it. `by` says whether it interrupted itself: only the
 * harness, which wrote the work, can know that. `encodes` is false where its result has no JSON by its
 * definition's schema.
 *
 * @since 0.1.0
 * @category models
 */
export type WorkExit =
  | { readonly _tag: "Succeeded"; readonly encodes: boolean }
  | { readonly _tag: "Failed" }
  | { readonly _tag: "Died" }
  | { readonly _tag: "Interrupted"; readonly by: "itself" | "somebody" }

/**
 * What the harness did, or saw, besides its calls. A host is one life of one kernel, by the name that
 * the harness has for it.
 *
 * - `Opened`, `Closed`: its kernel is up; its scope is closed, and nothing of it goes on.
 * - `ShutdownRequested`: the harness began to close it.
 * - `HostLost`: it is gone without having been closed, or is frozen.
 * - `Healed`: no fault happens from here on.
 * - `Over`: everything that was to happen has; what is open now stays so.
 *
 * @since 0.1.0
 * @category models
 */
export type Mark =
  | { readonly _tag: "Opened"; readonly host: string }
  | { readonly _tag: "ShutdownRequested"; readonly host: string }
  | { readonly _tag: "Closed"; readonly host: string }
  | { readonly _tag: "HostLost"; readonly host: string }
  | { readonly _tag: "Healed" }
  | { readonly _tag: "Over" }

// -- entries --------------------------------------------------------------------------------------------

/**
 * One thing that was seen.
 *
 * - `Called`, `Answered`: `call` numbers the call, over the whole history.
 * - `Told`: the subscriber of that `call` got an event.
 * - `WorkBegan`, `WorkEnded`: of an attempt of this run, from 1, on this host; `start` is the call that the work was
 *   given to, where the harness can tell.
 * - `RowChanged`: the row as the database has it from here on. `RowDeleted`: it has none any more.
 * - `Logged`: a line of the kernel.
 * - `Marked`: see `Mark`.
 *
 * @since 0.1.0
 * @category models
 */
export type Happening =
  | { readonly _tag: "Called"; readonly call: number; readonly host: string; readonly operation: Operation }
  | { readonly _tag: "Answered"; readonly call: number; readonly answer: Answer }
  | { readonly _tag: "Told"; readonly call: number; readonly event: RunEvent }
  | {
      readonly _tag: "WorkBegan"
      readonly runId: RunId
      readonly host: string
      readonly attempt: number
      readonly start: number | undefined
    }
  | {
      readonly _tag: "WorkEnded"
      readonly runId: RunId
      readonly host: string
      readonly attempt: number
      readonly exit: WorkExit
    }
  | { readonly _tag: "RowChanged"; readonly row: StoredRun }
  | { readonly _tag: "RowDeleted"; readonly runId: RunId }
  | { readonly _tag: "Logged"; readonly host: string; readonly line: Line }
  | { readonly _tag: "Marked"; readonly mark: Mark }

/**
 * A happening with its place: `sequence` counts from 0 over the history and orders everything, also
 * within one instant; `at` is the Clock's time in milliseconds, not rounded.
 *
 * @since 0.1.0
 * @category models
 */
export type Entry = Happening & { readonly sequence: number; readonly at: number }

/**
 * The settings of the kernels that a history is of, in milliseconds: the bounds that it is held against.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settings {
  readonly delayMaxMillis: number
  readonly attemptTimeoutMillis: number
  readonly parkAfterMillis: number
  readonly leaseMillis: number
  readonly shutdownGraceMillis: number
  /**
   * From the end of a host until another one has seen that it is gone. Defaults to a third of a lease, in which processes
   * are looked for; where they cannot be seen, a whole lease has to pass, and more.
   */
  readonly recoverMillis?: number | undefined
  /** From when a host is up until it has registered all that it may restart. Defaults to 0. */
  readonly definedMillis?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface History {
  readonly settings: Settings
  readonly entries: ReadonlyArray<Entry>
}
