/**
 * The checks over what comes before and around the work: starts, keys, and hosts that are lost.
 *
 * @since 0.1.0
 */
import type { Violation } from "../RunHistory.js"
import type { RunId } from "../RunId.js"
import type { Line } from "../RunLog.js"
import { all, type Check, first, type LineOf, perRun, violation } from "./historyFacts.js"

/** A start that succeeded has its row; one that failed leaves nothing that goes on. */
export const atomicStart = perRun((timeline) => {
  const failed = first(timeline, "StartFailed")
  const started = first(timeline, "RunStarted")
  const ended = first(timeline, "WorkEnded")
  if (failed === undefined) return []
  const found: Array<Violation> = []
  if (started !== undefined) {
    found.push(violation("G7", timeline, "no work of a start that failed", "it began", [failed, started]))
  }
  if (ended !== undefined && ended.outcome !== "notStarted") {
    found.push(violation("G7", timeline, "no work of a start that failed", `it ${ended.outcome}`, [failed, ended]))
  }
  return found
})

/** After these the row of their run is terminal. */
const frees: ReadonlyArray<Line["_tag"]> = ["VerdictWritten", "VerdictReplayed", "RunRecovered", "Settled"]

/**
 * Two runs of one key never overlap: the second begins after the row of the first is terminal. The row frees the
 * key, so the write counts, also one whose answer was lost; what is told of it may come later, and never, where the
 * host that wrote it was killed before it could: a holder whose host says nothing any more is not held against it.
 */
export const singleActive: Check = ({ history, stopped }) => {
  const found: Array<Violation> = []
  const lastWords = new Map(history.lines.map((line, index) => [line.hostId, index]))
  const holders = new Map<string, LineOf<"RunStarted">>()
  const ended = new Set<RunId>()
  const free = (isFreed: (holder: RunId) => boolean) => {
    for (const [key, holder] of holders) if (isFreed(holder.runId)) holders.delete(key)
  }
  const maySpeak = ({ hostId }: Line, index: number) => stopped.has(hostId) || (lastWords.get(hostId) ?? -1) >= index
  for (const [index, line] of history.lines.entries()) {
    if (line._tag === "RunStarted" && line.key !== undefined) {
      const key = JSON.stringify([line.name, line.key])
      const holder = holders.get(key)
      if (holder !== undefined && holder.runId !== line.runId && maySpeak(holder, index)) {
        const timeline = history.timelines.get(line.runId)
        const expected = `the key ${line.key} of ${line.name} to be free`
        found.push(violation("G8", timeline, expected, `held by run ${holder.runId}`, [holder, line]))
      }
      holders.set(key, line)
    }
    if (line._tag === "WorkEnded") ended.add(line.runId)
    if (frees.includes(line._tag) && "runId" in line) {
      free((holder) => holder === line.runId)
    }
    if (line._tag === "WriteFailed" && line.failure.inDoubt && line.failure.operation === "settle") {
      const isNamed = (holder: RunId) => line.rows > line.runIds.length || line.runIds.includes(holder)
      free((holder) => ended.has(holder) && isNamed(holder))
    }
  }
  return found
}

/** A lost host's run is settled by exactly one other host, or restarted by it: each attempt is one host's alone. */
export const hostLoss = perRun((timeline) => {
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
})
