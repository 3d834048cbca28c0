/**
 * A cancel, answered with what is true: the mark is set in memory first, the work is interrupted, the
 * row is asked to record it, and the answer is whatever comes first that settles the matter (rule 3).
 * A cancel that changed nothing is never reported as done.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { CancelAnswer } from "../../Run.js"
import {
  CalledInTransaction,
  type CancelError,
  KernelStopped,
  RunNotFound,
  type RunSuperseded,
  type StoreFailure
} from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import type { CancelOutcome } from "../../RunStore.js"
import * as Journaling from "../journal/journaling.js"
import { answerCancels, type KernelCore, notAsked, restated } from "../kernel/kernelCore.js"
import { nowMillis } from "../wallClock.js"
import * as ActiveRun from "./activeRun.js"
import { interruptWork } from "./running.js"
import { cancelInDoubt } from "./settling.js"
import { sanitize } from "./workEnd.js"

/**
 * By id, or by the run itself: a handle keeps its run, so it is answered also long after the end.
 *
 * @internal
 */
export const cancel = (
  core: KernelCore,
  target: RunId | ActiveRun.ActiveRun,
  reason: string | undefined
): Effect.Effect<CancelAnswer, CancelError> =>
  Effect.gen(function* () {
    if (yield* core.store.isCallerInTransaction) return yield* new CalledInTransaction({ operation: "cancel" })
    const why = reason === undefined ? undefined : sanitize(reason)
    const run = typeof target === "string" ? core.runs.get(target) : target
    const id = typeof target === "string" ? target : target.id
    return yield* Effect.tapBoth(run === undefined ? cancelRow(core, id, why) : cancelRun(core, run, why), {
      onSuccess: (answer) => logAnswer(core, id, answer),
      onFailure: (error) => logRefusal(core, id, error)
    })
  })

/** A cancel that the row has already: another host was asked, and this one finds it at its renewal. */
export const acceptFromRow = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  requestedAt: number,
  reason: string | undefined
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const found = ActiveRun.cancel(run, { requestedAt, reason })
    if (found !== "starting" && found !== "working" && found !== "ended") return Effect.void
    return Effect.zipRight(announce(core, run, reason), found === "working" ? interruptWork(core, run) : Effect.void)
  })

/** A run of this host's memory. */
const cancelRun = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  reason: string | undefined
): Effect.Effect<CancelAnswer, CancelError> =>
  Effect.flatMap(nowMillis, (now) =>
    // Marking, waiting and interrupting is one step: whoever is interrupted while it waits has still cancelled.
    Effect.uninterruptibleMask((restore) => {
      const found = ActiveRun.cancel(run, { requestedAt: now, reason })
      switch (found) {
        case "starting":
        case "working":
        case "ended":
          return Effect.zipRight(accepted(core, run, found, reason), restore(awaitAnswer(core, run, reason)))
        case "again":
          // The first request may be answered and gone, or have told all that it had to tell: each caller gets its own.
          return Effect.zipRight(record(core, run), restore(awaitAnswer(core, run, reason)))
        case "superseded":
          return restore(cancelRow(core, run.id, reason))
        case "settled":
        case "gone":
          return restore(answerFromEnd(run))
      }
    })
  )

const accepted = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  found: "starting" | "working" | "ended",
  reason: string | undefined
): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* announce(core, run, reason)
    // What the journal has of it is another verdict by now.
    if (found === "ended") yield* Journaling.keep(core, run)
    if (found !== "working") return
    yield* record(core, run)
    yield* interruptWork(core, run)
  })

const announce = (core: KernelCore, run: ActiveRun.ActiveRun, reason: string | undefined): Effect.Effect<void> =>
  Effect.suspend(() => {
    const why = reason === undefined ? {} : { reason }
    run.hub.publish({ _tag: "CancelRequested", ...why })
    return core.log({ _tag: "CancelRequested", runId: run.id, hostId: run.hostId, ...why })
  })

/** Asks the row to record the cancel. Work that stops at once settles first, and nothing more is written. */
const record = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  Effect.map(nowMillis, (now) => {
    // Where the work has ended its settle carries the cancel, and answers it.
    if (run.state._tag !== "Working") return
    // Asked of the row already, while another host had the run: that one is answered by the row, and must not be replaced.
    if (core.rowCancels.has(run.id)) return
    core.writer.cancel.submit({
      id: run.id,
      row: () => {
        const mark = run.state._tag === "Working" ? run.state.cancel : undefined
        if (mark === undefined) return undefined
        const { reason, requestedAt } = mark
        return { id: run.id, requestedAt, reason: reason ?? null, token: `cancel:${run.id}` }
      },
      answered: (outcome) => Effect.sync(() => answerCancels(run, () => fromOutcome(run.id, outcome))),
      overdue: (failure) => Effect.sync(() => answerCancels(run, () => cancelInDoubt(run, failure))),
      budgetUntil: now + Duration.toMillis(core.options.parkAfter)
    })
    core.writer.wake()
  })

const fromOutcome = (id: RunId, outcome: CancelOutcome): Effect.Effect<CancelAnswer, RunNotFound> => {
  switch (outcome._tag) {
    case "Recorded":
    case "Settled":
      return Effect.succeed({ _tag: "Requested", durable: true })
    case "NoOp":
      return Effect.succeed({ _tag: "AlreadyTerminal", status: outcome.status })
    case "NotFound":
      return Effect.fail(new RunNotFound({ id }))
  }
}

/** Whichever comes first: the row has recorded it, the run has settled, or the database is known to be away. */
const awaitAnswer = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  reason: string | undefined
): Effect.Effect<CancelAnswer, CancelError> =>
  Effect.suspend((): Effect.Effect<CancelAnswer, CancelError> => {
    const { state } = run
    if (state._tag === "Settled" || state._tag === "Gone") return answerFromEnd(run)
    // Nobody writes any more, so nobody would ever answer; but it is marked, and work that ends yet may journal it.
    if (core.isClosed) return Effect.fail(new KernelStopped({ inDoubt: true }))
    if (state._tag === "Ended" && state.parked !== undefined) return cancelInDoubt(run, state.parked.lastFailure)
    const waiter = Deferred.unsafeMake<CancelAnswer, CancelError | RunSuperseded>(FiberId.none)
    run.cancelWaiters.push(waiter)
    const leave = Effect.sync(() => {
      run.cancelWaiters = run.cancelWaiters.filter((other) => other !== waiter)
    })
    return Deferred.await(waiter).pipe(
      Effect.onInterrupt(() => leave),
      Effect.catchTag("RunSuperseded", () => cancelRow(core, run.id, reason))
    )
  })

const answerFromEnd = (run: ActiveRun.ActiveRun): Effect.Effect<CancelAnswer, RunNotFound> =>
  run.state._tag === "Settled"
    ? Effect.succeed({ _tag: "AlreadyTerminal", status: run.state.event.status })
    : Effect.fail(new RunNotFound({ id: run.id }))

/** A run that is not in this host's memory: its row is asked, and answers for itself. */
const cancelRow = (
  core: KernelCore,
  id: RunId,
  reason: string | undefined
): Effect.Effect<CancelAnswer, RunNotFound | StoreFailure | KernelStopped> =>
  Effect.flatMap(nowMillis, (now): Effect.Effect<CancelAnswer, RunNotFound | StoreFailure | KernelStopped> => {
    if (core.isStopping) return Effect.fail(new KernelStopped())
    const waiting = core.rowCancels.get(id)
    if (waiting !== undefined) return Deferred.await(waiting.answer)
    if (core.rowCancels.size >= core.options.startsWaitingMax) {
      return Effect.fail(notAsked("cancel", `${core.rowCancels.size} cancels wait for the database already`))
    }
    const answer = Deferred.unsafeMake<CancelAnswer, RunNotFound | StoreFailure>(FiberId.none)
    let isSent = false
    // A statement may be answered after its caller was told that it had waited long enough: whoever asks by then waits
    // for an answer of his own.
    const isAnswered = () => core.rowCancels.get(id)?.answer !== answer
    const done = (effect: Effect.Effect<CancelAnswer, RunNotFound | StoreFailure>) => {
      if (isAnswered()) return
      core.rowCancels.delete(id)
      core.writer.cancel.withdraw(id)
      Deferred.unsafeDone(answer, effect)
    }
    const failed = (failure: StoreFailure) => done(Effect.fail(restated(failure, "cancel", isSent)))
    core.rowCancels.set(id, { answer, giveUp: (why) => failed(notAsked("cancel", why)) })
    const request = { id, requestedAt: now, reason: reason ?? null, token: `cancel:${id}:${now}` }
    core.writer.cancel.submit({
      id,
      row: () => {
        if (isAnswered()) return undefined
        isSent = true
        return request
      },
      answered: (outcome) => Effect.sync(() => done(fromOutcome(id, outcome))),
      overdue: (failure) => Effect.sync(() => failed(failure)),
      budgetUntil: now + Duration.toMillis(core.options.startTimeout)
    })
    core.writer.wake()
    return Deferred.await(answer)
  })

// -- lines ------------------------------------------------------------------------------------------------

const logAnswer = (core: KernelCore, id: RunId, answer: CancelAnswer): Effect.Effect<void> => {
  const base = { _tag: "CancelAnswered", runId: id, hostId: core.lease.hostId() } as const
  return answer._tag === "Requested"
    ? core.log({ ...base, answer: "Requested", durable: answer.durable })
    : core.log({ ...base, answer: "AlreadyTerminal", status: answer.status })
}

const logRefusal = (core: KernelCore, id: RunId, error: CancelError): Effect.Effect<void> =>
  core.log({
    _tag: "CancelAnswered",
    runId: id,
    hostId: core.lease.hostId(),
    answer: "Failed",
    error: `${error._tag}: ${error.message}`
  })
