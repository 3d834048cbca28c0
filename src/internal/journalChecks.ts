/**
 * The check that no verdict is lost at exit (G6). A verdict that is in a journal may wait there; the first kernel that
 * comes up with that journal must have replayed it, and must not have judged its run before.
 *
 * @since 0.1.0
 */
import type { Timeline, Violation } from "../RunHistory.js"
import { all, type Facts, first, type LineOf, perRun, violation } from "./historyFacts.js"

/** @internal */
export const nothingLost = perRun((timeline, facts) => [...lost(timeline), ...notReplayed(timeline, facts)])

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

const notReplayed = (timeline: Timeline, { history }: Facts): ReadonlyArray<Violation> => {
  const journaled = all(timeline, "VerdictJournaled").at(-1)
  if (journaled === undefined) return []
  const from = history.lines.indexOf(journaled)
  const open = new Map<string, LineOf<"JournalRead">>()
  for (const [index, line] of history.lines.entries()) {
    const isOurs = "runId" in line && line.runId === timeline.runId
    if (isOurs && ends.has(line._tag) && (index > from || line.hostId === journaled.hostId)) return []
    if (index < from) continue
    if (line._tag === "JournalRead" && line.journals.includes(journaled.journal)) open.set(line.hostId, line)
    const read = open.get(line.hostId)
    if (read === undefined) continue
    const isJudged = line._tag === "RunRecovered" && isOurs
    if (line._tag !== "HostStarted" && !isJudged) continue
    const found = isJudged ? "recovered as if its host had left no verdict" : "a host that came up without it"
    return [violation("G6", timeline, "the journaled verdict to be replayed first", found, [journaled, read, line])]
  }
  return []
}
