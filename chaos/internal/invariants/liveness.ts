/**
 * G5: once the database heals every verdict is written within a bound, no run stays active for ever, and
 * every call is answered.
 *
 * The bound: a statement that hangs when the database heals is given up after `attemptTimeout`, and the
 * delay after a failure is at most `delayMax`; then the write comes through. A connection that was lost
 * before the heal may be noticed only by a statement after it, which costs one delay more. A row that no
 * start answers for (its insert landed late) is found by the audit at the next renewal, a third of the
 * lease later. And a host that is told to stop is gone when it has nothing left to wait for.
 *
 * @since 0.1.0
 */
import type { Entry } from "../../History.js"
import { type Checker, Findings } from "./finding.js"
import { endingOf, goneOf, lastAttempt, type RunStory, type Story, valueOf } from "./story.js"

export const liveness: Checker = (story) => {
  const found = new Findings("G5", story)
  for (const run of story.runs.values()) terminalInTime(found, story, run)
  everyCallAnswered(found, story)
  for (const [host, requested] of story.shutdown) stopsInTime(found, story, host, requested)
  return found.violations
}

const terminalInTime = (found: Findings, story: Story, run: RunStory): void => {
  const { healed, over } = story
  const [inserted] = run.versions
  if (healed === undefined || over === undefined || inserted === undefined || run.deleted !== undefined) return
  const due = deadlineOf(story, run, inserted, healed)
  if (due === undefined || due.at > over.at) return
  const ending = endingOf(run)
  if (ending !== undefined && ending.entry.at <= due.at) return
  const seen =
    ending === undefined ? (run.versions.at(-1)?.row.status ?? "no row") : `terminal at ${ending.entry.at} ms`
  found.add(run.runId, `a terminal row by ${due.at} ms: ${due.why}`, seen, [ending?.entry ?? over])
}

interface Deadline {
  readonly at: number
  readonly why: string
}

const deadlineOf = (story: Story, run: RunStory, inserted: Entry, healed: Entry): Deadline | undefined => {
  const { attemptTimeoutMillis, delayMaxMillis, leaseMillis } = story.settings
  const bound = attemptTimeoutMillis + delayMaxMillis + (isReconnecting(story, healed) ? delayMaxMillis : 0) + 1
  const { attempt, began, ended, host } = lastAttempt(story, run)
  // Given back, it waits for a host that restarts it; one that was restarted works again.
  if (run.versions.some(({ row }) => row.status === "pending")) return pendingUntil(story, run, healed, bound)
  const ready = run.begins.length > 0 || attempt > 1 ? ended?.at : run.start?.answered?.at
  const gone = goneOf(story, host)
  if (gone === undefined || (ready !== undefined && Math.max(ready, healed.at) + bound < gone.at)) {
    if (ready === undefined) {
      // Nobody's: the audit finds it, one renewal that fails included.
      const at = Math.max(inserted.at, healed.at) + leaseMillis / 3 + attemptTimeoutMillis + delayMaxMillis + bound
      const isForgotten = isOrphan(run) || (attempt > 1 && began === undefined)
      return isForgotten ? { at, why: "the audit finds rows that nobody answers for" } : undefined
    }
    return { at: Math.max(ready, healed.at) + bound, why: "its work has ended and the database has healed" }
  }
  const latest = run.versions.at(-1)?.row
  // Where it is restarted it works again, and as long as it likes.
  if (latest?.onHostExit === "restart" && latest.attempt < latest.attemptMax) return undefined
  const next = [...story.opened].find(([other, { sequence }]) => {
    const closing = story.shutdown.get(other) ?? story.lost.get(other)
    return (
      sequence > gone.sequence ||
      closing === undefined ||
      closing.at > gone.at + Math.max(leaseMillis, story.settings.recoverMillis ?? 0) + bound
    )
  })?.[1]
  if (next === undefined) return undefined
  // Its tombstone may be the first that there is of it.
  const { recoverMillis = leaseMillis / 3 } = story.settings
  const at = Math.max(next.at, healed.at, gone.at, inserted.at) + recoverMillis + bound
  return { at, why: "its host is gone, and another one is there to recover it" }
}

/** A host that is there from then on takes it at its next look, whatever becomes of the run then. */
const pendingUntil = (story: Story, run: RunStory, healed: Entry, bound: number): Deadline | undefined => {
  const latest = run.versions.at(-1)
  if (latest?.row.status !== "pending") return undefined
  const there = [...story.opened].filter(([host, { sequence }]) => {
    const closing = story.shutdown.get(host) ?? story.lost.get(host)
    return sequence < latest.sequence ? closing === undefined : true
  })
  const [first] = there.map(([, entry]) => entry.at)
  if (first === undefined) return undefined
  const { definedMillis = 0, leaseMillis } = story.settings
  const at = Math.max(first + definedMillis, latest.at, healed.at) + leaseMillis / 3 + bound
  return { at, why: "it was given back, and a host is there to restart it" }
}

/**
 * A host that is told to stop waits for its work and its writes, and says so as long as it does: an attempt fails, or
 * there is something new. When that is over, what is left to wait for is one statement in flight, and its own removal.
 */
const stopsInTime = (found: Findings, story: Story, host: string, requested: Entry): void => {
  const closed = story.closed.get(host)
  if (closed === undefined || hasWorkLeft(story, host, closed)) return
  const last = story.history.entries.findLast(
    (entry) => entry.sequence < closed.sequence && entry.sequence >= requested.sequence && isOf(story, host, entry)
  )
  const { attemptTimeoutMillis, delayMaxMillis } = story.settings
  const at = (last ?? requested).at + 2 * attemptTimeoutMillis + delayMaxMillis + 1
  if (closed.at <= at) return
  const expected = `${host} to have stopped by ${at} ms: there is nothing left that it could wait for`
  found.add(undefined, expected, `it stopped at ${closed.at} ms`, [requested, last ?? requested, closed])
}

const hasWorkLeft = (story: Story, host: string, by: Entry): boolean =>
  [...story.runs.values()].some(({ begins, ends }) =>
    begins.some(
      (began) =>
        began.host === host &&
        began.sequence < by.sequence &&
        !ends.some((ended) => ended.attempt === began.attempt && ended.host === host && ended.sequence < by.sequence)
    )
  )

const isOf = (story: Story, host: string, entry: Entry): boolean => {
  switch (entry._tag) {
    case "WorkBegan":
    case "WorkEnded":
      return entry.host === host
    case "Logged":
      return entry.host === host && entry.line._tag !== "HostStopped"
    case "RowChanged":
      return entry.row.hostId !== null && story.hosts.get(entry.row.hostId) === host
    default:
      return false
  }
}

/** Its start was not answered with it, and its work never began. */
const isOrphan = (run: RunStory): boolean => run.start === undefined && run.begins.length === 0

const isReconnecting = (story: Story, healed: Entry): boolean =>
  story.lines.some(
    ({ line, sequence }) =>
      sequence > healed.sequence && line._tag === "WriteFailed" && line.failure.class === "connection"
  )

const everyCallAnswered = (found: Findings, story: Story): void => {
  if (story.over === undefined) return
  for (const call of story.calls) {
    // Whoever asked a host that is gone is not waiting any more either.
    if (call.answered !== undefined || story.lost.has(call.host)) continue
    const runId = "runId" in call.operation ? call.operation.runId : undefined
    found.add(runId, `an answer to ${call.operation._tag} #${call.call}`, "none", [call.called, story.over])
  }
  for (const start of story.starts) {
    const died = start.answered?.answer._tag === "Died" ? start.answered.answer.message : undefined
    if (died !== undefined) found.add(undefined, "an answer to a start", `a defect: ${died}`, [start.answered])
    const value = valueOf(start)
    if (value?._tag === "Started" && !story.runs.has(value.runId)) {
      found.add(value.runId, "a run that was started to be somewhere", "nothing of it", [start.answered])
    }
  }
}
