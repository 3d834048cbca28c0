/**
 * What happened, rebuilt from the log alone, and whether it kept the guarantees. A history is the
 * kernel's lines in their order, grouped by run; `check` compares them with G1 to G12 and, where rows
 * are given, with the database. Pure: the same log gives the same findings.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { findViolations } from "./internal/historyChecks.js"
import type { Run } from "./Run.js"
import type { RunId } from "./RunId.js"
import * as RunLog from "./RunLog.js"

/**
 * The number of a guarantee, as the docs, the scenarios and the findings use it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Guarantee: Schema.Literal<["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G10", "G11", "G12"]> =
  Schema.Literal("G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G10", "G11", "G12")
/**
 * @since 0.1.0
 * @category models
 */
export type Guarantee = typeof Guarantee.Type

/**
 * One run's lines, in the order of the log.
 *
 * @since 0.1.0
 * @category models
 */
export interface Timeline {
  readonly runId: RunId
  readonly lines: ReadonlyArray<RunLog.Line>
}

/**
 * Text in the log that no reader could use.
 *
 * @since 0.1.0
 * @category models
 */
export interface Malformed {
  /** From 1. */
  readonly lineNumber: number
  readonly problem: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RunHistory {
  /** The kernel's lines, in order; those of the host itself are left out. */
  readonly lines: ReadonlyArray<RunLog.Line>
  readonly timelines: ReadonlyMap<RunId, Timeline>
  readonly malformed: ReadonlyArray<Malformed>
}

/**
 * A guarantee that does not hold: of which run, what was expected, what was found, and the lines that led there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Violation {
  readonly guarantee: Guarantee
  readonly runId: RunId | undefined
  readonly expected: string
  readonly found: string
  readonly evidence: ReadonlyArray<RunLog.Line>
}

/**
 * @since 0.1.0
 * @category options
 */
export interface CheckOptions {
  /** The database's rows at the time at which the log ends. Defaults to none, and nothing is compared. */
  readonly rows?: ReadonlyArray<Run> | undefined
  /**
   * Whether every run must have come to its end. Defaults to `false`: only those of hosts that have logged
   * `HostStopped` must.
   */
  readonly isFinal?: boolean | undefined
  /**
   * How much later than they should real timers may come, in milliseconds: a busy process is late with everything.
   * Defaults to `1000`; on a simulated clock `1` does, for rounding.
   */
  readonly toleranceMillis?: number | undefined
}

/**
 * Rebuilds a history from an NDJSON log, which may hold other lines as well.
 *
 * @since 0.1.0
 * @category constructors
 * @example
 * import { RunHistory } from "effect-holdfast"
 *
 * export const findings = (ndjson: string) => RunHistory.check(RunHistory.fromLog(ndjson))
 */
export const fromLog = (ndjson: string): RunHistory => {
  const lines: Array<RunLog.Line> = []
  const malformed: Array<Malformed> = []
  for (const [index, text] of ndjson.split("\n").entries()) {
    if (text.trim() === "") continue
    const parsed = RunLog.parse(text)
    switch (parsed._tag) {
      case "Kernel":
        lines.push(parsed.line)
        break
      case "Malformed":
        malformed.push({ lineNumber: index + 1, problem: parsed.problem })
        break
      case "Other":
        break
    }
  }
  return { ...fromLines(lines), malformed }
}

/**
 * Rebuilds a history from lines that are decoded already.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromLines = (lines: ReadonlyArray<RunLog.Line>): RunHistory => {
  const timelines = new Map<RunId, { readonly runId: RunId; readonly lines: Array<RunLog.Line> }>()
  const add = (runId: RunId, line: RunLog.Line) => {
    const timeline = timelines.get(runId)
    if (timeline === undefined) timelines.set(runId, { runId, lines: [line] })
    else timeline.lines.push(line)
  }
  for (const line of lines) {
    if ("runId" in line && line.runId !== undefined) add(line.runId, line)
    if (line._tag === "WriteFailed") for (const runId of line.runIds) add(runId, line)
  }
  return { lines, timelines, malformed: [] }
}

/**
 * The guarantees that the history does not keep; empty when all hold. G6 and G9 need a restart, and are looked at
 * where the log covers one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const check = (history: RunHistory, options: CheckOptions = {}): ReadonlyArray<Violation> =>
  findViolations(history, options)

/**
 * A violation as a paragraph of text.
 *
 * @since 0.1.0
 * @category combinators
 */
export const render = (violation: Violation): string => {
  const where = violation.runId === undefined ? "" : ` (run ${violation.runId})`
  const evidence = violation.evidence.map((line) => `    ${JSON.stringify(line)}`)
  return [`${violation.guarantee}${where}: expected ${violation.expected}; found ${violation.found}`, ...evidence].join(
    "\n"
  )
}
