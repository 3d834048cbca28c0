/**
 * Inspects logs of any size: reads them as a stream, judges each run when its end has been read, compares
 * it with the database where there is one, and lets it go. Runs of which lines came too late for that
 * are gathered in further readings.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type { Run } from "../Run.js"
import type { StoreFailure } from "../RunError.js"
import * as RunHistory from "../RunHistory.js"
import type { RunId } from "../RunId.js"
import type * as RunLog from "../RunLog.js"
import * as RunReport from "../RunReport.js"
import * as LogReader from "./logReader.js"
import { Unusable } from "./unusable.js"

export interface Options {
  /** Only this run is judged and shown. */
  readonly runId: RunId | undefined
  readonly isFinal: boolean
  /** Rows by their ids, from the database. */
  readonly rowsOf: ((ids: ReadonlyArray<RunId>) => Effect.Effect<ReadonlyArray<Run>, StoreFailure>) | undefined
  /** Runs in detail, in the report. Defaults as there. */
  readonly entryMax: number | undefined
  /** Runs whose end was read are kept for this many others. Defaults to `2000`, about 8 MB. */
  readonly endedMax?: number | undefined
}

export interface Inspection {
  readonly report: RunReport.Report
  /** Lines that are not the kernel's. */
  readonly foreignCount: number
  /** Logs that end in the middle of a line. */
  readonly tornCount: number
  /** Runs that were compared with the database, and those of them that have no row. */
  readonly compared: { readonly count: number; readonly missing: number } | undefined
  /** Of the run that was asked for. */
  readonly timeline: ReadonlyArray<RunReport.Quote>
}

/** Of the scattered runs, gathered in one reading. */
const gatheredMax = 5_000

export const inspect = (
  logs: ReadonlyArray<LogReader.Log>,
  options: Options
): Effect.Effect<Inspection, Unusable | StoreFailure, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const judging = makeJudging(logs, options)
    yield* firstReading(logs, options, judging)
    const scattered = [...judging.checker.scattered]
    for (let from = 0; from < scattered.length; from += gatheredMax) {
      yield* gather(logs, new Set(scattered.slice(from, from + gatheredMax)), options, judging)
    }
    return yield* judging.finish
  })

// -- what all readings share -------------------------------------------------------------------------------

type Judging = ReturnType<typeof makeJudging>

const makeJudging = (logs: ReadonlyArray<LogReader.Log>, options: Options) => {
  const checker = RunHistory.makeChecker({ endedMax: options.endedMax ?? 2_000, isFinal: options.isFinal })
  const placeOf = (line: RunLog.Line): string | undefined => {
    const place = (line as Placed)[placeKey]
    return place === undefined ? undefined : placeText(place)
  }
  const collector = RunReport.makeCollector({
    title: logs.map(({ name }) => name).join(", "),
    entryMax: options.entryMax,
    placeOf
  })
  const timeline: Array<RunReport.Quote> = []
  const counts = { foreign: 0, torn: 0, compared: 0, missing: 0 }

  const isAskedFor = (runId: RunId | undefined): boolean => options.runId === undefined || options.runId === runId

  /** Judges these, each with its row where there is a database. */
  const judge = (timelines: ReadonlyArray<RunHistory.Timeline>, isAgain: boolean) =>
    Effect.gen(function* () {
      const wanted = timelines.filter(({ runId }) => isAskedFor(runId))
      if (wanted.length === 0) return
      const rows = yield* rowsOf(wanted)
      for (const one of wanted) {
        const stored = rows === undefined ? undefined : { row: rows.get(one.runId) }
        collector.addRun(one, checker.judge(one, stored), isAgain)
        if (stored === undefined || isAgain) continue
        counts.compared += 1
        if (stored.row === undefined) counts.missing += 1
      }
    })

  const rowsOf = (timelines: ReadonlyArray<RunHistory.Timeline>) =>
    options.rowsOf === undefined
      ? Effect.succeed(undefined)
      : Effect.map(
          options.rowsOf(timelines.map(({ runId }) => runId)),
          (rows) => new Map(rows.map((row) => [row.id, row]))
        )

  const finish = Effect.suspend(() => {
    const report = collector.report()
    if (report.lineCount === 0) return noKernelLines(report)
    if (options.runId !== undefined && timeline.length === 0) return noSuchRun(options.runId, report.title)
    return Effect.succeed<Inspection>({
      report,
      foreignCount: counts.foreign,
      tornCount: counts.torn,
      compared: options.rowsOf === undefined ? undefined : { count: counts.compared, missing: counts.missing },
      timeline
    })
  })

  return { placeOf, checker, collector, timeline, counts, isAskedFor, judge, finish }
}

/** On the line itself: a WeakMap beside all lines cost the garbage collector a fifth of the whole time (measured). */
const placeKey: unique symbol = Symbol("place")
type Placed = RunLog.Line & { [placeKey]?: LogReader.Place }

const keepPlace = (line: RunLog.Line, place: LogReader.Place): void => {
  const placed: Placed = line
  placed[placeKey] = place
}

const placeText = ({ lineNumber, log }: LogReader.Place): string => `${log}:${lineNumber}`

/** What looked like a broken line of ours is told: without one that is whole it may be anything. */
const noKernelLines = ({ findings: [first], title }: RunReport.Report) => {
  const broken =
    first === undefined ? "" : ` The first that cannot be read is ${first.quotes[0]?.place}: ${first.found}.`
  return new Unusable({
    problem: `${title} has no line of a Holdfast kernel. Expected the NDJSON that RunLog.layerFile or RunLog.layerConsole writes, at level Info.${broken}`
  })
}

const noSuchRun = (runId: RunId, title: string) =>
  new Unusable({ problem: `${title} has no line of run ${runId}. Check the id, and that this is the log of its host.` })

// -- readings ----------------------------------------------------------------------------------------------

/** Lines of one run that are shown at most. */
const timelineMax = 10_000

const firstReading = (logs: ReadonlyArray<LogReader.Log>, { runId }: Options, judging: Judging) => {
  const { checker, collector, counts, isAskedFor, judge, placeOf, timeline } = judging

  const onKernel = (line: RunLog.Line, place: LogReader.Place) => {
    keepPlace(line, place)
    collector.addLine(line)
    for (const violation of checker.add(line)) if (isAskedFor(violation.runId)) collector.addViolation(violation)
    if (runId !== undefined && timeline.length < timelineMax && RunHistory.runsOf(line).includes(runId)) {
      timeline.push({ place: placeOf(line), text: JSON.stringify(line) })
    }
  }

  const onEntry = (entry: LogReader.Entry) => {
    switch (entry._tag) {
      case "Kernel":
        return onKernel(entry.line, entry.place)
      case "Foreign":
        counts.foreign += 1
        return
      case "Torn":
        counts.torn += 1
        return
      case "Unreadable": {
        if (runId !== undefined) return
        const { place, problem, text } = entry
        const violation = RunHistory.unreadable({ lineNumber: place.lineNumber, problem })
        return collector.addViolation(violation, [{ place: placeText(place), text }])
      }
    }
  }

  const judgeWhole = Effect.suspend(() => judge(checker.take(), false))
  return Effect.zipRight(
    LogReader.readAll(logs, { onEntry, afterChunk: judgeWhole }),
    Effect.suspend(() => {
      checker.end()
      return judgeWhole
    })
  )
}

/** Reads the logs again, for all lines of these runs. */
const gather = (
  logs: ReadonlyArray<LogReader.Log>,
  runs: ReadonlySet<RunId>,
  options: Options,
  { isAskedFor, judge }: Judging
) => {
  const lines: Array<RunLog.Line> = []
  const wanted = options.runId === undefined ? runs : new Set([...runs].filter(isAskedFor))
  if (wanted.size === 0) return Effect.void
  const onEntry = (entry: LogReader.Entry) => {
    if (entry._tag !== "Kernel") return
    keepPlace(entry.line, entry.place)
    lines.push(entry.line)
  }
  return Effect.zipRight(
    LogReader.readAll(logs, { onEntry, afterChunk: Effect.void, runs: wanted }),
    Effect.suspend(() => {
      const { timelines } = RunHistory.fromLines(lines)
      const whole = [...timelines.values()].filter(({ runId }) => wanted.has(runId))
      return judge(whole, true)
    })
  )
}
