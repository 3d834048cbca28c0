/**
 * G4: what subscribers and waiters are told is what the row says, after the row says it. At most one
 * `Settled`, and nothing after it; at most one `Parked`; and a word within `parkAfter` of the work's end.
 *
 * @since 0.1.0
 */
import type { Entry } from "../../History.js"
import { type Checker, Findings } from "./finding.js"
import {
  type Call,
  type EntryOf,
  endingOf,
  errorOf,
  goneOf,
  type OperationOf,
  type RunStory,
  rowBefore,
  type Story,
  valueOf
} from "./story.js"

type Subscription = Call<OperationOf<"Subscribe">>

export const truthfulSignal: Checker = (story) => {
  const found = new Findings("G4", story)
  for (const run of story.runs.values()) {
    for (const subscription of run.subscriptions) {
      inOrder(found, run, subscription)
      for (const told of subscription.told) {
        if (told.event._tag === "Settled") asTheRow(found, run, told, told.event)
      }
      aWordInTime(found, story, run, subscription)
    }
    for (const wait of run.waits) {
      const value = valueOf(wait)
      if (value?._tag === "Settled") asTheRow(found, run, wait.answered as Entry, value)
      if (wait.operation._tag === "Result") asResult(found, run, wait)
      aWordInTime(found, story, run, wait)
    }
  }
  return found.violations
}

/** A snapshot, then numbered events, one `Parked` at most, one `Settled` at most and last. */
const inOrder = (found: Findings, run: RunStory, { told }: Subscription): void => {
  const [first] = told
  if (first !== undefined && first.event._tag !== "Snapshot") {
    found.add(run.runId, "a Snapshot as the first event", first.event._tag, [first])
  }
  let parked: EntryOf<"Told"> | undefined
  let settled: EntryOf<"Told"> | undefined
  let last = -1
  for (const entry of told) {
    const { event } = entry
    if (settled !== undefined) found.add(run.runId, "Settled as the last event", `${event._tag} after it`, [entry])
    // Whoever comes after the end is told of it once more, under the number that the snapshot says it includes.
    const isRepeated = event._tag === "Settled" && told.length === 2 && event.sequence === last
    if (event.sequence <= last && event._tag !== "Dropped" && !isRepeated) {
      found.add(run.runId, `an event numbered above ${last}`, `${event._tag}, numbered ${event.sequence}`, [entry])
    }
    // A gap is told under the number of the event that follows it.
    last = event._tag === "Dropped" ? event.sequence - 1 : event.sequence
    if (event._tag === "Settled") settled = entry
    if (event._tag !== "Parked") continue
    if (parked !== undefined) found.add(run.runId, "one Parked at most", "a second one", [parked, entry])
    parked = entry
  }
}

/** The difference between the row and the signal, where there is one. */
const asTheRow = (
  found: Findings,
  run: RunStory,
  told: Entry,
  signal: { readonly status: string; readonly workOutcome: string }
): void => {
  const row = rowBefore(run, told.sequence)
  // Deleted rows can tell nothing of what they were.
  if (row === undefined && run.deleted !== undefined) return
  if (row?.status === signal.status && row.workOutcome === signal.workOutcome) return
  const says =
    row === undefined ? "there is no row" : `the row says ${row.status}, work ${row.workOutcome ?? "not ended"}`
  found.add(
    run.runId,
    "the row to say what is told as settled, before it is told",
    `told ${signal.status}, work ${signal.workOutcome}, while ${says}`,
    [told]
  )
}

/** What `result` gave, or failed with, is the end that the row tells of. */
const asResult = (found: Findings, run: RunStory, wait: Call): void => {
  const { answered } = wait
  if (answered === undefined) return
  const error = errorOf(wait)
  const implied =
    valueOf(wait) !== undefined
      ? "completed"
      : error?.tag === "RunCancelled"
        ? "cancelled"
        : error?.tag === "WorkError" || (error?.tag === "RunFailed" && error.reason !== "ResultNotEncodable")
          ? "failed"
          : undefined
  const row = rowBefore(run, answered.sequence)
  if (implied === undefined || row?.status === implied) return
  const gave = error === undefined ? "a result" : `${error.tag}: ${error.message}`
  found.add(run.runId, `a ${implied} row where result gave ${gave}`, row?.status ?? "no row", [answered])
}

/** When the work has ended, whoever listens then hears one of the three within `parkAfter`. */
const aWordInTime = (found: Findings, story: Story, run: RunStory, call: Call): void => {
  const ended = run.ends.findLast(({ host }) => host === call.host)
  // A stream listens from its snapshot on; one that reads the row of a run that has left memory knows no end of work.
  const listensFrom = call.operation._tag === "Subscribe" ? call.told[0] : call.called
  if (ended === undefined || listensFrom === undefined || listensFrom.sequence > ended.sequence) return
  if (isFollowing(run, call)) return
  // Times are whole milliseconds inside the kernel, so a budget may pass up to one later than it seems from outside.
  const until = ended.at + story.settings.parkAfterMillis + 1
  const gone = goneOf(story, ended.host)
  if (gone !== undefined && gone.at <= until) return
  const told = call.told.find(
    ({ event, sequence }) =>
      sequence > ended.sequence && (event._tag === "Settled" || event._tag === "Parked" || event._tag === "Superseded")
  )
  const word = told ?? call.answered
  if (word !== undefined ? word.at <= until : (story.over?.at ?? 0) <= until) return
  const seen = word === undefined ? "none" : `${word._tag} after ${word.at - ended.at} ms`
  const expected = `a word to ${nameOf(call)} within ${story.settings.parkAfterMillis} ms of the work's end`
  found.add(run.runId, expected, seen, [ended, word ?? story.over])
}

/** Whoever asked when the run was known by its row only reads that row from time to time, as of any other host's run. */
const isFollowing = (run: RunStory, call: Call): boolean => {
  const ending = endingOf(run)
  const start = run.start
  const isOwn = start !== undefined && start.host === call.host
  return !isOwn || (ending !== undefined && ending.entry.sequence < call.called.sequence)
}

const nameOf = ({ call, operation }: Call): string =>
  operation._tag === "Subscribe" ? `subscriber #${call}` : `${operation._tag.toLowerCase()} #${call}`
