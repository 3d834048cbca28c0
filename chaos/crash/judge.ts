/**
 * What must be true after a host was killed and came back, as pure functions over what its lives left:
 * the file after each of them, the kernels' logs, and what callers were told. Only what was promised is
 * demanded: what a row said, and what somebody was told is stored. A verdict that died with its host
 * before it was either becomes `failed(HostLost)`. What became of the runs that a life left is judged in `leftRuns`.
 *
 * @since 0.1.0
 */
import { runOf } from "../../src/internal/store/runRow.js"
import * as RunHistory from "../../src/RunHistory.js"
import type { RunId } from "../../src/RunId.js"
import type { Line } from "../../src/RunLog.js"
import { isTerminal, type RunStatus } from "../../src/RunStatus.js"
import type { StoredRun } from "../../src/RunStore.js"
import { allTold, type Check, duplicatesOf, type Facts, factsOf, rowsOf, show } from "./facts.js"
import { isEntombed, isKeptInJournal, isTakenUp } from "./leftRuns.js"
import type { Evidence } from "./lives.js"
import { scripts } from "./scripts.js"
import type { Told } from "./told.js"

/** What does not hold; empty where everything does. The last life must have come to its end by itself. */
export const judge = (evidence: Evidence): ReadonlyArray<string> => {
  const strange = evidence.lives.flatMap(({ end }, index) =>
    typeof end === "string" ? [] : [`life ${index + 1}: ${end.why}`]
  )
  if (strange.length > 0) return strange
  if (evidence.lives.at(-1)?.end !== "closed") return ["the last life did not come to its end"]
  const facts = factsOf(evidence)
  return checks.flatMap((check) => check(facts))
}

// -- the file -----------------------------------------------------------------------------------------

const isSound: Check = ({ lives }) =>
  lives.flatMap(({ after }, index) =>
    after.integrity === "ok" ? [] : [`the file is damaged after life ${index + 1}: ${after.integrity}`]
  )

/** Nobody is left who could settle it. */
const isSettled: Check = ({ final }) =>
  rowsOf(final)
    .filter(({ status }) => !isTerminal(status))
    .map((row) => `run ${row.id} of ${row.name} is ${row.status} for ever`)

/** The hosts that were killed are fenced, and the one that went has taken its row with it. */
const isFenced: Check = ({ final }) =>
  [...final.hosts].flatMap(([id, state]) => (state === "fenced" ? [] : [`host ${id} is gone and still ${state}`]))

/** What a row said is what it says. */
const isFinal: Check = ({ final, lives }) =>
  lives.flatMap(({ after }, index) =>
    rowsOf(after).flatMap((row) => {
      const now = final.rows.get(row.id)
      if (now !== undefined && (!isTerminal(row.status) || JSON.stringify(now) === JSON.stringify(row))) return []
      return [`run ${row.id} of ${row.name} was ${show(row)} after life ${index + 1} and is ${show(now)}`]
    })
  )

// -- what was promised --------------------------------------------------------------------------------

/** What somebody was told is stored, callers and readers of the log. */
const isAsTold: Check = (facts) => {
  const promised = [...facts.history.lines.flatMap(promisedBy), ...facts.told.flatMap(toldOf)]
  return promised.flatMap(({ id, status, where }) => {
    const row = facts.final.rows.get(id)
    return row?.status === status ? [] : [`run ${id} is ${status} by ${where}, and its row says ${show(row)}`]
  })
}

interface Promised {
  readonly id: RunId
  readonly status: RunStatus
  readonly where: string
}

const promisedBy = (line: Line): ReadonlyArray<Promised> => {
  switch (line._tag) {
    case "VerdictWritten":
    case "VerdictReplayed":
      return line.status === undefined || !isTerminal(line.status)
        ? []
        : [{ id: line.runId, status: line.status, where: `the line ${line._tag} ${line.outcome}` }]
    case "Settled":
    case "RunRecovered":
      return [{ id: line.runId, status: line.status, where: `the line ${line._tag}` }]
    case "CancelAnswered":
      if (line.answer === "Requested" && line.durable) return [cancelled(line.runId, "the line CancelAnswered")]
      return line.status === undefined
        ? []
        : [{ id: line.runId, status: line.status, where: "the line CancelAnswered" }]
    default:
      return []
  }
}

const toldOf = (told: Told): ReadonlyArray<Promised> => {
  const where = `what was told in life ${told.life}: ${told._tag}`
  switch (told._tag) {
    case "Settled":
      return [{ id: told.id, status: told.status, where }]
    case "Event":
      return told.status === undefined || !isTerminal(told.status) ? [] : [{ id: told.id, status: told.status, where }]
    case "Listed":
      return told.runs.filter(({ status }) => isTerminal(status)).map((run) => ({ ...run, where }))
    case "CancelAnswered":
      if (told.answer !== "AlreadyTerminal") return told.durable ? [cancelled(told.id, where)] : []
      return told.status === undefined ? [] : [{ id: told.id, status: told.status, where }]
    default:
      return []
  }
}

const cancelled = (id: RunId, where: string): Promised => ({ id, status: "cancelled", where })

/** A start that was answered has its row, and so has work that began. */
const hasItsRow: Check = (facts) =>
  [...allTold(facts, "Started"), ...allTold(facts, "Began")]
    .filter(({ id }) => !facts.final.rows.has(id))
    .map(({ _tag, id }) => `run ${id} ${_tag}, and has no row`)

/** A row says of the work what its last attempt did. */
const isFaithful: Check = (facts) => {
  const of = ({ attempt, id }: { readonly attempt: number; readonly id: RunId }) => `${id} ${attempt}`
  const ends = new Map(allTold(facts, "Ended").map((told) => [of(told), told.outcome]))
  const begun = new Set(allTold(facts, "Began").map(of))
  return rowsOf(facts.final).flatMap((row) => {
    const end = ends.get(of(row))
    return isTrueOf(facts, row, end, begun.has(of(row)))
      ? []
      : [`run ${row.id} of ${row.name} ${end ?? "never ended"}, and its row says ${show(row)}`]
  })
}

const isTrueOf = (facts: Facts, row: StoredRun, end: string | undefined, hasBegun: boolean): boolean => {
  if (row.workOutcome === "unknown") return wasLeft(facts, row.id)
  if (row.workOutcome === "notStarted") return !hasBegun
  return row.workOutcome === end && (row.status !== "completed" || end === "succeeded")
}

/** Whether its host was killed while it was active: no other run may be taken for lost. */
const wasLeft = ({ lives }: Facts, id: RunId): boolean =>
  lives.some(({ after, end }) => {
    const row = after.rows.get(id)
    return end === "killed" && row !== undefined && !isTerminal(row.status)
  })

// -- how often ----------------------------------------------------------------------------------------

/** No work is executed twice, or more often than its definition says, and an idempotency key is one run for ever. */
const isOnce: Check = (facts) => {
  const begun = allTold(facts, "Began")
  const rows = rowsOf(facts.final)
  return [
    ...duplicatesOf(begun.map(({ attempt, id }) => `attempt ${attempt} of run ${id}`)).map(
      (what) => `${what} began twice`
    ),
    ...rows.flatMap(({ attemptMax, id, name }) => {
      const times = begun.filter((one) => one.id === id).length
      return times <= attemptMax ? [] : [`run ${id} of ${name} began ${times} times, and may ${attemptMax}`]
    }),
    ...duplicatesOf(rows.flatMap(({ idempotencyKey }) => idempotencyKey ?? [])).map(
      (key) => `the idempotency key ${key} has two rows`
    ),
    ...differing(
      allTold(facts, "Started").flatMap(({ id, idempotencyKey }) => (idempotencyKey === undefined ? [] : [id]))
    )
  ]
}

const differing = (ids: ReadonlyArray<RunId>): ReadonlyArray<string> =>
  new Set(ids).size > 1 ? [`starts with one idempotency key were answered with ${[...new Set(ids)].join(", ")}`] : []

// -- the last life ------------------------------------------------------------------------------------

/** Whatever was left: each key can be started, and what is started so comes to its own end. */
const isFree: Check = (facts) => {
  const life = facts.lives.length
  const settled = new Map(allTold(facts, "Settled").map(({ id, status }) => [id, status]))
  const started = allTold(facts, "Started").filter((one) => one.life === life && one.isNew)
  return scripts[facts.script].keys.flatMap(([name, key]) => {
    const run = started.find((one) => one.name === name && one.key === key && one.idempotencyKey === undefined)
    if (life === 1 || (run !== undefined && settled.get(run.id) === "completed")) return []
    return [
      `${name} with the key ${key} cannot be started again: ${run === undefined ? "no run" : settled.get(run.id)}`
    ]
  })
}

/** Nothing but the kills was wrong, so every call succeeds, except for the first start of what is to stay in doubt. */
const isUntroubled: Check = (facts) => [
  ...allTold(facts, "StartFailed")
    .filter(({ life, name }) => life > 1 || !scripts[facts.script].inDoubt.includes(name))
    .map(({ error, life, name }) => `life ${life} cannot start ${name}: ${error}`),
  ...allTold(facts, "Failed").map(({ error, life, what }) => `life ${life}: ${what}: ${error}`)
]

/** A subscriber is told the row first, and its end last. */
const isToldInOrder: Check = (facts) => {
  const streams = new Map<string, ReadonlyArray<string>>()
  for (const { event, id, life } of allTold(facts, "Event")) {
    const stream = `${id} in life ${life}`
    streams.set(stream, [...(streams.get(stream) ?? []), event])
  }
  return [...streams].flatMap(([stream, events]) => {
    const end = events.indexOf("Settled")
    return events[0] === "Snapshot" && (end === -1 || end === events.length - 1)
      ? []
      : [`a subscriber of run ${stream} was told ${events.join(", ")}`]
  })
}

/** The guarantees, as the log alone shows them. A host that was killed did not say how its runs ended. */
const isKept: Check = ({ final, history }) =>
  RunHistory.check(history, { rows: rowsOf(final).map(runOf), toleranceMillis: 1 }).map(RunHistory.render)

const checks: ReadonlyArray<Check> = [
  isSound,
  isSettled,
  isFenced,
  isFinal,
  isAsTold,
  hasItsRow,
  isFaithful,
  isTakenUp,
  isEntombed,
  isKeptInJournal,
  isOnce,
  isFree,
  isUntroubled,
  isToldInOrder,
  isKept
]
