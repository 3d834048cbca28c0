/**
 * One run in a report: what its timeline comes to, in a few fields, with the moments that a reader wants
 * to see on a line of time.
 *
 * @since 0.1.0
 */
import type { Timeline } from "../../RunHistory.js"
import type { HostId, RunId } from "../../RunId.js"
import type { Line } from "../../RunLog.js"
import type { FailureReason, TerminalStatus, WorkOutcome } from "../../RunStatus.js"
import { first } from "../history/historyFacts.js"

/**
 * What the log says last of a run: a terminal status that was told as stored, or why there is none.
 *
 * - `refused`: its start answered with an error.
 * - `active`: neither an end nor a verdict is in the log. `ended`: the work has ended, its verdict is not stored.
 * - `parked`: the verdict has not been stored for too long. `lost`: it was not stored when its host ended.
 * - `superseded`: another host owns it. `vanished`: its row is gone.
 */
export type State = TerminalStatus | "refused" | "active" | "ended" | "parked" | "lost" | "superseded" | "vanished"

/** A moment in the life of a run. `kind` decides how it is drawn. */
export interface Mark {
  readonly at: number
  readonly kind: "fault" | "retry" | "parked" | "cancel" | "stop" | "moved" | "lost" | "settled"
  readonly text: string
}

/** Times are milliseconds since 1970, UTC. */
export interface Entry {
  readonly id: RunId
  readonly name: string
  readonly key: string | undefined
  readonly hostId: HostId | undefined
  readonly state: State
  readonly reason: FailureReason | undefined
  readonly workOutcome: WorkOutcome | undefined
  readonly beganAt: number
  readonly workEndedAt: number | undefined
  readonly settledAt: number | undefined
  /** The last line of it. */
  readonly lastAt: number
  /** Terminal writes that its host sent. */
  readonly attempts: number | undefined
  readonly marks: ReadonlyArray<Mark>
  /** Marks that there was no room for. */
  readonly marksLeftOut: number
}

/** A run that was retried for a day has thousands; the first tell as much. */
const marksMax = 40

const failureText = ({ failure }: Extract<Line, { readonly _tag: "WriteFailed" | "VerdictParked" }>): string =>
  `${failure.operation} ${failure.class}${failure.code === undefined ? "" : ` ${failure.code}`}`

const marksOf = (line: Line): ReadonlyArray<Mark> => {
  const { at } = line
  switch (line._tag) {
    case "WriteFailed":
      return [
        { at, kind: "fault", text: `${failureText(line)}, attempt ${line.attempt}` },
        { at: at + line.retryInMillis, kind: "retry", text: `${line.failure.operation} again` }
      ]
    case "VerdictParked":
      return [{ at, kind: "parked", text: `${line.verdict} parked: ${failureText(line)}` }]
    case "CancelRequested":
      return [{ at, kind: "cancel", text: line.reason === undefined ? "cancel" : `cancel: ${line.reason}` }]
    case "StopRequested":
      return [{ at, kind: "stop", text: `stopped by ${line.stop}` }]
    case "GraceExceeded":
      return [{ at, kind: "stop", text: "ignores its interruption" }]
    case "StartFailed":
      return [{ at, kind: "lost", text: `start failed: ${line.error}` }]
    case "Superseded":
      return [{ at, kind: "moved", text: `superseded, ${line.status} elsewhere` }]
    case "RunRecovered":
      return [{ at, kind: "moved", text: `recovered as ${line.status}` }]
    case "RunVanished":
      return [{ at, kind: "lost", text: "its row is gone" }]
    case "VerdictLost":
      return [{ at, kind: "lost", text: `${line.settlement.status} lost at the exit of its host` }]
    case "RowUnknown":
      return [{ at, kind: "moved", text: "a row that nobody here started" }]
    case "Settled":
      return [{ at, kind: "settled", text: `${line.status} stored` }]
    default:
      return []
  }
}

const stateOf = (timeline: Timeline): State => {
  let state: State = "active"
  for (const line of timeline.lines) {
    switch (line._tag) {
      case "Settled":
      case "RunRecovered":
        return line.status
      case "RunVanished":
        return "vanished"
      case "VerdictLost":
        state = "lost"
        break
      case "Superseded":
        state = "superseded"
        break
      case "VerdictParked":
        state = "parked"
        break
      case "WorkEnded":
        state = "ended"
        break
      case "StartFailed":
        if (!line.abandoned) state = "refused"
        break
      default:
        break
    }
  }
  return state
}

/** @internal */
export const entryOf = (timeline: Timeline): Entry => {
  const { lines, runId } = timeline
  const started = first(timeline, "RunStarted")
  const settled = first(timeline, "Settled")
  const recovered = first(timeline, "RunRecovered")
  const failed = first(timeline, "StartFailed")
  const ended = first(timeline, "WorkEnded")
  const written = first(timeline, "VerdictWritten")
  const marks = lines.flatMap(marksOf)
  const [beginning] = lines
  return {
    id: runId,
    name: started?.name ?? failed?.name ?? recovered?.name ?? "?",
    key: started?.key,
    hostId: started?.hostId ?? beginning?.hostId,
    state: stateOf(timeline),
    reason: written?.reason ?? ended?.reason,
    workOutcome: settled?.workOutcome ?? ended?.outcome,
    beganAt: started?.at ?? beginning?.at ?? 0,
    workEndedAt: ended?.at,
    settledAt: settled?.at ?? recovered?.at,
    lastAt: lines.at(-1)?.at ?? 0,
    attempts: settled?.attempts,
    marks: marks.length <= marksMax ? marks : [...marks.slice(0, marksMax - 1), ...marks.slice(-1)],
    marksLeftOut: Math.max(0, marks.length - marksMax)
  }
}
