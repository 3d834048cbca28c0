/**
 * The checks that no verdict is lost at exit (G6). A verdict that is in a journal may wait there; the first kernel that
 * comes up with that journal must have replayed it, and must not have judged its run before.
 *
 * @since 0.1.0
 */
import type { Violation } from "../../RunHistory.js"
import type { HostId, RunId } from "../../RunId.js"
import type { Line } from "../../RunLog.js"
import { first, type LineOf, type RunCheck, violation } from "./historyFacts.js"

/** A verdict that the process took with it is a loss, and the log says so itself. */
export const nothingLost: RunCheck = (timeline) => {
  const line = first(timeline, "VerdictLost")
  const isFound = timeline.lines.some(({ _tag }) => _tag === "Settled")
  return line === undefined || isFound
    ? []
    : [violation("G6", timeline, "the verdict to be written", "lost at the exit of its host", [line])]
}

/** Over the lines of all runs, one line after the other. @internal */
export interface JournaledVerdicts {
  readonly add: (line: Line) => ReadonlyArray<Violation>
}

type Journaled = LineOf<"VerdictJournaled">

/** Said by whoever had it, before or after: the row is as it should be, and the entry is one too many. */
const ends = new Set<Line["_tag"]>(["VerdictWritten", "VerdictReplayed", "Settled", "RunVanished", "Superseded"])

/**
 * It keeps a line for each verdict that waits in a journal, and for each host the one that says which journals it has read.
 * `endedBefore` says whether this host had told the end of a run already: the append was on its way then.
 *
 * @internal
 */
export const make = (endedBefore: (runId: RunId, hostId: HostId) => boolean): JournaledVerdicts => {
  const waiting = new Map<RunId, Journaled>()
  const readBy = new Map<HostId, LineOf<"JournalRead">>()

  const neglected = (verdict: Journaled, line: Line, found: string): ReadonlyArray<Violation> => {
    const read = line.hostId === undefined ? undefined : readBy.get(line.hostId)
    if (read?.journals.includes(verdict.journal) !== true) return []
    waiting.delete(verdict.runId)
    return [violation("G6", verdict, "the journaled verdict to be replayed first", found, [verdict, read, line])]
  }

  return {
    add: (line) => {
      switch (line._tag) {
        case "VerdictJournaled":
          if (!endedBefore(line.runId, line.hostId)) waiting.set(line.runId, line)
          return []
        case "JournalRead":
          readBy.set(line.hostId, line)
          return []
        case "HostStarted":
          return [...waiting.values()].flatMap((one) => neglected(one, line, "a host that came up without it"))
        case "RunRecovered": {
          const one = waiting.get(line.runId)
          return one === undefined ? [] : neglected(one, line, "recovered as if its host had left no verdict")
        }
        default:
          if (ends.has(line._tag) && "runId" in line && line.runId !== undefined) waiting.delete(line.runId)
          return []
      }
    }
  }
}

/** @internal */
export const isEnd = (line: Line): boolean => ends.has(line._tag)
