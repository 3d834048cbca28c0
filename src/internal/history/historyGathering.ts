/**
 * Lines on their way to timelines. A run whose end is in the log is kept for a while, since more may be
 * said of it, and is then let go: so a log of any length needs the memory of the runs that are active
 * in it and of a bounded number of others. Runs of which a line comes after they were let go are named,
 * to be gathered in another reading.
 *
 * @since 0.1.0
 */
import type { Timeline } from "../../RunHistory.js"
import type { RunId } from "../../RunId.js"
import type { Line } from "../../RunLog.js"
import * as RunFilter from "./runFilter.js"

/** @internal */
export interface Gathering {
  readonly add: (line: Line) => void
  /** Lets go of all. */
  readonly end: () => void
  /** Those let go since the last time that this was asked. */
  readonly take: () => ReadonlyArray<Timeline>
  /** What is kept of a run so far. */
  readonly linesOf: (runId: RunId) => ReadonlyArray<Line>
  /** Runs of which a line came after they were let go. */
  readonly scattered: ReadonlySet<RunId>
}

/** The runs that a line speaks of. @internal */
export const runsOf = (line: Line): ReadonlyArray<RunId> => {
  if (line._tag === "WriteFailed") return line.runIds
  return "runId" in line && line.runId !== undefined ? [line.runId] : []
}

/** Whether a run's history usually ends with this line, as far as its other lines say. */
const isEnd = (line: Line, timeline: Timeline): boolean => {
  switch (line._tag) {
    case "Settled":
    case "RunVanished":
    case "RunRecovered":
    case "VerdictReplayed":
      return true
    case "StartFailed":
      return !line.abandoned && timeline.lines.every(({ _tag }) => _tag !== "RunStarted")
    default:
      return false
  }
}

/** @internal */
export const make = (endedMax: number): Gathering => {
  const timelines = new Map<RunId, { readonly runId: RunId; readonly lines: Array<Line> }>()
  /** In the order in which they ended. */
  const ended = new Set<RunId>()
  const gone = RunFilter.make()
  const scattered = new Set<RunId>()
  let whole: Array<Timeline> = []

  const letGo = (runId: RunId) => {
    const timeline = timelines.get(runId)
    if (timeline !== undefined) whole.push(timeline)
    timelines.delete(runId)
    ended.delete(runId)
  }

  const timelineOf = (runId: RunId) => {
    const known = timelines.get(runId)
    if (known !== undefined) return known
    if (scattered.has(runId)) return undefined
    if (gone.mayHave(runId)) {
      scattered.add(runId)
      return undefined
    }
    const timeline: { readonly runId: RunId; readonly lines: Array<Line> } = { runId, lines: [] }
    timelines.set(runId, timeline)
    return timeline
  }

  const addTo = (runId: RunId, line: Line) => {
    const timeline = timelineOf(runId)
    if (timeline === undefined) return
    timeline.lines.push(line)
    if (isEnd(line, timeline)) ended.add(runId)
    if (ended.size <= endedMax) return
    const [oldest] = ended
    if (oldest === undefined) return
    gone.add(oldest)
    letGo(oldest)
  }

  return {
    add: (line) => {
      for (const runId of runsOf(line)) addTo(runId, line)
    },
    end: () => {
      for (const runId of [...timelines.keys()]) letGo(runId)
    },
    take: () => {
      const taken = whole
      whole = []
      return taken
    },
    linesOf: (runId) => timelines.get(runId)?.lines ?? [],
    scattered
  }
}
