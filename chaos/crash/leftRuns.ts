/**
 * What must have become of the runs that a life left active: what was in its journal was replayed; what its
 * file had a cancel for was cancelled; what may be restarted went on; all others were lost, once.
 *
 * @since 0.1.0
 */
import { isTerminal } from "../../src/RunStatus.js"
import type { Settlement, StoredRun } from "../../src/RunStore.js"
import { type Check, type Facts, rowsOf, show } from "./facts.js"
import type { Snapshot } from "./lives.js"

export const isTakenUp: Check = (facts) =>
  facts.lives.slice(0, -1).flatMap(({ after }, index) =>
    rowsOf(after)
      .filter(({ status }) => !isTerminal(status))
      .flatMap((row) => {
        const wrong = wrongWith(facts, row, after, index)
        return wrong === undefined ? [] : [`run ${row.id} of ${row.name} was left by life ${index + 1}, ${wrong}`]
      })
  )

const wrongWith = (facts: Facts, row: StoredRun, after: Snapshot, index: number): string | undefined => {
  const now = facts.final.rows.get(row.id)
  const verdict = verdictOf(row, after)
  if (verdict !== undefined) return isAs(verdict, row, now) ? undefined : `journaled as ${verdict.status}: ${show(now)}`
  if (row.cancelRequestedAt !== null) {
    return now?.status === "cancelled" ? recoveredOnce(facts, row, index) : `with a cancel: ${show(now)}`
  }
  if (row.onHostExit === "restart" && row.attempt < row.attemptMax) {
    const attempt = now?.attempt ?? 0
    return attempt > row.attempt ? undefined : `to be restarted, and is in attempt ${attempt}: ${show(now)}`
  }
  const isLost = now?.status === "failed" && now.workOutcome === "unknown" && now.error?.includes('"HostLost"') === true
  return isLost ? recoveredOnce(facts, row, index) : `lost, and it says ${show(now)}`
}

/** Of this attempt: an entry of an earlier one has been overtaken. */
const verdictOf = ({ attempt, id }: StoredRun, { journal }: Snapshot): Settlement | undefined =>
  journal
    .map(({ settlement }) => settlement)
    .find((settlement) => settlement.id === id && settlement.attempt === attempt)

/** A cancel that the file knew of is carried into it, whatever stands in the journal. */
const isAs = (verdict: Settlement, row: StoredRun, now: StoredRun | undefined): boolean => {
  const status = row.cancelRequestedAt === null ? verdict.status : "cancelled"
  return now?.status === status && now.workOutcome === verdict.workOutcome
}

/** By the log; a life that was killed may have recovered it and not lived to say so. */
const recoveredOnce = ({ history, lives }: Facts, { id }: StoredRun, index: number): string | undefined => {
  const times = history.lines.filter((line) => line._tag === "RunRecovered" && line.runId === id).length
  return times === 1 || (times === 0 && index + 2 < lives.length) ? undefined : `and was recovered ${times} times`
}

/** A start of which only the tombstone is left has a row that says so. */
export const isEntombed: Check = ({ final, lives }) =>
  lives.slice(0, -1).flatMap(({ after }, index) =>
    after.journal.flatMap((entry) => {
      if (entry._tag !== "Tombstone" || after.rows.has(entry.run.id)) return []
      const row = final.rows.get(entry.run.id)
      return row?.status === "failed" && row.workOutcome === "notStarted"
        ? []
        : [`run ${entry.run.id} was entombed in the journal after life ${index + 1}, and is ${show(row)}`]
    })
  )

/** What the log says is in the journal outlives the process, whatever the row said when it ended. */
export const isKeptInJournal: Check = ({ final, history }) => {
  const said = new Map(
    history.lines.flatMap((line) => (line._tag === "VerdictJournaled" ? [[line.runId, line] as const] : []))
  )
  return [...said].flatMap(([id, { verdict, workOutcome }]) => {
    const row = final.rows.get(id)
    const status = row?.cancelRequestedAt == null ? verdict : "cancelled"
    return row?.status === status && row.workOutcome === workOutcome
      ? []
      : [`run ${id} was journaled as ${verdict}, ${workOutcome}, and its row says ${show(row)}`]
  })
}
