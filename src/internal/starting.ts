/**
 * A start, atomic (G7): registers the run, asks for its row, and forks the work when the row is
 * there. Whatever ends a start early (a failure, an interruption, a defect, a timeout) leaves nothing
 * active: where a row may exist, or may yet come to exist, it is entombed (rule 4).
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { CurrentRun } from "../Run.js"
import {
  CalledInTransaction,
  IdempotencyConflict,
  KernelStopped,
  RunAlreadyActive,
  type StartError,
  StoreFailure
} from "../RunError.js"
import * as RunId from "../RunId.js"
import * as RunMetrics from "../RunMetrics.js"
import type { InsertOutcome, NewRun, StoredRun } from "../RunStore.js"
import * as ActiveRun from "./activeRun.js"
import { acceptFromRow } from "./cancelling.js"
import { EventHub } from "./eventHub.js"
import { neverStarted } from "./handingOver.js"
import { drop, type KernelCore, notAsked, register, restated, tombstoneOf } from "./kernelCore.js"
import { runWork } from "./running.js"
import { nowMillis } from "./wallClock.js"
import type { Codec } from "./workEnd.js"

/** @internal */
export interface StartRequest<A, E, R> {
  readonly name: string
  readonly work: Effect.Effect<A, E, R>
  readonly codec: Codec<A, E>
  readonly key: string | undefined
  readonly idempotencyKey: string | undefined
  readonly payload: string | undefined
  readonly payloadHash: string | undefined
  readonly timeout: Duration.Duration | undefined
  readonly cancelGrace: Duration.Duration | undefined
  readonly onHostExit: "fail" | "restart"
  readonly attemptMax: number
}

/** A new run of this host, or the row that the idempotency key answered with. */
export type Started =
  | { readonly _tag: "New"; readonly run: ActiveRun.ActiveRun }
  | { readonly _tag: "Existing"; readonly row: StoredRun }

/** What `start` drops from its caller's context: the run has a scope of its own, and no part in a transaction. */
export type Provided = CurrentRun | Scope.Scope

/** @internal */
export const start = <A, E, R>(
  core: KernelCore,
  request: StartRequest<A, E, R>
): Effect.Effect<Started, StartError, Exclude<R, Provided>> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* admit(core)
      yield* restore(untilEntombed(core, request))
      const run = yield* enlist(core, request)
      const outcome = yield* Effect.onError(restore(askForRow(core, run)), (cause) =>
        abandon(core, run, Option.getOrUndefined(Cause.failureOption(cause)))
      )
      return yield* begin(core, run, request, outcome)
    })
  ).pipe(Effect.tapError((error) => logRefusal(core, request.name, error)))

/** The calls that a start can answer at once. */
const admit = Effect.fnUntraced(function* (core: KernelCore) {
  if (core.isStopping) return yield* new KernelStopped()
  if (yield* core.store.isCallerInTransaction) return yield* new CalledInTransaction({ operation: "start" })
  if (core.inserts.size + core.writer.entomb.size >= core.options.startsWaitingMax) {
    return yield* notAsked("start", `${core.options.startsWaitingMax} starts wait for the database already`)
  }
})

/** A start of this key is in doubt; until its tombstone is written its row may come to be, and take the key. */
const untilEntombed = <A, E, R>(
  core: KernelCore,
  request: StartRequest<A, E, R>
): Effect.Effect<void, Effect.Effect.Error<ReturnType<typeof admit>>> =>
  Effect.suspend(() => {
    if (tombstoneOf(core, request) === undefined) return Effect.void
    const entombed: Effect.Effect<void> = Effect.suspend(() => {
      const tombstone = tombstoneOf(core, request)
      return tombstone === undefined ? Effect.void : Effect.zipRight(Deferred.await(tombstone), entombed)
    })
    const inTime = Effect.timeoutFail(Effect.interruptible(entombed), {
      duration: core.options.startTimeout,
      onTimeout: () => notAsked("start", `an earlier start of "${request.name}" for the same key is still in doubt`)
    })
    // The kernel may have begun to shut down meanwhile.
    return Effect.zipRight(inTime, admit(core))
  })

/** Registered before the insert is asked for, so that a cancel always finds it. */
const enlist = Effect.fnUntraced(function* <A, E, R>(core: KernelCore, request: StartRequest<A, E, R>) {
  const id = yield* RunId.make
  const hostId = core.lease.hostId()
  const newRun: NewRun = {
    id,
    name: request.name,
    key: request.key ?? null,
    idempotencyKey: request.idempotencyKey ?? null,
    payload: request.payload ?? null,
    payloadHash: request.payloadHash ?? null,
    hostId,
    attemptMax: request.attemptMax,
    onHostExit: request.onHostExit,
    createdAt: yield* nowMillis
  }
  const run: ActiveRun.ActiveRun = {
    id,
    hostId,
    attempt: 1,
    newRun,
    cancelGrace: request.cancelGrace ?? core.options.cancelGrace,
    hub: new EventHub(),
    signal: Deferred.unsafeMake(FiberId.none),
    state: ActiveRun.initial,
    fiber: undefined,
    startedAt: undefined,
    progress: undefined,
    cancelWaiters: [],
    exit: undefined,
    isInsertSent: false
  }
  yield* register(core, run)
  yield* Effect.annotateCurrentSpan("runId", id)
  return run
})

const askForRow = (
  core: KernelCore,
  run: ActiveRun.ActiveRun
): Effect.Effect<InsertOutcome, StoreFailure | KernelStopped> =>
  Effect.suspend(() => {
    const answer = Deferred.unsafeMake<InsertOutcome, StoreFailure | KernelStopped>(FiberId.none)
    core.inserts.set(run.id, answer)
    core.writer.insert.submit({
      id: run.id,
      row: () => {
        if (run.state._tag !== "Inserting") return undefined
        run.isInsertSent = true
        return run.newRun
      },
      answered: (outcome) => Effect.sync(() => Deferred.unsafeDone(answer, Effect.succeed(outcome))),
      overdue: (failure) => Effect.sync(() => Deferred.unsafeDone(answer, Effect.fail(failure))),
      budgetUntil: run.newRun.createdAt + Duration.toMillis(core.options.startTimeout)
    })
    core.writer.wake()
    return Effect.ensuring(
      Deferred.await(answer),
      Effect.sync(() => core.inserts.delete(run.id))
    )
  }).pipe(Effect.mapError((failure) => (failure._tag === "StoreFailure" ? startFailure(run, failure) : failure)))

/** What a start says of a database that failed: in doubt as soon as the insert was sent once. */
const startFailure = (run: ActiveRun.ActiveRun, failure: StoreFailure): StoreFailure =>
  restated(failure, "start", run.isInsertSent)

/** Nothing was answered. Where a row may be, or may yet come, its tombstone is written until it stands. */
const abandon = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  error: StoreFailure | KernelStopped | undefined
): Effect.Effect<void> =>
  Effect.suspend(() => {
    core.writer.insert.withdraw(run.id)
    if (!run.isInsertSent) return drop(core, run)
    const message = error === undefined ? "Its start was interrupted." : `Its start failed: ${error.message}`
    return Effect.zipRight(
      core.log({
        _tag: "StartFailed",
        runId: run.id,
        hostId: run.hostId,
        name: run.newRun.name,
        error: error?._tag ?? "Interrupted",
        message,
        abandoned: true
      }),
      neverStarted(core, run, message, { entomb: true })
    )
  })

/** The insert was answered: the work begins, or the start says why it does not. */
const begin = <A, E, R>(
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>,
  outcome: InsertOutcome
): Effect.Effect<Started, StartError, Exclude<R, Provided>> => {
  switch (outcome._tag) {
    case "Inserted":
      return launch(core, run, request)
    case "AlreadyInserted":
      // A cancel from elsewhere may have found the row before its owner knew that it is there.
      return outcome.cancelRequestedAt === null
        ? launch(core, run, request)
        : Effect.zipRight(acceptFromRow(core, run, outcome.cancelRequestedAt, undefined), launch(core, run, request))
    case "KeyTaken":
      return Effect.zipRight(
        drop(core, run),
        new RunAlreadyActive({ name: request.name, key: request.key ?? "", activeId: outcome.activeId })
      )
    case "IdempotencyKeyTaken":
      return Effect.zipRight(
        drop(core, run),
        outcome.row.payloadHash === run.newRun.payloadHash
          ? Effect.succeed({ _tag: "Existing", row: outcome.row } as const)
          : new IdempotencyConflict({ idempotencyKey: request.idempotencyKey ?? "", existingId: outcome.row.id })
      )
    case "AlreadyThere":
      return Effect.zipRight(
        drop(core, run),
        new StoreFailure({
          operation: "start",
          class: "unknown",
          cause: new Error(`the row of the new run ${run.id} was ${outcome.row.status} before the start was answered`)
        })
      )
  }
}

const launch = <A, E, R>(
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>
): Effect.Effect<Started, StartError, Exclude<R, Provided>> =>
  Effect.gen(function* () {
    const now = yield* nowMillis
    const obstacle = core.isStopping
      ? new KernelStopped()
      : core.lease.isHeld(now)
        ? undefined
        : // Rule 8: somebody may have judged this host lost, and settled the row already.
          notAsked("start", "the host's lease could not be renewed in time, so no work may begin")
    if (obstacle !== undefined) {
      yield* neverStarted(core, run, obstacle.message, { entomb: false })
      return yield* obstacle
    }
    yield* Metric.increment(RunMetrics.started)
    if (ActiveRun.inserted(run, now)) {
      yield* logStarted(core, run)
      const context = yield* Effect.context<Exclude<R, Provided>>()
      // Ended by the work itself, by a cancel, or by the kernel's shutdown, which interrupts every run and waits.
      // Forked uninterruptible: a run that is cancelled before its fiber begins must still hand over its end.
      yield* Effect.forkDaemon(runWork(core, run, request, withoutCaller(context)))
    } else {
      yield* neverStarted(core, run, "It was cancelled before its work began.", { entomb: false })
    }
    return { _tag: "New", run } as const
  }).pipe(
    // A defect between the answer and the fork: the row is there, and nobody else would ever end it.
    Effect.onError(() => neverStarted(core, run, "Its start met a defect.", { entomb: false }))
  )

/** A run is no part of its caller's transaction or scope: it may outlive both. */
const withoutCaller = (context: Context.Context<never>): Context.Context<never> =>
  Context.omit(
    SqlClient.TransactionConnection,
    Scope.Scope
  )(context as Context.Context<SqlClient.TransactionConnection | Scope.Scope>)

// -- lines ------------------------------------------------------------------------------------------------

const logStarted = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  core.log({
    _tag: "RunStarted",
    runId: run.id,
    hostId: run.hostId,
    name: run.newRun.name,
    attempt: run.attempt,
    ...(run.newRun.key === null ? {} : { key: run.newRun.key })
  })

const logRefusal = (core: KernelCore, name: string, error: StartError): Effect.Effect<void> =>
  error._tag === "StoreFailure" && error.inDoubt
    ? Effect.void // told by `abandon`, with its run
    : core.log({
        _tag: "StartFailed",
        hostId: core.lease.hostId(),
        name,
        error: error._tag,
        message: error.message,
        abandoned: false
      })
