/**
 * A start, atomic (G7): registers the run, asks for its row, and forks the work when the row is
 * there. Whatever ends a start early (a failure, an interruption, a defect, a timeout) leaves nothing
 * active: where a row may exist, or may yet come to exist, it is entombed (rule 4).
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { CurrentRun } from "../../Run.js"
import {
  CalledInTransaction,
  IdempotencyConflict,
  KernelStopped,
  RunAlreadyActive,
  type StartError,
  StoreFailure
} from "../../RunError.js"
import * as RunId from "../../RunId.js"
import * as RunMetrics from "../../RunMetrics.js"
import type { InsertOutcome, NewRun, StoredRun } from "../../RunStore.js"
import { answerInsert, drop, type KernelCore, notAsked, register, restated, tombstoneOf } from "../kernel/kernelCore.js"
import { annotate, spanned } from "../log/tracing.js"
import { millisOf } from "../wallClock.js"
import { abandon, giveUp } from "./abandoning.js"
import * as ActiveRun from "./activeRun.js"
import { acceptFromRow } from "./cancelling.js"
import { EventHub } from "./eventHub.js"
import { launch } from "./launching.js"
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
  /** From its start on. */
  readonly restartWithin: Duration.Duration | undefined
}

/** A new run of this host, or the row that the idempotency key answered with. */
export type Started =
  | { readonly _tag: "New"; readonly run: ActiveRun.ActiveRun }
  | { readonly _tag: "Existing"; readonly row: StoredRun }

/** What `start` drops from its caller's context: the run has a scope of its own, and no part in a transaction. */
export type Provided = CurrentRun | Scope.Scope

/** Around all of a start, what comes before its row included. The id comes to it when there is one. */
export const startSpan = <A, E, R>(name: string, start: Effect.Effect<A, E, R>) =>
  spanned(start, RunMetrics.spans.start, () => ({ attributes: { [RunMetrics.attributes.name]: name } }))

/** @internal */
export const start = <A, E, R>(
  core: KernelCore,
  request: StartRequest<A, E, R>
): Effect.Effect<Started, StartError, Exclude<R, Provided>> => Effect.zipRight(core.startGate, attempted(core, request))

const attempted = <A, E, R>(core: KernelCore, request: StartRequest<A, E, R>) =>
  Effect.uninterruptibleMask((restore) => {
    const attempt = (number: number): Effect.Effect<Started, StartError, Exclude<R, Provided>> =>
      Effect.gen(function* () {
        yield* told(core, request, Effect.zipRight(admit(core), untilEntombed(core, request, restore)))
        const run = enlisted(core, request, yield* RunId.make, yield* thisFiber)
        const outcome = yield* Effect.tapErrorCause(restore(askForRow(core, run)), (cause) => abandon(core, run, cause))
        if (number >= attemptsMax || !isHeldByDoubt(core, outcome)) return yield* begin(core, run, request, outcome)
        yield* dismiss(core, run, outcome._tag, "The key is held by a start that is in doubt.")
        const next = attempt(number + 1)
        return yield* run.isInsertRepeated ? Effect.mapError(next, inDoubt) : next
      })
    return attempt(1)
  })

/** What ends a start of which an insert may still land: its tombstone is on its way, and not more. */
const inDoubt = (error: StartError): StartError => {
  switch (error._tag) {
    case "StoreFailure":
      return restated(error, error.operation, true)
    case "KernelStopped":
      return new KernelStopped({ inDoubt: true })
    default:
      return error
  }
}

/** How often a start asks again because its key was held by one that was given up; each time it waits for the tombstone. */
const attemptsMax = 3

/** The key is held by a start that was given up in the same moment: nobody executes that run, and it is about to free it. */
const isHeldByDoubt = (core: KernelCore, outcome: InsertOutcome): boolean => {
  const holder =
    outcome._tag === "KeyTaken" ? outcome.activeId : outcome._tag === "IdempotencyKeyTaken" ? outcome.row.id : undefined
  const state = holder === undefined ? undefined : core.runs.get(holder)?.state
  return state?._tag === "Ended" && state.entomb
}

/** The calls that a start can answer at once. */
const admit = (core: KernelCore): Effect.Effect<void, StartError> =>
  Effect.flatMap(core.store.isCallerInTransaction, (isInTransaction): Effect.Effect<void, StartError> => {
    if (core.isStopping) return new KernelStopped()
    if (isInTransaction) return new CalledInTransaction({ operation: "start" })
    if (core.inserts.size + core.writer.entomb.size < core.options.startsWaitingMax) return Effect.void
    return notAsked("start", `${core.options.startsWaitingMax} starts wait for the database already`)
  })

/** A start of this key is in doubt; until its tombstone is written its row may come to be, and take the key. */
const untilEntombed = <A, E, R>(
  core: KernelCore,
  request: StartRequest<A, E, R>,
  restore: <B, E2>(effect: Effect.Effect<B, E2>) => Effect.Effect<B, E2>
): Effect.Effect<void, StoreFailure> =>
  Effect.suspend(() => {
    if (tombstoneOf(core, request) === undefined) return Effect.void
    const entombed: Effect.Effect<void> = Effect.suspend(() => {
      const tombstone = tombstoneOf(core, request)
      return tombstone === undefined ? Effect.void : Effect.zipRight(Deferred.await(tombstone), entombed)
    })
    return restore(
      Effect.timeoutFail(Effect.interruptible(entombed), {
        duration: core.options.startTimeout,
        onTimeout: () => notAsked("start", `an earlier start of "${request.name}" for the same key is still in doubt`)
      })
    )
  })

/** Registered before the insert is asked for, so that a cancel always finds it. */
const enlisted = <A, E, R>(
  core: KernelCore,
  request: StartRequest<A, E, R>,
  id: RunId.RunId,
  fiber: Fiber.RuntimeFiber<unknown, unknown>
): ActiveRun.ActiveRun => {
  const hostId = core.lease.hostId()
  const createdAt = millisOf(fiber)
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
    restartDeadline: request.restartWithin === undefined ? null : createdAt + Duration.toMillis(request.restartWithin),
    createdAt
  }
  const run = ActiveRun.make({
    hostId,
    attempt: 1,
    newRun,
    cancelGrace: request.cancelGrace ?? core.options.cancelGrace,
    hub: new EventHub(core.tail),
    isInsertSent: false
  })
  register(core, run)
  annotate(fiber, RunMetrics.attributes.runId, id)
  return run
}

const thisFiber: Effect.Effect<Fiber.RuntimeFiber<unknown, unknown>> = Effect.withFiberRuntime((fiber) =>
  Effect.succeed(fiber)
)

const askForRow = (
  core: KernelCore,
  run: ActiveRun.ActiveRun
): Effect.Effect<InsertOutcome, StoreFailure | KernelStopped> =>
  Effect.suspend(() => {
    // In the step in which the shutdown would find it: a later one has failed all the others already.
    if (core.isStopping) return Effect.fail(new KernelStopped())
    const { id } = run
    return Effect.async((resume) => {
      core.inserts.set(id, resume)
      core.writer.insert.submit({
        id,
        row: () => {
          // Whoever was answered without the database was told whether it was sent, and goes on when its turn comes.
          if (run.state._tag !== "Inserting" || !core.inserts.has(id)) return undefined
          run.isInsertRepeated = run.isInsertSent
          run.isInsertSent = true
          return run.newRun
        },
        answered: (outcome) => Effect.sync(() => answerInsert(core, id, Effect.succeed(outcome))),
        overdue: (failure) => Effect.sync(() => answerInsert(core, id, Effect.fail(startFailure(run, failure)))),
        budgetUntil: run.newRun.createdAt + Duration.toMillis(core.options.startTimeout)
      })
      core.writer.wake()
    })
  })

/** What a start says of a database that failed: in doubt as soon as the insert was sent once. */
const startFailure = (run: ActiveRun.ActiveRun, failure: StoreFailure): StoreFailure =>
  restated(failure, "start", run.isInsertSent)

const isNew = (run: ActiveRun.ActiveRun): Started => ({ _tag: "New", run })

/** The insert was answered: the work begins, or the start says why it does not. */
const begin = <A, E, R>(
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>,
  outcome: InsertOutcome
): Effect.Effect<Started, StartError, Exclude<R, Provided>> => {
  switch (outcome._tag) {
    case "Inserted":
      return Effect.map(launch(core, run, request), isNew)
    case "AlreadyInserted":
      // A cancel from elsewhere may have found the row before its owner knew that it is there.
      return Effect.zipRight(
        outcome.cancelRequestedAt === null
          ? Effect.void
          : acceptFromRow(core, run, outcome.cancelRequestedAt, undefined),
        Effect.map(launch(core, run, request), isNew)
      )
    case "KeyTaken": {
      const { activeId } = outcome
      return refuse(core, run, request, new RunAlreadyActive({ name: request.name, key: request.key ?? "", activeId }))
    }
    case "IdempotencyKeyTaken": {
      const { row } = outcome
      if (outcome.row.payloadHash === run.newRun.payloadHash) {
        const dismissed = dismiss(core, run, outcome._tag, `Run ${row.id} has its idempotency key.`)
        return Effect.as(dismissed, { _tag: "Existing", row } as const)
      }
      const idempotencyKey = request.idempotencyKey ?? ""
      return refuse(core, run, request, new IdempotencyConflict({ idempotencyKey, existingId: row.id }))
    }
    case "AlreadyThere": {
      const cause = new Error(
        `the row of the new run ${run.id} was ${outcome.row.status} before the start was answered`
      )
      // Another host that has it executes it; settled, it was never begun, or it was by that host.
      return refuse(
        core,
        run,
        request,
        new StoreFailure({ operation: "start", class: "unknown", inDoubt: true, cause })
      )
    }
  }
}

/** The row says no: there is none of this run. */
const refuse = <A, E, R>(
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>,
  error: StartError
): Effect.Effect<never, StartError> => {
  const refused = Effect.zipRight(dismiss(core, run, error._tag, error.message), Effect.fail(error))
  return run.isInsertRepeated ? refused : told(core, request, refused)
}

/** There is no row of this run. Where an attempt before this answer may still land, its tombstone comes first (rule 4). */
const dismiss = (core: KernelCore, run: ActiveRun.ActiveRun, error: string, why: string): Effect.Effect<void> =>
  run.isInsertRepeated ? giveUp(core, run, error, why) : drop(core, run)

/** A start that fails before anything was sent, or that the row refuses, is told here; the others by `abandon`. */
const told = <B, Error extends StartError, A, E, R>(
  core: KernelCore,
  request: StartRequest<A, E, R>,
  effect: Effect.Effect<B, Error>
): Effect.Effect<B, Error> =>
  Effect.tapError(effect, (error) =>
    core.log({
      _tag: "StartFailed",
      hostId: core.lease.hostId(),
      name: request.name,
      error: error._tag,
      message: error.message,
      abandoned: false
    })
  )
