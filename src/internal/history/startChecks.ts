/**
 * The checks over what comes before and around the work: starts, and hosts that are lost.
 *
 * @since 0.1.0
 */
import type { Violation } from "../../RunHistory.js"
import { all, first, type RunCheck, violation } from "./historyFacts.js"

/**
 * A start that succeeded has its row; one that failed leaves nothing that goes on. Another host that took the run over,
 * from one that it had judged lost, may have begun it before it could be settled: such a start is answered as in doubt.
 */
export const atomicStart: RunCheck = (timeline) => {
  const failed = first(timeline, "StartFailed")
  if (failed === undefined) return []
  const here = { ...timeline, lines: timeline.lines.filter(({ hostId }) => hostId === failed.hostId) }
  const started = first(here, "RunStarted")
  const ended = first(here, "WorkEnded")
  const found: Array<Violation> = []
  if (started !== undefined) {
    found.push(violation("G7", timeline, "no work of a start that failed", "it began", [failed, started]))
  }
  if (ended !== undefined && ended.outcome !== "notStarted") {
    found.push(violation("G7", timeline, "no work of a start that failed", `it ${ended.outcome}`, [failed, ended]))
  }
  return found
}

/** A lost host's run is settled by exactly one other host, or restarted by it: each attempt is one host's alone. */
export const hostLoss: RunCheck = (timeline) => {
  const found: Array<Violation> = []
  const recovered = all(timeline, "RunRecovered")
  if (recovered.length > 1) found.push(violation("G9", timeline, "one recovery", `${recovered.length}`, recovered))
  const started = all(timeline, "RunStarted")
  const taken = new Map(all(timeline, "RunTakenOver").map((line) => [line.attempt, line]))
  for (const [index, line] of started.entries()) {
    const { attempt, hostId } = line
    const twin = started.slice(0, index).find((other) => other.attempt === attempt)
    if (twin !== undefined) {
      found.push(violation("G9", timeline, `attempt ${attempt} to begin once`, "it began again", [twin, line]))
    }
    if (attempt > 1 && taken.get(attempt)?.hostId !== hostId) {
      found.push(violation("G9", timeline, "work that begins again to have been taken over", "it was not", [line]))
    }
  }
  return found
}
