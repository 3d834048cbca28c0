/**
 * What a run may end as, judged from outside: by what its work did, by what callers and the harness did
 * to it, and by when. It is the table of verdicts once more, written independently of the kernel's own,
 * which knows what it decided; this knows only what could be seen.
 *
 * Two things of one instant have no order that could be seen from outside. So each influence is *sure*
 * (it came in an earlier instant than the work's end), *possible* (in the same one), or absent, and what
 * the oracle gives is the set of ends that are right.
 *
 * @since 0.1.0
 */
import type { FailureReason, TerminalStatus, WorkOutcome } from "../../../src/RunStatus.js"
import type { Entry, WorkExit } from "../../History.js"
import { type Attempt, endingOf, hasLostLease, isLeft, type RunStory, type Story } from "./story.js"

export interface End {
  readonly status: TerminalStatus
  readonly workOutcome: WorkOutcome
  /** Of an end as `failed`. */
  readonly reason?: FailureReason
}

export interface Influence {
  readonly isPossible: boolean
  readonly isSure: boolean
}

export interface Influences {
  readonly timeout: Influence
  readonly shutdown: Influence
  /** Whether its host had been fenced, or could not renew in time, and stopped its work for that. */
  readonly isLeaseLost: boolean
  /** Whether another host goes on with it where its own cannot: then neither is an end. */
  readonly isRestarted: boolean
  /** Whether anybody asked for a cancel before the row was terminal. */
  readonly isCancelAsked: boolean
}

/** What had come over an attempt of the run by `by`, when its work ended. */
export const influencesOn = (story: Story, run: RunStory, { began, host }: Attempt, by: Entry): Influences => {
  const { at } = by
  const timeoutMillis = run.start?.operation.timeoutMillis
  const timeoutAt = began === undefined || timeoutMillis === undefined ? undefined : began.at + timeoutMillis
  const shutdownAt = host === undefined ? undefined : story.shutdown.get(host)?.at
  const ending = endingOf(run)?.entry.sequence ?? Number.POSITIVE_INFINITY
  return {
    // Whichever comes first interrupts the work; the other one finds it interrupted already.
    timeout: since(isBefore(shutdownAt, timeoutAt) ? undefined : timeoutAt, at),
    shutdown: since(isBefore(timeoutAt, shutdownAt) ? undefined : shutdownAt, at),
    isLeaseLost: host !== undefined && (isLeft(story, host, by) || hasLostLease(story, host, by)),
    isRestarted: run.versions.at(-1)?.row.onHostExit === "restart",
    isCancelAsked: run.cancels.some(({ called }) => called.sequence < ending)
  }
}

const isBefore = (one: number | undefined, other: number | undefined): boolean =>
  one !== undefined && other !== undefined && one < other

const since = (from: number | undefined, at: number): Influence => ({
  isPossible: from !== undefined && at >= from,
  isSure: from !== undefined && at > from
})

/** Every end that is right for work that ended so, under these influences. */
export const rightEnds = (exit: WorkExit | undefined, influences: Influences): ReadonlyArray<End> => {
  const readings = exit === undefined ? ([undefined] as const) : readingsOf(exit, influences)
  return readings.flatMap((reading) => {
    const own = withoutCancel(reading, influences)
    const cancelled = outcomesOf(reading, influences).map((workOutcome): End => ({ status: "cancelled", workOutcome }))
    return influences.isCancelAsked ? [...own, ...cancelled] : own
  })
}

/**
 * Work that cannot be interrupted ends as it likes, and the interruption that waited for it comes over it on its way
 * out: what it did and "interrupted" are both true of it then.
 */
const readingsOf = (exit: WorkExit, influences: Influences): ReadonlyArray<WorkExit> => {
  const isInterrupted = influences.isCancelAsked || isStopped(influences)
  return isInterrupted && exit._tag !== "Interrupted" ? [exit, { _tag: "Interrupted", by: "somebody" }] : [exit]
}

/** By the kernel itself, or it may have been. */
const isStopped = ({ isLeaseLost, shutdown, timeout }: Influences): boolean =>
  isLeaseLost || shutdown.isPossible || timeout.isPossible

const withoutCancel = (
  exit: WorkExit | undefined,
  { isLeaseLost, isRestarted, shutdown, timeout }: Influences
): ReadonlyArray<End> => {
  if (exit?._tag === "Succeeded") {
    return exit.encodes
      ? [{ status: "completed", workOutcome: "succeeded" }]
      : [{ status: "failed", workOutcome: "succeeded", reason: "ResultNotEncodable" }]
  }
  const ends: Array<End> = []
  if (timeout.isPossible) ends.push(byTimeout)
  if (shutdown.isPossible && !isRestarted) ends.push(byShutdown)
  if (isLeaseLost && !isRestarted) ends.push(byLease)
  // A start that was given up is told as that, whatever came over it.
  if (exit === undefined || !(timeout.isSure || shutdown.isSure)) ends.push(...ofItself(exit))
  return ends
}

const byTimeout: End = { status: "failed", workOutcome: "interrupted", reason: "RunTimedOut" }
const byShutdown: End = { status: "failed", workOutcome: "interrupted", reason: "HostShutdown" }
const byLease: End = { status: "failed", workOutcome: "interrupted", reason: "LeaseLost" }

/** Where nobody but the work had a say; nothing is right for work that was interrupted, and by nobody. */
const ofItself = (exit: WorkExit | undefined): ReadonlyArray<End> => {
  switch (exit?._tag) {
    case undefined:
      return [{ status: "failed", workOutcome: "notStarted", reason: "StartAbandoned" }]
    case "Succeeded":
      return []
    case "Failed":
      return [{ status: "failed", workOutcome: "failed", reason: "WorkFailed" }]
    case "Died":
      return [{ status: "failed", workOutcome: "failed", reason: "WorkDied" }]
    case "Interrupted":
      return exit.by === "itself" ? [{ status: "failed", workOutcome: "interrupted", reason: "WorkInterrupted" }] : []
  }
}

/** Beside `cancelled` stands what the work did, whatever else came over it; what stops it may come before its first step. */
const outcomesOf = (exit: WorkExit | undefined, influences: Influences): ReadonlyArray<WorkOutcome> => {
  switch (exit?._tag) {
    case undefined:
      return isStopped(influences) ? ["notStarted", "interrupted"] : ["notStarted"]
    case "Succeeded":
      return ["succeeded"]
    case "Failed":
    case "Died":
      return ["failed"]
    case "Interrupted":
      return ["interrupted"]
  }
}

export const describeEnd = ({ reason, status, workOutcome }: End): string =>
  `${status}${reason === undefined ? "" : `(${reason})`}, work ${workOutcome}`

export const describeEnds = (ends: ReadonlyArray<End>): string =>
  ends.length === 0 ? "no end at all, since nobody interrupted it" : [...new Set(ends.map(describeEnd))].join(", or ")
