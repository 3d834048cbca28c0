/**
 * The one storage port. A store sees strings and answers every write row by row: applied, applied
 * before, no-op, not found, not mine. Only `internal/writing/statusWriter` calls the writes that change runs
 * (and `internal/hosts/hostLease` those that change hosts); anybody may read.
 *
 * Faults that an implementation must survive: a statement that fails, one whose answer is lost, one
 * that lands later, a connection that is gone. Each write is one guarded statement, so repeating it
 * is always safe: `token` tells a row that this host settled before from one that somebody else did.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import { makeMemory } from "./internal/store/memoryStore.js"
import type { StoreFailure } from "./RunError.js"
import type { HostRegistration, HostsSeen, OwnedRun, TakeOver } from "./RunHost.js"
import type { HostId, RunId } from "./RunId.js"
import type { RunStatus, TerminalStatus, WorkOutcome } from "./RunStatus.js"

export type { HostRegistration, HostsSeen, LiveHost, OwnedRun, TakeOver } from "./RunHost.js"

// -- models -------------------------------------------------------------------------------------------

/**
 * One row, as stored. Times are integer milliseconds since 1970, UTC; `null` is SQL's NULL.
 * `payload`, `result` and `error` are JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface StoredRun {
  readonly id: RunId
  readonly name: string
  readonly key: string | null
  readonly idempotencyKey: string | null
  readonly payload: string | null
  readonly payloadHash: string | null
  readonly status: RunStatus
  readonly hostId: HostId | null
  readonly attempt: number
  readonly attemptMax: number
  readonly onHostExit: "fail" | "restart"
  readonly restartDeadline: number | null
  readonly cancelRequestedAt: number | null
  readonly cancelReason: string | null
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly workOutcome: WorkOutcome | null
  readonly result: string | null
  readonly error: string | null
  readonly settleToken: string | null
  readonly progressCurrent: number | null
  readonly progressTotal: number | null
  readonly progressStep: string | null
}

/**
 * A run to be inserted as `running`, owned by `hostId`, at attempt 1. From `restartDeadline` on (milliseconds since
 * 1970; none by default) nobody restarts it any more.
 *
 * @since 0.1.0
 * @category models
 */
export interface NewRun {
  readonly id: RunId
  readonly name: string
  readonly key: string | null
  readonly idempotencyKey: string | null
  readonly payload: string | null
  readonly payloadHash: string | null
  readonly hostId: HostId
  readonly attemptMax: number
  readonly onHostExit: "fail" | "restart"
  readonly restartDeadline?: number | null | undefined
  readonly createdAt: number
}

/**
 * What became of a new run.
 *
 * @since 0.1.0
 * @category models
 */
export type InsertOutcome =
  /** The row is there now. */
  | { readonly _tag: "Inserted" }
  /** The row was there already, active and mine: an earlier answer was lost. */
  | { readonly _tag: "AlreadyInserted"; readonly cancelRequestedAt: number | null }
  /** A row of this id is there and is not an active one of mine (tombstoned, recovered, another host's). */
  | { readonly _tag: "AlreadyThere"; readonly row: StoredRun }
  | { readonly _tag: "KeyTaken"; readonly activeId: RunId }
  | { readonly _tag: "IdempotencyKeyTaken"; readonly row: StoredRun }

/**
 * A verdict to be written, guarded by owner and attempt. Where `cancelRequestedAt` is given, the
 * cancel is recorded with it; where the row has a cancel already, the row becomes `cancelled`
 * whatever `status` says.
 *
 * @since 0.1.0
 * @category models
 */
export interface Settlement {
  readonly id: RunId
  readonly hostId: HostId
  readonly attempt: number
  /** `hostId:attempt`, the same over all retries. */
  readonly token: string
  readonly status: TerminalStatus
  readonly workOutcome: WorkOutcome
  readonly finishedAt: number
  readonly result: string | null
  readonly error: string | null
  readonly cancelRequestedAt: number | null
  readonly cancelReason: string | null
}

/**
 * A settlement for a run whose insert is in doubt: where there is no row, a terminal one is inserted,
 * without its idempotency key, so that an insert that lands late meets its primary key.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tombstone {
  readonly run: NewRun
  readonly settlement: Settlement
}

/**
 * What became of a settlement or a tombstone.
 *
 * @since 0.1.0
 * @category models
 */
export type SettleOutcome =
  | { readonly _tag: "Applied"; readonly status: TerminalStatus; readonly workOutcome: WorkOutcome }
  /** The row is terminal with my token: an earlier attempt landed and its answer was lost. */
  | { readonly _tag: "AlreadyApplied"; readonly row: StoredRun; readonly status: TerminalStatus }
  /** The row is terminal, and somebody else made it so. Nothing was changed. */
  | { readonly _tag: "NoOp"; readonly row: StoredRun; readonly status: TerminalStatus }
  | { readonly _tag: "NotFound" }
  /** The row is active, and its owner or attempt is another. */
  | { readonly _tag: "NotMine"; readonly row: StoredRun }

/**
 * A run that its host gives back, for another host to restart: its work was stopped by the host's shutdown or by the
 * end of its lease. Guarded by owner and attempt; where a cancel is recorded, here or in the row, it becomes
 * `cancelled` in place of `pending`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Release {
  readonly id: RunId
  readonly hostId: HostId
  readonly attempt: number
  /** `hostId:attempt`, for a row that becomes `cancelled`. */
  readonly token: string
  readonly workOutcome: WorkOutcome
  readonly releasedAt: number
  readonly cancelRequestedAt: number | null
  readonly cancelReason: string | null
}

/**
 * What became of a release. `Released`: the row is `pending` and nobody's, by this attempt or by an earlier one.
 *
 * @since 0.1.0
 * @category models
 */
export type ReleaseOutcome = { readonly _tag: "Released" } | SettleOutcome

/**
 * @since 0.1.0
 * @category models
 */
export interface CancelRequest {
  readonly id: RunId
  readonly requestedAt: number
  readonly reason: string | null
  /** Of this request alone; the settle token of a pending run that it settles. */
  readonly token: string
}

/**
 * What became of a cancel request.
 *
 * @since 0.1.0
 * @category models
 */
export type CancelOutcome =
  /** The row is active and has the request (this one or an earlier one). */
  | { readonly _tag: "Recorded" }
  /** The row was pending and nobody's, and is `cancelled` now, by this request. */
  | { readonly _tag: "Settled" }
  | { readonly _tag: "NoOp"; readonly status: TerminalStatus }
  | { readonly _tag: "NotFound" }

/**
 * @since 0.1.0
 * @category models
 */
export interface ProgressReport {
  readonly id: RunId
  readonly hostId: HostId
  readonly attempt: number
  readonly current: number
  readonly total: number | null
  readonly step: string | null
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RunQuery {
  readonly name?: string | undefined
  readonly status?: RunStatus | undefined
  readonly key?: string | undefined
  /** Rows at most, newest first. Defaults to `100`. */
  readonly limit?: number | undefined
}

// -- service --------------------------------------------------------------------------------------------

/**
 * Batches name each run at most once (two rows for one run are a defect). Outcomes come in the order
 * of the rows.
 *
 * @since 0.1.0
 * @category services
 */
export class RunStore extends Context.Tag("effect-holdfast/RunStore")<
  RunStore,
  {
    readonly insert: (runs: ReadonlyArray<NewRun>) => Effect.Effect<ReadonlyArray<InsertOutcome>, StoreFailure>
    readonly settle: (
      settlements: ReadonlyArray<Settlement>
    ) => Effect.Effect<ReadonlyArray<SettleOutcome>, StoreFailure>
    readonly entomb: (tombstones: ReadonlyArray<Tombstone>) => Effect.Effect<ReadonlyArray<SettleOutcome>, StoreFailure>
    readonly release: (releases: ReadonlyArray<Release>) => Effect.Effect<ReadonlyArray<ReleaseOutcome>, StoreFailure>
    readonly requestCancel: (
      requests: ReadonlyArray<CancelRequest>
    ) => Effect.Effect<ReadonlyArray<CancelOutcome>, StoreFailure>
    readonly reportProgress: (reports: ReadonlyArray<ProgressReport>) => Effect.Effect<void, StoreFailure>

    readonly get: (id: RunId) => Effect.Effect<Option.Option<StoredRun>, StoreFailure>
    readonly list: (query: RunQuery) => Effect.Effect<ReadonlyArray<StoredRun>, StoreFailure>

    readonly registerHost: (host: HostRegistration) => Effect.Effect<void, StoreFailure>
    /** `held` is false where the host was fenced, or its row is gone; it must register anew. */
    readonly renewHost: (renewal: {
      readonly hostId: HostId
      readonly leaseUntil: number
    }) => Effect.Effect<{ readonly held: boolean; readonly owned: ReadonlyArray<OwnedRun> }, StoreFailure>
    /** Removes the host's row, where no active run names it. */
    readonly removeHost: (hostId: HostId) => Effect.Effect<void, StoreFailure>
    readonly hosts: Effect.Effect<HostsSeen, StoreFailure>
    /** Fences a live host that has not renewed since `renewSeq`. Whether it is this call that has. */
    readonly fence: (host: {
      readonly hostId: HostId
      readonly renewSeq: number
    }) => Effect.Effect<boolean, StoreFailure>
    /** The rows that it changed, as they are now. */
    readonly takeOver: (takeOver: TakeOver) => Effect.Effect<ReadonlyArray<StoredRun>, StoreFailure>
    /** Active rows of a host, or of nobody, oldest first: what a take-over has left. */
    readonly ownedBy: (owner: {
      readonly hostId: HostId | null
      readonly limit: number
    }) => Effect.Effect<ReadonlyArray<StoredRun>, StoreFailure>

    /** What a kernel on this store does, where it is not told, when its lease ends and it could not renew it. */
    readonly onLeaseEnd: "stop" | "continue"
    /** Succeeds when the database is sound; asked after a fatal failure, before anything is written again. */
    readonly check: Effect.Effect<void, StoreFailure>
    /** Runs whose cancel was recorded or whose status changed, on any host; ids may be missed. Absent where it cannot be told. */
    readonly changes?: Stream.Stream<RunId, StoreFailure> | undefined
    /** Whether the calling fiber is inside a transaction of the very client that this store writes with. */
    readonly isCallerInTransaction: Effect.Effect<boolean>
  }
>() {}

/**
 * A store in memory, for tests and for hosts that want supervision without a database. It keeps the
 * whole contract: the same guards, the same answers, the same keys. Everything is gone with its scope.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<RunStore> = Layer.effect(RunStore, makeMemory)
