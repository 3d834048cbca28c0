/**
 * What became of a verdict, told to everybody who waits. Nothing is said to be settled before the write that makes it so is acknowledged (G4), and what
 * is said is what the row holds, whoever wrote it.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { CancelAnswer, Settled } from "../../Run.js"
import { RunSuperseded, type StoreFailure, VerdictParked } from "../../RunError.js"
import * as RunMetrics from "../../RunMetrics.js"
import { isTerminal, type RunStatus, type WorkOutcome } from "../../RunStatus.js"
import type { ReleaseOutcome, SettleOutcome, StoredRun } from "../../RunStore.js"
import * as Journaling from "../journal/journaling.js"
import { answerCancels, drop, type KernelCore, restated, unregister } from "../kernel/kernelCore.js"
import { storedErrorOf } from "../store/runRow.js"
import { millisOf, nowMillis } from "../wallClock.js"
import { failureFields } from "../writing/statusWriter.js"
import * as ActiveRun from "./activeRun.js"
import { followRow } from "./following.js"
import { signalOf } from "./runSignal.js"

// -- what became of it ---------------------------------------------------------------------------------------

/** @internal */
export const answered = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  outcome: ReleaseOutcome,
  attempts: number
): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (run.state._tag !== "Ended") return
    switch (outcome._tag) {
      case "Released":
        yield* core.log({ _tag: "RunReleased", runId: run.id, hostId: run.hostId, attempt: run.attempt, attempts })
        return yield* handedOn(core, run, "pending")
      case "Applied": {
        const ending = ActiveRun.endingOf(run, run.state)
        if (outcome.status === "cancelled" && run.state.cancel === undefined) yield* foundCancelled(core, run)
        yield* logWritten(core, run, outcome._tag, attempts, outcome.status, outcome.workOutcome, ending.error)
        return yield* settled(core, run, { ...outcome, attempts }, ending)
      }
      case "AlreadyApplied":
      case "NoOp": {
        const { row, status } = outcome
        const isOurs = outcome._tag === "AlreadyApplied"
        if (isOurs && status === "cancelled" && run.state.cancel === undefined) yield* foundCancelled(core, run)
        yield* logWritten(core, run, outcome._tag, attempts, status, row.workOutcome, row.error)
        // Somebody else's write stands: a cancel that waits has changed nothing, even where the row is `cancelled`.
        if (outcome._tag === "NoOp") answerCancels(run, () => Effect.succeed({ _tag: "AlreadyTerminal", status }))
        return yield* settled(core, run, { status, workOutcome: row.workOutcome ?? "unknown", attempts }, row)
      }
      case "NotFound":
        yield* logWritten(core, run, outcome._tag, attempts)
        return yield* vanished(core, run)
      case "NotMine":
        yield* logWritten(core, run, outcome._tag, attempts, outcome.row.status)
        return yield* superseded(core, run, outcome.row)
    }
  })

/** The row had a cancel that this host had not heard of, and the write became `cancelled` in the database (rule 2). */
const foundCancelled = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  core.log({ _tag: "CancelRequested", runId: run.id, hostId: run.hostId, reason: "It was recorded in the row." })

/** Tagged once each: to tag a metric costs more than to update it. */
const settledBy = {
  completed: Metric.tagged(RunMetrics.settled, "status", "completed"),
  failed: Metric.tagged(RunMetrics.settled, "status", "failed"),
  cancelled: Metric.tagged(RunMetrics.settled, "status", "cancelled")
}

/** The row is terminal: now, and not before, it may be said. */
export const settled = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  told: Omit<Settled, "_tag" | "sequence">,
  ending: ActiveRun.Ending
): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    const { status, workOutcome, attempts } = told
    const before = run.state
    const event = run.hub.publish({ _tag: "Settled", status, workOutcome, attempts })
    if (event?._tag !== "Settled") return Effect.void
    const { cancelReason, error, result } = ending
    run.state = { _tag: "Settled", event, ending: { cancelReason, error, result } }
    Deferred.unsafeDone(signalOf(run), Effect.succeed(event))
    answerCancels(run, () => Effect.succeed(cancelAnswerOf(event)))
    unregister(core, run)
    core.count(settledBy[status], 1)
    if (before._tag === "Ended") {
      core.count(RunMetrics.persistLatency, (millisOf(fiber) - before.finishedAt) / 1_000)
    }
    const line = core.log({ _tag: "Settled", runId: run.id, hostId: run.hostId, status, workOutcome, attempts })
    return before._tag === "Ended" ? Effect.zipRight(line, forgotten(core, run, before)) : line
  })

/** Tells, once, that the verdict is decided and not stored. */
export const parked = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  failure: StoreFailure,
  attempts: number
): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (run.state._tag !== "Ended" || run.state.parked !== undefined) return
    const status = ActiveRun.verdictStatus(run, run.state)
    const error = new VerdictParked({ id: run.id, verdict: status, lastFailure: failure })
    run.state = { ...run.state, parked: error }
    run.hub.publish({ _tag: "Parked", verdict: status, message: failure.message })
    Deferred.unsafeDone(signalOf(run), Effect.fail(error))
    answerCancels(run, () => cancelInDoubt(run, failure))
    yield* core.log({
      _tag: "VerdictParked",
      runId: run.id,
      hostId: run.hostId,
      verdict: status,
      attempts,
      failure: failureFields(failure)
    })
    core.count(RunMetrics.parked, 1)
    core.count(RunMetrics.parkings, 1)
    yield* Journaling.keep(core, run)
  })

/** The run has left this state, and waits no more for its write: the gauge says what is so now. */
export const unparked = (core: KernelCore, left: ActiveRun.State): void => {
  if (left._tag === "Ended" && left.parked !== undefined) core.count(RunMetrics.parked, -1)
}

/** The run has left this state for good: its journal need not keep it. */
const forgotten = (core: KernelCore, run: ActiveRun.ActiveRun, left: ActiveRun.State): Effect.Effect<void> => {
  unparked(core, left)
  return Journaling.forget(core, run)
}

/** Another host owns the row: its end is the run's end, and the stream follows it there (rule 10). */
const superseded = (core: KernelCore, run: ActiveRun.ActiveRun, row: StoredRun): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (run.state._tag === "Ended" && run.state.entomb) yield* leaveCancel(core, run)
    yield* core.log({ _tag: "Superseded", runId: run.id, hostId: run.hostId, status: row.status })
    yield* handedOn(core, run, row.status)
  })

/** The run is no longer this host's, and goes on elsewhere. */
const handedOn = (core: KernelCore, run: ActiveRun.ActiveRun, status: RunStatus): Effect.Effect<void> =>
  Effect.gen(function* () {
    const error = new RunSuperseded({ id: run.id, status })
    const before = run.state
    run.state = { _tag: "Superseded", error }
    run.hub.publish({ _tag: "Superseded", status })
    Deferred.unsafeDone(signalOf(run), Effect.fail(error))
    answerCancels(run, () => Effect.fail(error))
    yield* forgotten(core, run, before)
    yield* Effect.forkIn(Effect.interruptible(follow(core, run)), core.scope)
  })

const follow = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  followRow(core, run.id).pipe(
    Effect.flatMap((row) =>
      isTerminal(row.status)
        ? settled(core, run, { status: row.status, workOutcome: row.workOutcome ?? "unknown", attempts: 0 }, row)
        : Effect.void
    ),
    Effect.catchTag("RunNotFound", () => vanished(core, run))
  )

/** The start was never answered, and another host has the run by now: it must not go on there (rule 4). */
const leaveCancel = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  Effect.map(nowMillis, (now) => {
    const request = { id: run.id, requestedAt: now, reason: "Its start was abandoned.", token: `cancel:${run.id}` }
    core.writer.cancel.submit({
      id: run.id,
      row: () => request,
      answered: () => Effect.void,
      overdue: () => Effect.void,
      budgetUntil: now + Duration.toMillis(core.options.parkAfter)
    })
    core.writer.wake()
  })

const vanished = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  Effect.gen(function* () {
    const before = run.state
    yield* drop(core, run)
    yield* core.log({ _tag: "RunVanished", runId: run.id, hostId: run.hostId })
    yield* forgotten(core, run, before)
  })

// -- those who asked for a cancel -----------------------------------------------------------------------------

/** @internal */
export const cancelAnswerOf = (event: Settled): CancelAnswer =>
  event.status === "cancelled"
    ? { _tag: "Requested", durable: true }
    : { _tag: "AlreadyTerminal", status: event.status }

/** The database is away: the answer depends on whether a terminal write was sent before the cancel (rule 3). */
export const cancelInDoubt = (
  run: ActiveRun.ActiveRun,
  failure: StoreFailure
): Effect.Effect<CancelAnswer, StoreFailure> => {
  const mark = "cancel" in run.state ? run.state.cancel : undefined
  return mark?.isSafe === true
    ? Effect.succeed({ _tag: "Requested", durable: false })
    : Effect.fail(restated(failure, "cancel", true))
}

/**
 * Nobody will write these verdicts any more: they go to the journal, and what is not there is lost (G6).
 *
 * @internal
 */
export const leaveVerdicts = (core: KernelCore, runs: ReadonlyArray<ActiveRun.ActiveRun>): Effect.Effect<void> =>
  Effect.flatMap(Journaling.leave(core, runs), (journaled) =>
    Effect.forEach(
      runs.filter((run) => !journaled.has(run)),
      (run) => logLost(core, run),
      { discard: true }
    )
  )

/** All that is needed to repair the row by hand. */
const logLost = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (run.state._tag !== "Ended") return Effect.void
    // Nothing is lost: whoever takes the host's runs restarts this one.
    if (run.state.isReleased || ActiveRun.verdictOf(run, run.state)._tag === "Release") {
      return core.log({ _tag: "RunLeft", runId: run.id, hostId: run.hostId, attempt: run.attempt })
    }
    const { hostId, id, ...settlement } = ActiveRun.settlementOf(run, run.state)
    return core.log({ _tag: "VerdictLost", runId: id, hostId, settlement })
  })

// -- lines ------------------------------------------------------------------------------------------------------

const logWritten = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  outcome: SettleOutcome["_tag"],
  attempts: number,
  status?: RunStatus,
  workOutcome?: WorkOutcome | null,
  error: string | null = null
): Effect.Effect<void> => {
  const reason = status === "failed" ? storedErrorOf(error)?.reason : undefined
  return core.log({
    _tag: "VerdictWritten",
    runId: run.id,
    hostId: run.hostId,
    outcome,
    attempts,
    ...(status === undefined ? {} : { status }),
    ...(workOutcome === null || workOutcome === undefined ? {} : { workOutcome }),
    ...(reason === undefined ? {} : { reason })
  })
}
