/**
 * G6: a verdict that is not in the row when its host exits is not lost. It is in the journal, as what it was, and the next
 * kernel on that journal makes the row say so; or, where there is no journal, it stands in the log with all that is
 * needed to write it by hand. And it is kept so only when the whole grace of the shutdown has passed.
 *
 * @since 0.1.0
 */
import { isTerminal } from "../../../src/RunStatus.js"
import type { Entry } from "../../History.js"
import { type Checker, Findings } from "./finding.js"
import { describeEnds, influencesOn, rightEnds } from "./oracle.js"
import {
  type Attempt,
  attemptOf,
  endingOf,
  isOwnEnding,
  linesOf,
  type RunStory,
  rowBefore,
  type Story
} from "./story.js"

export const nothingLost: Checker = (story) => {
  const found = new Findings("G6", story)
  for (const run of story.runs.values()) {
    for (const [host, closed] of story.closed) leftBy(found, story, run, host, closed)
    for (const [host, lost] of story.lost) leftInJournal(found, story, run, host, lost)
  }
  return found.violations
}

const leftBy = (found: Findings, story: Story, run: RunStory, host: string, closed: Entry): void => {
  const row = rowBefore(run, closed.sequence)
  if (row === undefined || isTerminal(row.status) || row.hostId === null || isSuperseded(run)) return
  const attempt = attemptOf(story, run, row.attempt)
  const { ended } = attempt
  if (attempt.host !== host || !isDecided(run, attempt, closed.sequence)) return
  const influences = influencesOn(story, run, attempt, ended ?? closed)
  const isHere = saidBy(host, closed)
  // To be restarted, it has no verdict. What succeeds may be interrupted on its way out, and is left then, with a word.
  const isGivenBack = row.onHostExit === "restart" && (influences.shutdown.isPossible || influences.isLeaseLost)
  if (isGivenBack && (ended?.exit._tag !== "Succeeded" || linesOf(run, "RunLeft").some(isHere))) return
  const journaled = linesOf(run, "VerdictJournaled").filter(isHere).at(-1)
  const lost = linesOf(run, "VerdictLost").find(isHere)
  if (journaled === undefined && lost === undefined) {
    const seen = `a ${row.status} row, no line`
    found.add(run.runId, "the verdict in the row, in the journal, or in the log as VerdictLost", seen, [ended, closed])
    return
  }
  givenUpInTime(found, story, run, lost ?? closed, host)
  const told = lost?.line.settlement ?? {
    status: journaled?.line.verdict,
    workOutcome: journaled?.line.workOutcome
  }
  const right = rightEnds(ended?.exit, influencesOn(story, run, attempt, ended ?? lost ?? journaled ?? closed))
  const isRight = right.some(({ status, workOutcome }) => status === told.status && workOutcome === told.workOutcome)
  if (!isRight) {
    const seen = `${told.status}, work ${told.workOutcome}`
    found.add(run.runId, `a verdict kept that is right: ${describeEnds(right)}`, seen, [ended, lost ?? journaled])
  }
  const settlement = lost?.line.settlement
  if (settlement === undefined) replayed(found, story, run, closed)
  else if (settlement.attempt !== row.attempt || settlement.token !== `${row.hostId}:${row.attempt}`) {
    found.add(run.runId, "a line that fits the row that it is to repair", `token ${settlement.token}`, [lost])
  }
}

/** Of a host that is lost only what its journal has is left; it said so when it had it. */
const leftInJournal = (found: Findings, story: Story, run: RunStory, host: string, lost: Entry): void => {
  const row = rowBefore(run, lost.sequence)
  if (row === undefined || isTerminal(row.status) || isSuperseded(run)) return
  const isJournaled = linesOf(run, "VerdictJournaled").some(saidBy(host, lost))
  if (isJournaled && attemptOf(story, run, row.attempt).host === host) replayed(found, story, run, lost)
}

/** Of lines: those of a host before an entry. */
const saidBy =
  (host: string, by: Entry) =>
  (line: { readonly host: string; readonly sequence: number }): boolean =>
    line.host === host && line.sequence < by.sequence

/** A host that goes takes all the time that it was given for what it has to write. */
const givenUpInTime = (found: Findings, story: Story, run: RunStory, left: Entry, host: string | undefined): void => {
  const begun = host === undefined ? undefined : story.shutdown.get(host)
  const until = (begun?.at ?? Number.NEGATIVE_INFINITY) + story.settings.shutdownGraceMillis
  // Lines are stamped with whole milliseconds, and so is the end of the grace.
  if (left.at > until - 1) return
  found.add(run.runId, `no verdict given up before ${until} ms, when the grace ends`, "one that is left", [begun, left])
}

/** Where another kernel has come up on the journal, the row is what the run was, and not what recovery makes of it. */
const replayed = (found: Findings, story: Story, run: RunStory, gone: Entry): void => {
  const [host, next] = [...story.opened].find(([, { sequence }]) => sequence > gone.sequence) ?? []
  if (next === undefined || run.deleted !== undefined) return
  const ending = endingOf(run)
  if (ending !== undefined && isOwnEnding(ending) && ending.entry.sequence < next.sequence) return
  // A host that was there all the time has seen the process gone, and cannot know of its journal: the limit of a journal.
  const taker = takerOf(story, run, gone, next)
  if (taker !== undefined && taker !== host) return
  const seen = ending === undefined ? "an active row" : `${ending.row.status}, by ${ending.row.settleToken}`
  found.add(run.runId, "the journaled verdict in the row when the next kernel is up", seen, [ending?.entry, next])
}

/** The life of a kernel that has settled a run of a host which is gone, or begun it again, by an entry. */
const takerOf = (story: Story, run: RunStory, gone: Entry, by: Entry): string | undefined => {
  const before = rowBefore(run, gone.sequence)
  const now = rowBefore(run, by.sequence)
  if (now === undefined || (now.attempt === before?.attempt && now.status === before.status)) return undefined
  const taker = now.settleToken?.split(":")[0] ?? now.hostId
  return [...story.hosts].find(([hostId]) => hostId === taker)?.[1]
}

/** Its work has ended, or its start was given up: there is a verdict, whatever the row says yet. */
const isDecided = (run: RunStory, { began, ended }: Attempt, closed: number): boolean => {
  if (began !== undefined) return ended !== undefined && ended.sequence < closed
  return linesOf(run, "StartFailed").some(({ line, sequence }) => line.abandoned && sequence < closed)
}

/** Another host's to settle. */
const isSuperseded = (run: RunStory): boolean => linesOf(run, "Superseded").length > 0
