/**
 * What the parts of one kernel share: its store, its writer, its lease, and the register of the runs
 * that are in memory. The register is plain data, changed synchronously; who may change a run's state
 * is said in `activeRun`.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import type { CancelAnswer } from "../../Run.js"
import { type CancelError, KernelStopped, RunNotFound, type RunSuperseded, StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import * as RunMetrics from "../../RunMetrics.js"
import type { InsertOutcome, RunStore, StoredRun } from "../../RunStore.js"
import type { HostLease } from "../hosts/hostLease.js"
import type { JournalKeeper } from "../journal/journaling.js"
import type { Count } from "../log/counting.js"
import type { WriteLine } from "../log/lineWriter.js"
import type { ActiveRun } from "../runs/activeRun.js"
import type { Tail } from "../runs/eventHub.js"
import type { GraceWatch } from "../runs/graceWatch.js"
import type { RunChanges } from "../runs/runChanges.js"
import { signalOf } from "../runs/runSignal.js"
import type { Provided, StartRequest } from "../runs/starting.js"
import type { StatusWriter } from "../writing/statusWriter.js"

/** @internal */
export interface CoreOptions {
  readonly startTimeout: Duration.Duration
  readonly startsWaitingMax: number
  readonly parkAfter: Duration.Duration
  readonly cancelGrace: Duration.Duration
  readonly shutdownGrace: Duration.Duration
  readonly followInterval: Duration.Duration
  readonly eventBufferMax: number
  readonly leaseDuration: Duration.Duration
  readonly renewEvery: Duration.Duration
  readonly recoverAfter: Duration.Duration
  readonly onLeaseEnd: "stop" | "continue"
  readonly delayMax: Duration.Duration
  /** Rows that one take-over may change. */
  readonly batchMax: number
}

/** How this host executes what it did not start: a definition that a layer has registered. */
export interface Definition {
  readonly name: string
  /** Fails where the stored payload does not decode. */
  readonly requestOf: (row: StoredRun) => Effect.Effect<StartRequest<any, any, Provided>, unknown>
}

/** A cancel of a run that is not in this host's memory. */
export interface RowCancel {
  readonly answer: Deferred.Deferred<CancelAnswer, StoreFailure | RunNotFound>
  /** Nobody will send it any more: its caller is told so, and whether it was sent. */
  readonly giveUp: (why: string) => void
}

/** @internal */
export interface KernelCore {
  readonly store: typeof RunStore.Service
  readonly writer: StatusWriter
  readonly lease: HostLease
  readonly options: CoreOptions
  /** What is forked here ends with the kernel, after its shutdown: what watches over stopping work must not end before it. */
  readonly scope: Scope.Scope
  readonly log: WriteLine
  readonly count: Count
  /** Work that was interrupted, and has not stopped yet. */
  readonly graces: GraceWatch
  /** Passed by every start. */
  readonly startGate: Effect.Effect<void>
  /** The runs in memory: from before their insert is asked for until their terminal status is stored. */
  readonly runs: Map<RunId, ActiveRun>
  /** Who waits for the answer to an insert. */
  readonly inserts: Map<RunId, (answer: Effect.Effect<InsertOutcome, StoreFailure | KernelStopped>) => void>
  /** Keys of which starts are in doubt, with those starts: another one of the same key waits for their tombstones (rule 4). */
  readonly tombstones: Map<string, Map<RunId, Deferred.Deferred<void>>>
  /** Where verdicts go that the database does not take; undefined where the host wants none. */
  readonly journal: JournalKeeper | undefined
  /** By name: what this host may take over. */
  readonly definitions: Map<string, Definition>
  /** From the statement of a take-over until the last of its rows is in memory: until then a row of this host's may not be. */
  isTakingOver: boolean
  /** Done by a definition that comes: its runs may be waiting. */
  definitionCame: Deferred.Deferred<void>
  /** One per run. */
  readonly rowCancels: Map<RunId, RowCancel>
  /** Who waits for a run that is not in this host's memory to change. */
  readonly changes: RunChanges
  /** How many events each run keeps for readers who come later; raised by those who serve such readers. */
  readonly tail: Tail
  /** From the first step of the shutdown on: no more intake. */
  isStopping: boolean
  /** From its last step on: nothing is written any more. */
  isClosed: boolean
  /** Set by a shutdown that waits for work to end. */
  ended: Deferred.Deferred<void> | undefined
}

/** @internal */
export const register = (core: KernelCore, run: ActiveRun): void => {
  core.runs.set(run.id, run)
  core.count(RunMetrics.active, 1)
}

/** @internal */
export const unregister = (core: KernelCore, run: ActiveRun): void => {
  // A later attempt of the same run may stand in its place.
  if (core.runs.get(run.id) !== run) return
  core.runs.delete(run.id)
  if (core.tombstones.size > 0) releaseKeys(core, run)
  core.count(RunMetrics.active, -1)
}

/** Whoever waited for the tombstone of this run's keys goes on. */
const releaseKeys = (core: KernelCore, run: ActiveRun): void => {
  for (const key of keysOf(run.newRun)) {
    const starts = core.tombstones.get(key)
    const tombstone = starts?.get(run.id)
    if (starts === undefined || tombstone === undefined) continue
    starts.delete(run.id)
    if (starts.size === 0) core.tombstones.delete(key)
    Deferred.unsafeDone(tombstone, Effect.void)
  }
}

/** Until the scope of its layer closes. A later layer of the same name stands in its place. */
export const define = (core: KernelCore, definition: Definition): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        core.definitions.set(definition.name, definition)
        Deferred.unsafeDone(core.definitionCame, Effect.void)
      }),
      () =>
        Effect.sync(() => {
          if (core.definitions.get(definition.name) === definition) core.definitions.delete(definition.name)
        })
    )
  )

/** There is no row, and never was one for anybody to see: whoever found the run in memory is told so. */
export const drop = (core: KernelCore, run: ActiveRun): Effect.Effect<void> =>
  Effect.sync(() => {
    const error = new RunNotFound({ id: run.id })
    run.state = { _tag: "Gone", error }
    run.hub.fail(error)
    Deferred.unsafeDone(signalOf(run), Effect.fail(error))
    answerCancels(run, () => Effect.fail(error))
    unregister(core, run)
    wakeShutdown(core)
  })

/** A run has come to its end in memory, or a take-over has: a shutdown that waits for work may be waiting for this one. */
export const wakeShutdown = (core: KernelCore): void => {
  if (core.ended !== undefined) Deferred.unsafeDone(core.ended, Effect.void)
}

/** Whoever waits for the insert of this run goes on, once. */
export const answerInsert = (
  core: KernelCore,
  id: RunId,
  answer: Effect.Effect<InsertOutcome, StoreFailure | KernelStopped>
): void => {
  const resume = core.inserts.get(id)
  core.inserts.delete(id)
  resume?.(answer)
}

/** @internal */
export const answerCancels = (
  run: ActiveRun,
  answer: () => Effect.Effect<CancelAnswer, CancelError | RunSuperseded>
): void => {
  const waiters = run.cancelWaiters
  run.cancelWaiters = []
  for (const waiter of waiters) Deferred.unsafeDone(waiter, answer())
}

/** What a run may hold against others of its name: while it is active its key, and for good its idempotency key. */
interface Keys {
  readonly name: string
  readonly key: string | null | undefined
  readonly idempotencyKey: string | null | undefined
}

/** @internal */
export const entombKeys = (core: KernelCore, run: ActiveRun): void => {
  const tombstone = Deferred.unsafeMake<void>(FiberId.none)
  for (const key of keysOf(run.newRun)) {
    const starts = core.tombstones.get(key) ?? new Map<RunId, Deferred.Deferred<void>>()
    core.tombstones.set(key, starts.set(run.id, tombstone))
  }
}

/** A tombstone that a start with these keys has to wait for. */
export const tombstoneOf = (core: KernelCore, keys: Keys): Deferred.Deferred<void> | undefined => {
  if (core.tombstones.size === 0) return undefined
  for (const key of keysOf(keys)) {
    for (const tombstone of core.tombstones.get(key)?.values() ?? []) return tombstone
  }
  return undefined
}

const keysOf = ({ idempotencyKey, key, name }: Keys): ReadonlyArray<string> =>
  Object.entries({ key, idempotencyKey }).flatMap(([kind, text]) =>
    typeof text === "string" ? [JSON.stringify([kind, name, text])] : []
  )

/** A failure of our own making: the database has not been asked. */
export const notAsked = (operation: string, why: string): StoreFailure =>
  new StoreFailure({ operation, class: "transient", cause: new Error(why) })

/** What a start is told that a shutdown has met: in doubt as soon as its insert was sent once. */
export const stopped = (run: ActiveRun | undefined): KernelStopped =>
  new KernelStopped({ inDoubt: run?.isInsertSent === true })

/** The same failure, as the answer to a call: what was asked, and whether it may still come to be. */
export const restated = (failure: StoreFailure, operation: string, inDoubt: boolean): StoreFailure =>
  new StoreFailure({
    operation,
    class: failure.class,
    inDoubt,
    cause: failure.cause,
    ...(failure.code === undefined ? {} : { code: failure.code })
  })

// -- from a service to its core ------------------------------------------------------------------------------

const cores = new WeakMap<object, KernelCore>()

/** @internal */
export const attachCore = (service: object, core: KernelCore): void => {
  cores.set(service, core)
}

/** Definitions start their work through the core of the kernel that they are given. */
export const coreOf = (service: object): KernelCore => {
  const core = cores.get(service)
  if (core === undefined)
    throw new Error("This RunKernel was not made by RunKernel.layer, so no Work can be started on it.")
  return core
}
