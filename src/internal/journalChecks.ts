/**
 * The check that no verdict is lost at exit (G6). A verdict that is in a journal may wait there; the first kernel that
 * comes up with that journal must have replayed it, and must not have judged its run before.
 *
 * @since 0.1.0
 */
import type { Timeline, Violation } from "../RunHistory.js"
import type { Line } from "../RunLog.js"
import { all, type Check, first, violation } from "./historyFacts.js"

/** @internal */
export const nothingLost: Check = ({ history }) => {
  const positions = new Map(history.lines.map((line, index) => [line, index]))
  const openings = history.lines.filter((line) => line._tag === "JournalRead" || line._tag === "HostStarted")
  return [...history.timelines.values()].flatMap((timeline) => [
    ...lost(timeline),
    ...notReplayed(timeline, openings, (line) => positions.get(line) ?? 0)
  ])
}

/** A verdict that the process took with it is a loss, and the log says so itself. */
const lost = (timeline: Timeline): ReadonlyArray<Violation> => {
  const line = first(timeline, "VerdictLost")
  const isFound = timeline.lines.some(({ _tag }) => _tag === "Settled")
  return line === undefined || isFound
    ? []
    : [violation("G6", timeline, "the verdict to be written", "lost at the exit of its host", [line])]
}

/** Said by whoever had it, before or after: the row is as it should be, and the entry is one too many. */
const ends = new Set<string>(["VerdictWritten", "VerdictReplayed", "Settled", "RunVanished", "Superseded"])

const notReplayed = (
  timeline: Timeline,
  openings: ReadonlyArray<Line>,
  positionOf: (line: Line) => number
): ReadonlyArray<Violation> => {
  const journaled = all(timeline, "VerdictJournaled").at(-1)
  if (journaled === undefined) return []
  const from = positionOf(journaled)
  const own = timeline.lines.filter(
    (line) => ends.has(line._tag) && (positionOf(line) > from || line.hostId === journaled.hostId)
  )
  const end = Math.min(...own.map(positionOf))
  const judged = all(timeline, "RunRecovered")
  const open = new Map<string, Line>()
  for (const line of [...openings, ...judged].toSorted((one, other) => positionOf(one) - positionOf(other))) {
    if (positionOf(line) >= end) return []
    if (positionOf(line) < from) continue
    if (line._tag === "JournalRead" && line.journals.includes(journaled.journal)) open.set(line.hostId, line)
    const read = open.get(line.hostId ?? "")
    if (read === undefined || line._tag === "JournalRead") continue
    const found =
      line._tag === "RunRecovered" ? "recovered as if its host had left no verdict" : "a host that came up without it"
    return [violation("G6", timeline, "the journaled verdict to be replayed first", found, [journaled, read, line])]
  }
  return []
}
