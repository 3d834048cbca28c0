/**
 * G9: a run whose host is gone is settled once, by another host, as lost (or as cancelled, where a cancel
 * was recorded), or begins again there, once for each attempt; and nobody takes a run from a host that is there.
 *
 * @since 0.1.0
 */
import { type Checker, Findings } from "./finding.js"
import { endingOf, hostOf, isOwnEnding, linesOf, type RunStory, reasonOf, rowBefore, type Story } from "./story.js"

export const hostLoss: Checker = (story) => {
  const found = new Findings("G9", story)
  for (const run of story.runs.values()) {
    const recovered = linesOf(run, "RunRecovered")
    if (recovered.length > 1) {
      found.add(run.runId, "one recovery at most", `${recovered.length}`, recovered)
    }
    begun(found, run)
    taken(found, story, run)
  }
  return found.violations
}

/** Work begins again only when somebody has taken the run over, which the row counts. */
const begun = (found: Findings, run: RunStory): void => {
  for (const [index, begin] of run.begins.entries()) {
    const attempt = rowBefore(run, begin.sequence)?.attempt ?? 1
    if (index < attempt) continue
    found.add(run.runId, `work that begins as often as the run was taken, ${attempt}`, `it began ${index + 1} times`, [
      begin
    ])
  }
}

const taken = (found: Findings, story: Story, run: RunStory): void => {
  const ending = endingOf(run)
  if (ending === undefined || isOwnEnding(ending)) return
  const { entry, row } = ending
  const before = rowBefore(run, entry.sequence - 1)
  const isCancelled = before !== undefined && before.cancelRequestedAt !== null
  const expected = isCancelled ? "cancelled" : "failed"
  if (row.status !== expected || row.workOutcome !== "unknown" || (!isCancelled && reasonOf(row) !== "HostLost")) {
    const seen = `${row.status} (${reasonOf(row) ?? "no reason"}), work ${row.workOutcome}`
    found.add(run.runId, `a run that another host settled to be ${expected}, its work unknown`, seen, [entry])
  }
  const owner = hostOf(story, run)
  const gone = owner === undefined ? undefined : (story.lost.get(owner) ?? story.closed.get(owner))
  if (gone !== undefined && gone.sequence < entry.sequence) return
  // Silence for a whole lease is all that a host can know of another one.
  if (before !== undefined && entry.at - before.createdAt >= story.settings.leaseMillis) return
  found.add(run.runId, "a run to be left to its host, which is there", `settled with the token ${row.settleToken}`, [
    entry
  ])
}
