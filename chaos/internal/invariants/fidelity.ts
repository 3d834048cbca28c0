/**
 * G1: the status written is the verdict of the table, whatever the database did meanwhile. The row that
 * the run's own host wrote is held against what its attempt of the work did, as the work itself saw it.
 *
 * @since 0.1.0
 */
import { type Checker, Findings } from "./finding.js"
import { describeEnds, influencesOn, rightEnds } from "./oracle.js"
import { attemptOf, endingOf, isOwnEnding, type RunStory, type Story } from "./story.js"

export const fidelity: Checker = (story) => {
  const found = new Findings("G1", story)
  for (const run of story.runs.values()) {
    const ending = endingOf(run)
    // What another host made of it is for G9 to judge.
    if (ending === undefined || !isOwnEnding(ending)) continue
    const { entry, row } = ending
    const attempt = attemptOf(story, run, row.attempt)
    const { ended } = attempt
    if (attempt.began !== undefined && (ended === undefined || ended.sequence > entry.sequence)) {
      found.add(run.runId, "a row that is active until the work has stopped", `${row.status} while it ran`, [entry])
      continue
    }
    const right = rightEnds(ended?.exit, influencesOn(story, run, attempt, ended ?? entry))
    const isRight = right.some(({ status, workOutcome }) => status === row.status && workOutcome === row.workOutcome)
    if (isRight || isRefused(story, run)) continue
    const did = ended === undefined ? "never began" : ended.exit._tag
    const expected = `${describeEnds(right)}, since the work ${did}`
    found.add(run.runId, expected, `${row.status}, work ${row.workOutcome}`, [ended, entry])
  }
  return found.violations
}

/** The database refuses the very values: the run is `failed(ResultNotStorable)`, and G12 looks at that. */
const isRefused = (story: Story, run: RunStory): boolean => {
  const error = endingOf(run)?.row.error ?? ""
  return error.includes('"ResultNotStorable"') && wasRefused(story, run)
}

export const wasRefused = (story: Story, run: RunStory): boolean =>
  story.lines.some(
    ({ line }) => line._tag === "WriteFailed" && line.failure.class === "permanent" && line.runIds.includes(run.runId)
  )
