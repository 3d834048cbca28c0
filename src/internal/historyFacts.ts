/**
 * How the checks read a history: what they look up in a timeline, what they know of the hosts, and the
 * shape in which they say what they found.
 *
 * @since 0.1.0
 */
import type { Guarantee, Stored, Timeline, Violation } from "../RunHistory.js"
import type { HostId } from "../RunId.js"
import type { Line } from "../RunLog.js"

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

/** The write that made this host's verdict the row's, if there was one. */
export const ownWrite = (timeline: Timeline): LineOf<"VerdictWritten"> | undefined =>
  all(timeline, "VerdictWritten").find(({ outcome }) => outcome === "Applied" || outcome === "AlreadyApplied")

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

export const describe = (written: LineOf<"VerdictWritten">): string =>
  [written.status, written.reason, written.workOutcome].filter((part) => part !== undefined).join(", ")
