/**
 * G2: a cancel that was acknowledged as durable never ends as `completed` or `failed`. One that came too
 * late says so, and one whose fate is unknown says that. Every answer is held against the row of that
 * moment, and against how the row ends.
 *
 * @since 0.1.0
 */
import type { Entry } from "../../History.js"
import { type Checker, Findings } from "./finding.js"
import {
  type Call,
  endingOf,
  errorOf,
  isOwnEnding,
  lastAttempt,
  linesOf,
  type OperationOf,
  type RunStory,
  rowBefore,
  type Story,
  valueOf
} from "./story.js"

type Cancel = Call<OperationOf<"Cancel">>

export const cancelPrecedence: Checker = (story) => {
  const found = new Findings("G2", story)
  for (const run of story.runs.values()) {
    for (const cancel of run.cancels) {
      acknowledged(found, story, run, cancel)
      late(found, run, cancel)
      refused(found, run, cancel)
    }
    accepted(found, story, run)
    betweenAttempts(found, story, run)
  }
  return found.violations
}

const acknowledged = (found: Findings, story: Story, run: RunStory, cancel: Cancel): void => {
  const value = valueOf(cancel)
  if (value?._tag !== "Cancelled" || value.answer._tag !== "Requested") return
  const answered = cancel.answered as Entry
  // Another host's is noticed at the next renewal.
  const began = run.begins.find(({ host, sequence }) => sequence > answered.sequence && host === cancel.host)
  if (began !== undefined)
    found.add(run.runId, "no work after its cancel was acknowledged", "it began", [answered, began])
  const ending = endingOf(run)
  if (value.answer.durable) {
    const row = rowBefore(run, answered.sequence)
    if (row === undefined || row.cancelRequestedAt === null) {
      found.add(run.runId, "a row that has the cancel, when the caller was told that it is durable", stateOf(row), [
        answered
      ])
    }
  }
  // One that is not durable is lost with its host, and its caller was told so: whoever has the run then may not know.
  const isElsewhere = ending !== undefined && (!isOwnEnding(ending) || lastAttempt(story, run).host !== cancel.host)
  const isLost = !value.answer.durable && isElsewhere
  if (ending === undefined || isLost || ending.row.status === "cancelled") return
  found.add(run.runId, "cancelled, as the caller was told", ending.row.status, [answered, ending.entry])
}

const late = (found: Findings, run: RunStory, cancel: Cancel): void => {
  const value = valueOf(cancel)
  if (value?._tag !== "Cancelled" || value.answer._tag !== "AlreadyTerminal") return
  const answered = cancel.answered as Entry
  const row = rowBefore(run, answered.sequence)
  if (row?.status === value.answer.status) return
  found.add(run.runId, `${value.answer.status}, as the caller was told who came too late`, stateOf(row), [answered])
}

/** Told as never asked for, so nothing of it may ever show; where it is the only one, that can be seen. */
const refused = (found: Findings, run: RunStory, cancel: Cancel): void => {
  const error = errorOf(cancel)
  const isNotAsked = error?.tag === "StoreFailure" && error.inDoubt !== true
  if (!isNotAsked || run.cancels.length > 1) return
  const marked = run.versions.find(({ row }) => row.cancelRequestedAt !== null)
  if (marked === undefined) return
  found.add(run.runId, "no cancel, since its caller was told that none was asked for", stateOf(marked.row), [
    cancel.answered,
    marked
  ])
}

/**
 * One that came while the work ran, in an earlier instant than its end, is a fact before the verdict. Its caller may
 * have gone away without an answer: it counts all the same.
 */
const accepted = (found: Findings, story: Story, run: RunStory): void => {
  const ending = endingOf(run)
  const { began, ended } = lastAttempt(story, run)
  if (ending === undefined || began === undefined || ended === undefined || ending.row.status === "cancelled") return
  if (!isOwnEnding(ending)) return
  const first = run.cancels.find(
    (cancel) =>
      cancel.host === began.host &&
      cancel.called.sequence > began.sequence &&
      cancel.called.at < ended.at &&
      isAsked(cancel)
  )
  if (first === undefined) return
  found.add(run.runId, "cancelled, since that was asked while the work ran", ending.row.status, [
    first.called,
    ended,
    ending.entry
  ])
}

/**
 * Every attempt is built anew: the one that was applied came after another had failed, and a cancel that was there
 * before that failure was there for it to carry.
 */
const betweenAttempts = (found: Findings, story: Story, run: RunStory): void => {
  const ending = endingOf(run)
  if (ending === undefined || !isOwnEnding(ending) || ending.row.status === "cancelled") return
  if (!linesOf(run, "VerdictWritten").some(({ line }) => line.outcome === "Applied")) return
  const { began, host } = lastAttempt(story, run)
  const failed = story.lines.findLast(
    ({ host: by, line, sequence }) =>
      // Of this attempt: what an earlier one had not written when its host went is lost with it.
      by === host &&
      sequence > (began?.sequence ?? 0) &&
      sequence < ending.entry.sequence &&
      line._tag === "WriteFailed" &&
      (line.failure.operation === "settle" || line.failure.operation === "entomb") &&
      line.runIds.includes(run.runId)
  )
  const carried = run.cancels.find(
    (cancel) => failed !== undefined && cancel.host === failed.host && isAsked(cancel) && cancel.called.at < failed.at
  )
  if (carried === undefined) return
  found.add(run.runId, "cancelled, since that was asked before the last attempt was sent", ending.row.status, [
    carried.called,
    failed,
    ending.entry
  ])
}

/** Interrupted in the instant in which it was called, it may never have come to be asked. */
const isAsked = (cancel: Cancel): boolean =>
  errorOf(cancel) === undefined &&
  (cancel.answered === undefined || cancel.answered.at > cancel.called.at || valueOf(cancel) !== undefined)

const stateOf = (row: ReturnType<typeof rowBefore>): string =>
  row === undefined ? "no row" : `${row.status}, ${row.cancelRequestedAt === null ? "with no cancel" : "with a cancel"}`
