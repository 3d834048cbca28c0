/**
 * The end of the work, handed over to the writer: by the run's own fiber, which never writes itself,
 * or by a start that is given up. The row is built anew for each attempt, since a cancel may come at
 * any time; from the first attempt on it may land at any time.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { StoreFailure } from "../../RunError.js"
import type { Release, ReleaseOutcome } from "../../RunStore.js"
import { entombKeys, type KernelCore, wakeShutdown } from "../kernel/kernelCore.js"
import { refusesValue } from "../store/sqlFailure.js"
import { millisOf, nowMillis } from "../wallClock.js"
import type { Job } from "../writing/laneQueue.js"
import * as ActiveRun from "./activeRun.js"
import { answered, leaveVerdicts, parked } from "./settling.js"
import type { WorkEnd } from "./workEnd.js"

/** The work has stopped: its fiber hands the end over, and never writes itself. */
export const workEnded = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  workEnd: WorkEnd,
  exit: Exit.Exit<unknown, unknown>
): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    run.exit = exit
    if (!ActiveRun.end(run, workEnd, millisOf(fiber))) return Effect.void
    return Effect.zipRight(logWorkEnd(core, run, workEnd, exit), submit(core, run))
  })

/** The work of a run whose insert was answered, or is in doubt, is never to start. */
export const neverStarted = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  message: string,
  options: { readonly entomb: boolean }
): Effect.Effect<void> =>
  Effect.flatMap(nowMillis, (now) => {
    if (!ActiveRun.end(run, { _tag: "NotStarted", reason: "StartAbandoned", message }, now, options)) return Effect.void
    if (options.entomb) entombKeys(core, run)
    return submit(core, run)
  })

/** A run that was taken over, of which this host cannot read what it is to do. */
export const payloadRefused = (core: KernelCore, run: ActiveRun.ActiveRun, problem: string): Effect.Effect<void> =>
  Effect.flatMap(nowMillis, (now) => {
    const message = `Its stored payload does not decode with this host's definition: ${problem}`
    const end: WorkEnd = { _tag: "NotStarted", reason: "PayloadNotDecodable", message }
    if (!ActiveRun.end(run, end, now)) return Effect.void
    return Effect.zipRight(logWorkEnd(core, run, end, Exit.void), submit(core, run))
  })

/** Puts the verdict in the writer's way. The state says which statement it takes. */
const submit = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (run.state._tag !== "Ended") return Effect.void
    // Work that ignored the shutdown's interruption until the writer was gone.
    if (core.isClosed) return leaveVerdicts(core, [run])
    const job = {
      id: run.id,
      budgetUntil: run.state.finishedAt + Duration.toMillis(core.options.parkAfter),
      answered: (outcome: ReleaseOutcome, attempts: number) => answered(core, run, outcome, attempts),
      overdue: (failure: StoreFailure, attempts: number) => parked(core, run, failure, attempts),
      reshape: (failure: StoreFailure) => reshape(run, failure)
    } satisfies Omit<Job<never, ReleaseOutcome>, "row">
    if (run.state.entomb) {
      core.writer.entomb.submit({
        ...job,
        row: () => withSettlement(run, (settlement) => ({ run: run.newRun, settlement }))
      })
    } else if (ActiveRun.verdictOf(run, run.state)._tag === "Release") {
      run.state = { ...run.state, isReleased: true }
      core.writer.release.submit({ ...job, row: () => withRelease(run) })
    } else {
      core.writer.settle.submit({ ...job, row: () => withSettlement(run, (settlement) => settlement) })
    }
    core.writer.wake()
    wakeShutdown(core)
    return Effect.void
  })

const withSettlement = <Row>(
  run: ActiveRun.ActiveRun,
  row: (settlement: ReturnType<typeof ActiveRun.settlementOf>) => Row
): Row | undefined => {
  if (run.state._tag !== "Ended") return undefined
  const settlement = ActiveRun.settlementOf(run, run.state)
  // From here on a terminal write may land at any time, so a later cancel is no longer safe in memory (rule 3).
  run.state = { ...run.state, sent: run.state.sent + 1, lastSent: settlement }
  return row(settlement)
}

const withRelease = (run: ActiveRun.ActiveRun): Release | undefined => {
  if (run.state._tag !== "Ended") return undefined
  run.state = { ...run.state, sent: run.state.sent + 1 }
  return ActiveRun.releaseOf(run, run.state)
}

/** A value that the database refuses for good must not keep the outcome out of the row. */
const reshape = (run: ActiveRun.ActiveRun, failure: StoreFailure): boolean => {
  if (run.state._tag !== "Ended" || run.state.refused || !refusesValue(failure)) return false
  run.state = { ...run.state, refused: true }
  return true
}

const logWorkEnd = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  workEnd: WorkEnd,
  exit: Exit.Exit<unknown, unknown>
): Effect.Effect<void> => {
  const base = { _tag: "WorkEnded", runId: run.id, hostId: run.hostId } as const
  switch (workEnd._tag) {
    case "Succeeded":
      return core.log({ ...base, outcome: "succeeded" })
    case "ResultNotEncodable":
      return core.log({ ...base, outcome: "succeeded", reason: "ResultNotEncodable", message: workEnd.message })
    case "Interrupted":
      return core.log({ ...base, outcome: "interrupted" })
    case "NotStarted":
      return core.log({ ...base, outcome: "notStarted", reason: workEnd.reason, message: workEnd.message })
    case "Failed": {
      const { message, reason } = workEnd.error
      const cause = exit._tag === "Failure" ? { cause: Cause.pretty(exit.cause, { renderErrorCause: true }) } : {}
      return core.log({ ...base, outcome: "failed", reason, message, ...cause })
    }
  }
}
