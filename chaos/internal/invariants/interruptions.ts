/**
 * G12: why a run failed is told as what it was. A timeout, a shutdown, a cancel, a lost host and work that
 * interrupted itself are all interruptions to the work; the row tells them apart, and each is only told
 * where the harness did it.
 *
 * @since 0.1.0
 */
import { wasRefused } from "./fidelity.js"
import { type Checker, Findings } from "./finding.js"
import { describeEnds, influencesOn, rightEnds } from "./oracle.js"
import { attemptOf, endingOf, isOwnEnding, reasonOf } from "./story.js"

export const interruptions: Checker = (story) => {
  const found = new Findings("G12", story)
  for (const run of story.runs.values()) {
    const ending = endingOf(run)
    if (ending === undefined || !isOwnEnding(ending)) continue
    const { entry, row } = ending
    const attempt = attemptOf(story, run, row.attempt)
    const { ended } = attempt
    if (row.status === "cancelled") {
      const asked = run.cancels.find(({ called }) => called.sequence < entry.sequence)
      if (asked === undefined) found.add(run.runId, "cancelled only where somebody asked for it", "nobody did", [entry])
      continue
    }
    if (row.status !== "failed") continue
    const reason = reasonOf(row)
    if (reason === "ResultNotStorable" && wasRefused(story, run)) continue
    const right = rightEnds(ended?.exit, influencesOn(story, run, attempt, ended ?? entry))
    if (right.some((end) => end.status === "failed" && end.reason === reason)) continue
    found.add(run.runId, describeEnds(right), `failed(${reason ?? "no reason"})`, [ended, entry])
  }
  return found.violations
}
