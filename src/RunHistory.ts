/**
 * What happened, rebuilt from the log alone, and whether it kept the guarantees. A history is the
 * kernel's lines in their order, grouped by run; `check` compares them with G1 to G12 and, where rows
 * are given, with the database. Pure: the same log gives the same findings.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { checkRun } from "./internal/history/historyChecks.js"
import type { LineOf } from "./internal/history/historyFacts.js"
import * as Gathering from "./internal/history/historyGathering.js"
import * as JournalChecks from "./internal/history/journalChecks.js"
import * as KeyHolders from "./internal/history/keyHolders.js"
import type { Run } from "./Run.js"
import type { HostId, RunId } from "./RunId.js"
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
 * What the database has of a run: its row, or that there is none.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stored {
  readonly row: Run | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface JudgeOptions {
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
 * @since 0.1.0
 * @category options
 */
export interface CheckOptions extends JudgeOptions {
  /** The database's rows at the time at which the log ends. Defaults to none, and nothing is compared. */
  readonly rows?: ReadonlyArray<Run> | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface CheckerOptions extends JudgeOptions {
  /**
   * How many runs whose end was read are kept, for what may yet be said of them. Defaults to no bound: all are kept
   * until the end.
   */
  readonly endedMax?: number | undefined
}

/**
 * Checks a log line by line. Its memory is that of the runs which are active in the log, of `endedMax` others, and of
 * the ids of `scattered` ones.
 *
 * @since 0.1.0
 * @category models
 */
export interface Checker {
  /** Takes the next line. Gives what it shows about several runs at once; mostly nothing. */
  readonly add: (line: RunLog.Line) => ReadonlyArray<Violation>
  /** There are no more lines. */
  readonly end: () => void
  /** The timelines that were let go since the last call; after `end`, all that are left. */
  readonly take: () => ReadonlyArray<Timeline>
  /**
   * Runs of which a line came after they were let go. What was taken of them is not whole: gather their lines in a
   * second reading, and judge each again. Empty where `endedMax` is not given.
   */
  readonly scattered: ReadonlySet<RunId>
  /** What contradicts the guarantees in the history of one run. Compared with its row where `stored` is given. */
  readonly judge: (timeline: Timeline, stored?: Stored) => ReadonlyArray<Violation>
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
  const gathering = Gathering.make(Number.POSITIVE_INFINITY)
  for (const line of lines) gathering.add(line)
  gathering.end()
  return { lines, timelines: new Map(gathering.take().map((timeline) => [timeline.runId, timeline])), malformed: [] }
}

/**
 * A checker for logs that are too long to be kept; `check` uses it too, so there is one implementation of each check.
 *
 * @since 0.1.0
 * @category constructors
 * @example
 * import { RunHistory, type RunLog } from "effect-holdfast"
 *
 * export const findings = (lines: Iterable<RunLog.Line>) => {
 *   const checker = RunHistory.makeChecker({ endedMax: 2_000 })
 *   const found: Array<RunHistory.Violation> = []
 *   const judge = () => checker.take().forEach((timeline) => found.push(...checker.judge(timeline)))
 *   for (const line of lines) {
 *     found.push(...checker.add(line))
 *     judge()
 *   }
 *   checker.end()
 *   judge()
 *   return { found, scattered: checker.scattered }
 * }
 */
export const makeChecker = (options: CheckerOptions = {}): Checker => {
  const { endedMax = Number.POSITIVE_INFINITY, isFinal = false, toleranceMillis = 1_000 } = options
  const gathering = Gathering.make(endedMax)
  const started = new Map<HostId, LineOf<"HostStarted">>()
  const stopped = new Set<HostId>()
  const holders = KeyHolders.make(stopped)
  const journaled = JournalChecks.make((runId, hostId) =>
    gathering.linesOf(runId).some((line) => line.hostId === hostId && JournalChecks.isEnd(line))
  )
  return {
    add: (line) => {
      if (line._tag === "HostStarted") started.set(line.hostId, line)
      if (line._tag === "HostStopped") stopped.add(line.hostId)
      gathering.add(line)
      return [...holders.add(line), ...journaled.add(line)]
    },
    end: gathering.end,
    take: gathering.take,
    scattered: gathering.scattered,
    judge: (timeline, stored) => checkRun(timeline, { isFinal, toleranceMillis, started, stopped, stored })
  }
}

/**
 * Text that could not be read, as what it is: a violation of G11.
 *
 * @since 0.1.0
 * @category combinators
 */
export const unreadable = ({ lineNumber, problem }: Malformed): Violation => ({
  guarantee: "G11",
  runId: undefined,
  expected: `line ${lineNumber} to be well-formed`,
  found: problem,
  evidence: []
})

/**
 * The runs that a line speaks of: none for a line of the host, several for a failed write.
 *
 * @since 0.1.0
 * @category combinators
 */
export const runsOf: (line: RunLog.Line) => ReadonlyArray<RunId> = Gathering.runsOf

/**
 * The guarantees that the history does not keep; empty when all hold. G6 and G9 need a restart, and are looked at
 * where the log covers one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const check = (history: RunHistory, { rows, ...options }: CheckOptions = {}): ReadonlyArray<Violation> => {
  const rowOf = new Map(rows?.map((row) => [row.id, row]))
  const checker = makeChecker(options)
  const betweenRuns = history.lines.flatMap(checker.add)
  checker.end()
  const ofRuns = checker
    .take()
    .flatMap((timeline) => checker.judge(timeline, rows === undefined ? undefined : { row: rowOf.get(timeline.runId) }))
  const found = [...history.malformed.map(unreadable), ...betweenRuns, ...ofRuns]
  return found.sort((a, b) => numberOf(a) - numberOf(b))
}

const numberOf = ({ guarantee }: Violation): number => Guarantee.literals.indexOf(guarantee)

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
