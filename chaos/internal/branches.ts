/**
 * Which branches of retry, classification and answer an execution took, read off the kernel's own log.
 *
 * @since 0.1.0
 */
import type { FailureClass } from "../../src/RunError.js"
import type { Line } from "../../src/RunLog.js"

/**
 * The branches that the log of one execution shows.
 *
 * @since 0.1.0
 * @category combinators
 */
export const branchesOf = (log: ReadonlyArray<string>): ReadonlySet<string> => {
  const branches = new Set<string>()
  const parked = new Set<string>()
  let isDamaged = false
  for (const text of log) {
    const line = kernelLine(text)
    if (line === undefined) continue
    for (const branch of branchesOfLine(line)) branches.add(branch)
    if (line._tag === "DatabaseDamaged") isDamaged = true
    if (line._tag === "VerdictParked") parked.add(line.runId)
    if (line._tag === "VerdictWritten") {
      if (isDamaged) branches.add("database sound again")
      if (parked.has(line.runId)) branches.add("verdict written: after it was parked")
    }
  }
  return branches
}

/** Not decoded: the kernel that wrote it is the one that is explored, and its lines are checked elsewhere. */
const kernelLine = (text: string): Line | undefined => {
  if (!text.includes('"holdfast":1')) return undefined
  const { message } = JSON.parse(text) as { readonly message?: { readonly holdfast?: unknown } | undefined }
  return message?.holdfast === 1 ? (message as Line) : undefined
}

const branchesOfLine = (line: Line): ReadonlyArray<string> => {
  switch (line._tag) {
    case "WriteFailed":
      return writeFailed(line)
    case "VerdictWritten":
      return [`verdict written: ${line.outcome}`, ...(line.attempts > 1 ? ["verdict written: after a failure"] : [])]
    case "VerdictParked":
      return [`verdict parked: by ${parkedBy(line.failure.class)}`]
    case "StartFailed":
      return [`start failed: ${line.abandoned ? abandonedBy(line.error) : "refused"}`]
    case "CancelAnswered":
      return [`cancel answered: ${cancelAnswer(line)}`]
    case "StopRequested":
      return [`stop requested: ${line.stop}`]
    case "VerdictLost":
      return ["verdict lost"]
    case "VerdictJournaled":
      return ["verdict journaled"]
    case "VerdictReplayed":
      return [`verdict replayed: ${line.outcome}`]
    case "JournalFailed":
      return [`journal failed: ${line.operation}`]
    case "JournalLineRejected":
      return ["journal line rejected"]
    case "DatabaseDamaged":
      return ["database damaged"]
    case "LeaseFailed":
      return ["lease failed"]
    case "LeaseReplaced":
      return ["lease replaced"]
    case "LeaseEnded":
      return [`lease ended: ${line.policy}`]
    case "HostFenced":
      return [`host fenced: ${line.why}`]
    case "RunRecovered":
      return ["run recovered"]
    case "RunTakenOver":
      return ["run taken over"]
    case "RunReleased":
      return ["run released"]
    case "RunLeft":
      return ["run left"]
    case "DefinitionUnknown":
      return ["definition unknown"]
    case "RowUnknown":
      return ["row unknown"]
    case "Superseded":
      return ["run superseded"]
    case "RunVanished":
      return ["run vanished"]
    case "GraceExceeded":
      return ["grace exceeded"]
    case "JournalRead":
    case "VerdictOverruled":
    case "HostStarted":
    case "HostStopping":
    case "HostStopped":
    case "RecoveryProgressed":
    case "RunStarted":
    case "CancelRequested":
    case "WorkEnded":
    case "Settled":
      return []
  }
}

const writeFailed = ({
  failure,
  retryInMillis,
  rows
}: Extract<Line, { _tag: "WriteFailed" }>): ReadonlyArray<string> => {
  const isolated =
    rows > 1 ? "the batch is split" : retryInMillis > 0 ? "the row stays alone" : "the row is written without its value"
  return [
    failure.operation === "open"
      ? "write failed: no connection"
      : `write failed: ${failure.operation}, ${failure.class}`,
    `write failed: ${failure.inDoubt ? "in doubt" : "not in doubt"}`,
    ...(failure.message.includes("no answer within") ? ["write failed: nothing was answered in time"] : []),
    ...(failure.class === "permanent" && failure.operation !== "progress" ? [`write isolated: ${isolated}`] : [])
  ]
}

const parkedBy = (failureClass: FailureClass): string =>
  failureClass === "permanent"
    ? "a row that is refused"
    : failureClass === "fatal"
      ? "a damaged database"
      : "a failure that passes"

const abandonedBy = (error: string): string =>
  error === "Interrupted"
    ? "abandoned after an interruption"
    : error === "KernelStopped"
      ? "abandoned by a shutdown"
      : "abandoned after a failure"

const cancelAnswer = ({ answer, durable }: Extract<Line, { _tag: "CancelAnswered" }>): string => {
  switch (answer) {
    case "Requested":
      return durable === true ? "durable" : "not durable"
    case "AlreadyTerminal":
      return "too late"
    case "Failed":
      return "failed"
  }
}
