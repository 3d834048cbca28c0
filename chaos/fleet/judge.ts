/**
 * The judge of a fleet: pure, over what the hosts told, what their works did, what the rows say, and how they came to say
 * it. What the log says is checked by `RunHistory`, beside it.
 *
 * @since 0.1.0
 */
import type { RunId } from "../../src/RunId.js"
import type { StoredRun } from "../../src/RunStore.js"
import { type AtWork, atWork, type Freeze } from "./atWork.js"
import { type Change, isActive } from "./database.js"
import type { Ledger } from "./ledger.js"
import type { Told, ToldOf } from "./told.js"

/** What was collected since the last time. */
export interface Evidence {
  readonly told: ReadonlyArray<Told>
  readonly changes: ReadonlyArray<Change>
  /** All rows that are there, or were. */
  readonly rows: ReadonlyMap<RunId, StoredRun>
  readonly freezes: ReadonlyArray<Freeze>
}

/** All that does not hold, and what `atWork` counts beside it. */
export type Judgement = AtWork

/** The ledger takes the changes in: it is what is known of all rounds so far. */
export const judge = (ledger: Ledger, evidence: Evidence): Judgement => {
  const { findings, ...steps } = atWork(evidence.told, evidence.freezes)
  return {
    ...steps,
    findings: [
      ...evidence.changes.flatMap((change) => ledger.add(change)),
      ...settled(ledger, evidence),
      ...findings,
      ...evidence.told.flatMap((line) => asTold(line, evidence.rows)),
      ...intents(evidence.told),
      ...unanswered(evidence.told),
      ...fidelity(evidence)
    ]
  }
}

/** Every run has come to its end, and the row says it as the last version did. */
const settled = (ledger: Ledger, { changes, rows }: Evidence): ReadonlyArray<string> =>
  [...new Set(changes.map(({ id }) => id))].flatMap((id) => {
    const last = ledger.runs.get(id)
    const row = rows.get(id)
    if (last === undefined || row === undefined) return [`run ${id} has no row any more`]
    if (isActive(row)) return [`run ${id} is ${row.status} for ever, at attempt ${row.attempt} of host ${row.hostId}`]
    return last.status === row.status ? [] : [`run ${id} is ${row.status}, and its last version was ${last.status}`]
  })

/** What somebody was told is what the row says. */
const asTold = (line: Told, rows: ReadonlyMap<RunId, StoredRun>): ReadonlyArray<string> => {
  if (!("id" in line)) return []
  const row = rows.get(line.id)
  const says = row === undefined ? "there is no row" : `the row says ${row.status}, ${row.workOutcome}`
  switch (line._tag) {
    case "Started":
      return row === undefined ? [`the start of run ${line.id} succeeded, and ${says}`] : []
    case "CancelAnswered": {
      if (line.answer === "AlreadyTerminal") {
        return row?.status === line.status ? [] : [`a cancel of run ${line.id} found it ${line.status}, and ${says}`]
      }
      const isUndone = line.durable === true && row?.status !== "cancelled"
      return isUndone ? [`a cancel of run ${line.id} was acknowledged, and ${says}`] : []
    }
    case "Settled":
      return isAs(line, row) ? [] : [`run ${line.id} was told to be ${line.status}, ${line.workOutcome}, and ${says}`]
    case "Followed":
      return followed(line, row).map((problem) => `a subscriber of run ${line.id} ${problem}, and ${says}`)
    case "Began":
    case "Beat":
      return row !== undefined && line.attempt > row.attempt
        ? [`run ${line.id} was at work in attempt ${line.attempt}, and the row ends with attempt ${row.attempt}`]
        : []
    case "Ended":
    case "CancelAsked":
    case "CancelFailed":
      return []
  }
}

const isAs = (told: { readonly status?: string; readonly workOutcome?: string }, row: StoredRun | undefined): boolean =>
  row !== undefined && told.status === row.status && told.workOutcome === row.workOutcome

const followed = (line: ToldOf<"Followed">, row: StoredRun | undefined): ReadonlyArray<string> => {
  const count = line.events.filter((event) => event === "Settled").length
  if (line.events[0] !== "Snapshot") return [`was told ${line.events[0]} first`]
  if (count !== 1 || line.events.at(-1) !== "Settled")
    return [`was told Settled ${count} times, and ${line.events.at(-1)} last`]
  return isAs(line, row) ? [] : [`was told at last that it was ${line.status}, ${line.workOutcome}`]
}

/** A start that is repeated under its idempotency key answers with one run. */
const intents = (told: ReadonlyArray<Told>): ReadonlyArray<string> => {
  const runs = new Map<string, RunId>()
  return told.flatMap((line) => {
    if (line._tag !== "Started") return []
    const known = runs.get(line.intent)
    runs.set(line.intent, line.id)
    return known === undefined || known === line.id
      ? []
      : [`the start ${line.intent} made two runs: ${known} and ${line.id}`]
  })
}

/** The caller of a process that was killed knows that it was; every other one is told something. */
const unanswered = (told: ReadonlyArray<Told>): ReadonlyArray<string> => {
  const answered = new Set(
    told.flatMap((line) =>
      line._tag === "CancelAnswered" || line._tag === "CancelFailed" ? [`${line.life} ${line.ask}`] : []
    )
  )
  const latest = new Map(told.map(({ life, slot }) => [slot, life]))
  return told.flatMap((line) => {
    const isLeft = line._tag === "CancelAsked" && latest.get(line.slot) === line.life
    return isLeft && !answered.has(`${line.life} ${line.ask}`)
      ? [`the cancel ${line.ask} of run ${line.id} was never answered`]
      : []
  })
}

/** The row says what the work did, in the attempt that it ended with, and only the owner of that attempt has said it. */
const fidelity = ({ changes, rows, told }: Evidence): ReadonlyArray<string> => {
  const did = new Set(
    told.flatMap((line) => (line._tag === "Ended" ? [`${line.id} ${line.attempt} ${line.outcome}`] : []))
  )
  return [...new Set(changes.map(({ id }) => id))].flatMap((id) => {
    const row = rows.get(id)
    if (row === undefined || isActive(row)) return []
    const { attempt, cancelRequestedAt, hostId, settleToken, status, workOutcome } = row
    const found: Array<string> = []
    const isClaim = workOutcome === "succeeded" || workOutcome === "failed"
    if (isClaim && !did.has(`${id} ${attempt} ${workOutcome}`)) {
      found.push(`run ${id} is ${status}, its work ${workOutcome}; in attempt ${attempt} that is not what it did`)
    }
    if (status === "completed" && workOutcome !== "succeeded")
      found.push(`run ${id} is completed, its work ${workOutcome}`)
    if (status === "failed" && workOutcome === "succeeded") found.push(`run ${id} is failed, though its work succeeded`)
    if (status === "cancelled" && cancelRequestedAt === null)
      found.push(`run ${id} is cancelled, and nobody asked for it`)
    // Cancels of runs that are nobody's, and recoveries, have tokens of another kind.
    if (settleToken !== null && /^[^:]+:\d+$/.test(settleToken) && settleToken !== `${hostId}:${attempt}`) {
      found.push(`run ${id}, attempt ${attempt} of host ${hostId}, was settled by ${settleToken}`)
    }
    return found
  })
}
