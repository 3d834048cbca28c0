/**
 * G6: a verdict that is not in the row when its host exits is not lost in silence. Without a journal it
 * stands in the log, with all that is needed to write it by hand; and it is given up only when the whole
 * grace of the shutdown has passed.
 *
 * @since 0.1.0
 */
import { isTerminal } from "../../../src/RunStatus.js"
import { type Checker, Findings } from "./finding.js"
import { describeEnds, influencesOn, rightEnds } from "./oracle.js"
import { type EntryOf, hostOf, linesOf, type RunStory, rowBefore, type Story } from "./story.js"

export const nothingLost: Checker = (story) => {
  const found = new Findings("G6", story)
  for (const run of story.runs.values()) {
    const host = hostOf(story, run)
    const closed = host === undefined ? undefined : story.closed.get(host)
    const [ended] = run.ends
    if (closed === undefined || !isDecided(run, closed.sequence)) continue
    const row = rowBefore(run, closed.sequence)
    if (row === undefined || isTerminal(row.status) || isSuperseded(run)) continue
    const lost = linesOf(run, "VerdictLost").find((entry) => entry.host === host && entry.sequence < closed.sequence)
    if (lost === undefined) {
      found.add(run.runId, "the verdict in the row, or in the log as VerdictLost", `a ${row.status} row, no line`, [
        ended,
        closed
      ])
      continue
    }
    givenUpInTime(found, story, run, lost)
    const { settlement } = lost.line
    const right = rightEnds(ended?.exit, influencesOn(story, run, (ended ?? lost).at))
    const isRight = right.some(
      ({ status, workOutcome }) => status === settlement.status && workOutcome === settlement.workOutcome
    )
    if (!isRight) {
      const seen = `${settlement.status}, work ${settlement.workOutcome}`
      found.add(run.runId, `a lost verdict that is right: ${describeEnds(right)}`, seen, [ended, lost])
    }
    if (settlement.attempt !== row.attempt || settlement.token !== `${row.hostId}:${row.attempt}`) {
      found.add(run.runId, "a line that fits the row that it is to repair", `token ${settlement.token}`, [lost])
    }
  }
  return found.violations
}

/** A host that goes takes all the time that it was given for what it has to write. */
const givenUpInTime = (found: Findings, story: Story, run: RunStory, lost: EntryOf<"Logged">): void => {
  const begun = story.shutdown.get(lost.host)
  const until = (begun?.at ?? Number.NEGATIVE_INFINITY) + story.settings.shutdownGraceMillis
  // Lines are stamped with whole milliseconds, and so is the end of the grace.
  if (lost.at > until - 1) return
  found.add(run.runId, `no verdict given up before ${until} ms, when the grace ends`, "one that is lost", [begun, lost])
}

/** Its work has ended, or its start was given up: there is a verdict, whatever the row says yet. */
const isDecided = (run: RunStory, closed: number): boolean => {
  const [ended] = run.ends
  if (run.begins.length > 0) return ended !== undefined && ended.sequence < closed
  return linesOf(run, "StartFailed").some(({ line, sequence }) => line.abandoned && sequence < closed)
}

/** Another host's to settle. */
const isSuperseded = (run: RunStory): boolean => linesOf(run, "Superseded").length > 0
