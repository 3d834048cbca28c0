/**
 * What a log shows, as data: how many runs came to which end, what the database failed with, how long
 * things took, which guarantees hold, and a bounded number of runs in detail. `holdfast inspect` prints
 * it, and `html` makes one page of it that needs nothing else.
 *
 * @since 0.1.0
 */
import { guaranteeTitles } from "./internal/report/guaranteeTitles.js"
import * as Latencies from "./internal/report/latencies.js"
import { collector } from "./internal/report/reportCollecting.js"
import { reportPage } from "./internal/report/reportPage.js"
import type * as RunEntry from "./internal/report/runEntry.js"
import * as RunHistory from "./RunHistory.js"
import type { HostId, RunId } from "./RunId.js"
import type * as RunLog from "./RunLog.js"

// -- models ------------------------------------------------------------------------------------------------

/**
 * One run: its state, its times, and the moments in between.
 *
 * @since 0.1.0
 * @category models
 */
export type Entry = RunEntry.Entry

/**
 * What the log says last of a run: a terminal status, or why there is none.
 *
 * @since 0.1.0
 * @category models
 */
export type State = RunEntry.State

/**
 * Durations in buckets; `bounds` in the order of `counts`, in milliseconds, the last count being of what is above.
 *
 * @since 0.1.0
 * @category models
 */
export type Durations = Latencies.Latencies

/**
 * @since 0.1.0
 * @category models
 */
export interface Host {
  readonly hostId: HostId
  readonly startedAt: number
  /** Undefined where the log does not say that it stopped. */
  readonly stoppedAt: number | undefined
  /** Verdicts that it could not store before it stopped. */
  readonly unwritten: number | undefined
}

/**
 * Failures of the database of one kind.
 *
 * @since 0.1.0
 * @category models
 */
export interface Faults {
  readonly operation: string
  readonly class: string
  readonly code: string | undefined
  readonly count: number
}

/**
 * A line that led to a violation, and where it stands, if that is known.
 *
 * @since 0.1.0
 * @category models
 */
export interface Quote {
  readonly place: string | undefined
  readonly text: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Finding {
  readonly guarantee: RunHistory.Guarantee
  readonly runId: RunId | undefined
  readonly expected: string
  readonly found: string
  readonly quotes: ReadonlyArray<Quote>
}

/**
 * Times are milliseconds since 1970, UTC; durations are milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Report {
  readonly title: string
  readonly lineCount: number
  /** From the first line of the kernel to the last. Undefined where there is none. */
  readonly span: { readonly from: number; readonly to: number } | undefined
  readonly runCount: number
  readonly states: Readonly<Partial<Record<State, number>>>
  readonly hosts: ReadonlyArray<Host>
  readonly faults: ReadonlyArray<Faults>
  /** From the start to the end of the work. */
  readonly work: Durations
  /** From the end of the work until its status is stored and told. */
  readonly settling: Durations
  /** How many violations of each guarantee, of those that have any. */
  readonly violationCounts: Readonly<Partial<Record<RunHistory.Guarantee, number>>>
  /** `findingMax` of them at most. */
  readonly findings: ReadonlyArray<Finding>
  /**
   * `entryMax` of them at most, in the order of their beginnings: those that broke a guarantee first, then those to which
   * something happened, then others; where not all of a kind have room, evenly over the time.
   */
  readonly entries: ReadonlyArray<Entry>
}

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** What the report is about. Defaults to `"Holdfast"`. */
  readonly title?: string | undefined
  /**
   * Runs in detail at most: twice as many are kept until the end. Those with a fault, a violation or without an end
   * are preferred. Defaults to `20000`.
   */
  readonly entryMax?: number | undefined
  /** Violations in full at most; all are counted. Defaults to `1000`. */
  readonly findingMax?: number | undefined
  /** Where a line stands, for its quotation. Defaults to nothing. */
  readonly placeOf?: ((line: RunLog.Line) => string | undefined) | undefined
}

/**
 * Makes a report out of parts, as a log is read. Its memory is bounded by `entryMax` and `findingMax`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Collector {
  readonly addLine: (line: RunLog.Line) => void
  /**
   * Adds a run that was judged. `isAgain` where it was added before, and more of its lines were found since: then it
   * takes the place of what was said of it, and is not counted again.
   */
  readonly addRun: (
    timeline: RunHistory.Timeline,
    violations: ReadonlyArray<RunHistory.Violation>,
    isAgain?: boolean
  ) => void
  /** Adds a violation that is not of one run alone. Its lines are quoted, unless `quotes` are given. */
  readonly addViolation: (violation: RunHistory.Violation, quotes?: ReadonlyArray<Quote>) => void
  readonly report: () => Report
}

// -- constructors ------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category constructors
 */
export const makeCollector: (options?: Options) => Collector = collector

/**
 * The report of a history that is in memory.
 *
 * @since 0.1.0
 * @category constructors
 * @example
 * import { readFileSync, writeFileSync } from "node:fs"
 * import { RunHistory, RunReport } from "effect-holdfast"
 *
 * export const page = (log: string) => {
 *   const history = RunHistory.fromLog(readFileSync(log, "utf8"))
 *   writeFileSync(`${log}.html`, RunReport.html(RunReport.fromHistory(history, { title: log })))
 * }
 */
export const fromHistory = (
  history: RunHistory.RunHistory,
  options: Options & RunHistory.CheckOptions = {}
): Report => {
  const made = collector(options)
  for (const line of history.lines) made.addLine(line)
  const ofRuns = new Map<RunId, Array<RunHistory.Violation>>()
  for (const violation of RunHistory.check(history, options)) {
    if (violation.runId === undefined) made.addViolation(violation)
    else ofRuns.set(violation.runId, [...(ofRuns.get(violation.runId) ?? []), violation])
  }
  for (const timeline of history.timelines.values()) made.addRun(timeline, ofRuns.get(timeline.runId) ?? [])
  return made.report()
}

/**
 * The report as one HTML page: light and dark, without anything from elsewhere; its summary can be read without
 * script. Whatever the log says is escaped.
 *
 * @since 0.1.0
 * @category combinators
 */
export const html: (report: Report) => string = reportPage

/**
 * The duration within which this share of them stays, as far as buckets can tell: 0.5 for one half. In milliseconds.
 *
 * @since 0.1.0
 * @category combinators
 */
export const quantile: (durations: Durations, share: number) => number = Latencies.quantile

/**
 * What each guarantee is called.
 *
 * @since 0.1.0
 * @category models
 */
export const titles: Readonly<Record<RunHistory.Guarantee, string>> = guaranteeTitles
