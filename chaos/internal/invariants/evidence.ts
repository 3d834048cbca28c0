/**
 * G11: the log is evidence. Every line can be read by its schema, and the story that the lines tell is
 * the one that callers, subscribers, the work and the rows have seen.
 *
 * @since 0.1.0
 */

import type { Line } from "../../../src/RunLog.js"
import * as RunLog from "../../../src/RunLog.js"
import { type Checker, Findings } from "./finding.js"
import { type Call, type EntryOf, linesOf, type RunStory, rowBefore, type Story, valueOf } from "./story.js"

export const evidence: Checker = (story) => {
  const found = new Findings("G11", story)
  readable(found, story)
  for (const run of story.runs.values()) {
    works(found, story, run)
    cancels(found, run)
    ends(found, run)
  }
  return found.violations
}

/** A line is read as text where its text may be odd, and one in so many besides: reading all of them costs too much. */
const sampleEvery = 61

const readable = (found: Findings, story: Story): void => {
  for (const [index, entry] of story.lines.entries()) {
    if (index % sampleEvery !== 0 && !isOdd(entry.line)) continue
    const parsed = RunLog.parse(JSON.stringify({ message: entry.line }))
    if (parsed._tag === "Kernel") continue
    const problem = parsed._tag === "Malformed" ? parsed.problem : "not a line of the kernel"
    found.add("runId" in entry.line ? entry.line.runId : undefined, "a line that its schema can read", problem, [entry])
  }
}

/** Holds text from outside, with something in it that JSON or a line would have to escape. */
const isOdd = (line: Line): boolean => {
  const texts = [
    "message" in line ? line.message : undefined,
    "cause" in line ? line.cause : undefined,
    "reason" in line ? line.reason : undefined
  ]
  return texts.some((text) => text !== undefined && /[^\u0020-\u007e\n]/.test(text))
}

/** Work that ran was logged as begun before it began, and as ended with what it did. */
const works = (found: Findings, story: Story, run: RunStory): void => {
  for (const began of run.begins) {
    const started = linesOf(run, "RunStarted").find(
      ({ line, sequence }) => sequence < began.sequence && line.attempt === began.attempt
    )
    if (started === undefined) found.add(run.runId, "RunStarted in the log before the work begins", "no line", [began])
  }
  for (const ended of run.ends) endOfWork(found, story, run, ended)
}

const endOfWork = (found: Findings, story: Story, run: RunStory, ended: EntryOf<"WorkEnded">): void => {
  const logged = linesOf(run, "WorkEnded").find(
    ({ host, sequence }) => host === ended.host && sequence > ended.sequence
  )
  const closed = story.closed.get(ended.host)
  if (logged === undefined) {
    // It ends in one step, and is logged in another.
    const isTold = story.lost.has(ended.host) || (closed !== undefined && closed.sequence < ended.sequence)
    if (!isTold && story.over !== undefined)
      found.add(run.runId, "WorkEnded in the log", "no line", [ended, story.over])
    return
  }
  const did = outcomes[ended.exit._tag]
  // An interruption that came while the work could not be interrupted comes over it on its way out.
  if (logged.line.outcome === did || logged.line.outcome === "interrupted") return
  found.add(run.runId, `WorkEnded to say ${did}`, logged.line.outcome, [ended, logged])
}

const outcomes = { Succeeded: "succeeded", Failed: "failed", Died: "failed", Interrupted: "interrupted" } as const

/** Every answer that a canceller got is in the log, as it was given. */
const cancels = (found: Findings, run: RunStory): void => {
  const lines = [...linesOf(run, "CancelAnswered")]
  // In the order of their answers, since each takes the first line that could be its own.
  const byAnswer = run.cancels.toSorted((one, other) => answeredAt(one) - answeredAt(other))
  for (const cancel of byAnswer) {
    const { answered } = cancel
    if (answered === undefined || answered.answer._tag === "Interrupted" || answered.answer._tag === "Died") continue
    const index = lines.findIndex((entry) => entry.sequence < answered.sequence && isSameAnswer(entry, cancel))
    if (index >= 0) lines.splice(index, 1)
    else found.add(run.runId, `the answer to cancel #${cancel.call} in the log`, "no such line", [answered])
  }
}

const answeredAt = ({ answered }: Call): number => answered?.sequence ?? Number.POSITIVE_INFINITY

const isSameAnswer = ({ line }: EntryOf<"Logged">, cancel: Call): boolean => {
  if (line._tag !== "CancelAnswered") return false
  const value = valueOf(cancel)
  if (value?._tag !== "Cancelled") return line.answer === "Failed"
  return value.answer._tag === "Requested"
    ? line.answer === "Requested" && line.durable === value.answer.durable
    : line.answer === "AlreadyTerminal" && line.status === value.answer.status
}

/** What the log calls settled, or written, the row says. */
const ends = (found: Findings, run: RunStory): void => {
  if (run.deleted !== undefined) return
  for (const entry of run.lines) {
    const { line } = entry
    const isWrite =
      (line._tag === "VerdictWritten" || line._tag === "VerdictReplayed") &&
      (line.outcome === "Applied" || line.outcome === "AlreadyApplied")
    if (!isWrite && line._tag !== "Settled" && line._tag !== "RunRecovered") continue
    const row = rowBefore(run, entry.sequence)
    if (row?.status === line.status) continue
    found.add(run.runId, `the row to say ${line.status}, as ${line._tag} does`, row?.status ?? "no row", [entry])
  }
}
