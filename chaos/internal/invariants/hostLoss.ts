/**
 * G9: a run whose host is gone is settled once, by another host, as lost (or as cancelled, where a cancel
 * was recorded), or begins again there, once for each attempt; and nobody takes a run from a host that is there.
 *
 * @since 0.1.0
 */
import type { StoredRun } from "../../../src/RunStore.js"
import type { Entry } from "../../History.js"
import { type Checker, Findings } from "./finding.js"
import {
  endingOf,
  goneOf,
  isLeft,
  isOwnEnding,
  linesOf,
  type RunStory,
  reasonOf,
  rowBefore,
  type Story
} from "./story.js"

export const hostLoss: Checker = (story) => {
  const found = new Findings("G9", story)
  for (const run of story.runs.values()) {
    const recovered = linesOf(run, "RunRecovered")
    if (recovered.length > 1) {
      found.add(run.runId, "one recovery at most", `${recovered.length}`, recovered)
    }
    begun(found, run)
    restarted(found, story, run)
    taken(found, story, run)
  }
  fenced(found, story)
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
  // Nobody had it, and nobody took it: a cancel settles what was given back at once.
  if (before?.status === "pending" && row.status === "cancelled" && row.workOutcome === "notStarted") return
  const isCancelled = before !== undefined && before.cancelRequestedAt !== null
  const expected = isCancelled ? "cancelled" : "failed"
  if (row.status !== expected || row.workOutcome !== "unknown" || (!isCancelled && reasonOf(row) !== "HostLost")) {
    const seen = `${row.status} (${reasonOf(row) ?? "no reason"}), work ${row.workOutcome}`
    found.add(run.runId, `a run that another host settled to be ${expected}, its work unknown`, seen, [entry])
  }
  if (before !== undefined && mayTake(story, before, entry)) return
  // Silence for a whole lease is all that a host can know of another one.
  if (before !== undefined && entry.at - before.createdAt >= story.settings.leaseMillis) return
  found.add(run.runId, "a run to be left to its host, which is there", `settled with the token ${row.settleToken}`, [
    entry
  ])
}

/** A host that is there is fenced only where it could not renew, or has stopped, and it has said so itself. */
const fenced = (found: Findings, story: Story): void => {
  for (const [hostId, entry] of story.fenced) {
    const host = story.hosts.get(hostId)
    const gone = goneOf(story, host)
    if (host === undefined || (gone !== undefined && gone.sequence < entry.sequence)) continue
    const since = entry.at - story.settings.leaseMillis
    const failed = story.lines.some(
      ({ at, line, sequence }) =>
        ((line._tag === "LeaseFailed" && at >= since) || line._tag === "HostStopped") &&
        line.hostId === hostId &&
        sequence < entry.sequence
    )
    if (!failed) found.add(undefined, `${host} to be left alone, which renews its lease`, "it was fenced", [entry])
  }
}

/** Nobody has it, or whoever has it is gone. */
const mayTake = (story: Story, { hostId }: StoredRun, by: Entry): boolean => {
  const owner = hostId === null ? undefined : story.hosts.get(hostId)
  return hostId === null || (owner !== undefined && isLeft(story, owner, by))
}

/** A run goes on elsewhere when its host is gone, as often as its definition says, and never where it is to be cancelled. */
const restarted = (found: Findings, story: Story, run: RunStory): void => {
  for (const [index, version] of run.versions.entries()) {
    const before = run.versions[index - 1]
    const { attempt, attemptMax } = version.row
    if (before === undefined || attempt === before.row.attempt) continue
    if (attempt > attemptMax) found.add(run.runId, `${attemptMax} attempts at most`, `attempt ${attempt}`, [version])
    if (before.row.cancelRequestedAt !== null) {
      found.add(run.runId, "cancelled when it was taken over, as its row asked", "restarted", [before, version])
    }
    if (!mayTake(story, before.row, version)) {
      found.add(run.runId, "a run to be left to its host, which is there", "restarted", [before, version])
    }
  }
}
