/**
 * How the checks read a history: what they look up in a timeline, what they know of the hosts, and the
 * shape in which they say what they found.
 *
 * @since 0.1.0
 */
import type { Guarantee, Stored, Timeline, Violation } from "../../RunHistory.js"
import type { HostId, RunId } from "../../RunId.js"
import type { Line } from "../../RunLog.js"

export type Tag = Line["_tag"]
export type LineOf<T extends Tag> = Extract<Line, { readonly _tag: T }>

/** What the checks of one run look up besides its lines. */
export interface Facts {
  readonly isFinal: boolean
  readonly toleranceMillis: number
  readonly started: ReadonlyMap<HostId, LineOf<"HostStarted">>
  readonly stopped: ReadonlySet<HostId>
  /** What the database has of this run; undefined where nothing is compared. */
  readonly stored: Stored | undefined
}

/** A check of each run by itself. */
export type RunCheck = (timeline: Timeline, facts: Facts) => ReadonlyArray<Violation>

// -- reading a timeline -------------------------------------------------------------------------------------

export const all = <T extends Tag>(timeline: Timeline, tag: T): ReadonlyArray<LineOf<T>> =>
  timeline.lines.filter((line): line is LineOf<T> => line._tag === tag)
export const first = <T extends Tag>(timeline: Timeline, tag: T): LineOf<T> | undefined => all(timeline, tag)[0]
export const position = (timeline: Timeline, line: Line | undefined): number =>
  line === undefined ? Number.POSITIVE_INFINITY : timeline.lines.indexOf(line)

/** A terminal write: of the host whose verdict it is, or of a later one that found it in the journal. */
export type Written = LineOf<"VerdictWritten"> | LineOf<"VerdictReplayed">

/** The write that made the verdict the row's, if there was one. */
export const ownWrite = (timeline: Timeline): Written | undefined =>
  timeline.lines.find(
    (line): line is Written =>
      (line._tag === "VerdictWritten" || line._tag === "VerdictReplayed") &&
      (line.outcome === "Applied" || line.outcome === "AlreadyApplied")
  )

export const violation = (
  guarantee: Guarantee,
  timeline: Pick<Timeline, "runId"> | undefined,
  expected: string,
  found: string,
  evidence: ReadonlyArray<Line | undefined>
): Violation => ({
  guarantee,
  runId: timeline?.runId,
  expected,
  found,
  evidence: evidence.filter((line) => line !== undefined)
})

/**
 * The lines of each attempt by themselves: those of one host, from the take-over that the attempt began with. A host
 * can have several attempts of one run, and each of them has an end of its own.
 */
export const attemptsOf = (timeline: Timeline): ReadonlyArray<Timeline> => {
  const attempts: Array<{ readonly runId: RunId; readonly lines: Array<Line> }> = []
  const latest = new Map<HostId, Array<Line>>()
  for (const line of timeline.lines) {
    // A replay speaks of the attempt whose verdict it brings.
    const isReplay = line._tag === "VerdictReplayed" || line._tag === "VerdictOverruled"
    const known = latest.get(isReplay ? line.previousHostId : line.hostId)
    if (known !== undefined && line._tag !== "RunTakenOver") {
      known.push(line)
      continue
    }
    const lines = [line]
    latest.set(line.hostId, lines)
    attempts.push({ runId: timeline.runId, lines })
  }
  return attempts
}

/** A check of each attempt of a run by itself. */
export const perAttempt =
  (check: RunCheck): RunCheck =>
  (timeline, facts) =>
    attemptsOf(timeline).flatMap((attempt) => check(attempt, facts))

export const describe = (written: Written): string =>
  [written.status, written.reason, written.workOutcome].filter((part) => part !== undefined).join(", ")
