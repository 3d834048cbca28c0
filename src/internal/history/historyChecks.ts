/**
 * One check per guarantee over the history of a run: each a pure function that lists what contradicts
 * it. A check demands only what the log can know; what a crashed host would have said is not held
 * against it. What concerns several runs at once is in `keyHolders`.
 *
 * @since 0.1.0
 */
import type { Timeline, Violation } from "../../RunHistory.js"
import { isTerminal } from "../../RunStatus.js"
import {
  all,
  attemptsOf,
  describe,
  type Facts,
  first,
  type LineOf,
  ownWrite,
  perAttempt,
  position,
  type RunCheck,
  type Tag,
  violation
} from "./historyFacts.js"
import { nothingLost } from "./journalChecks.js"
import { atomicStart, hostLoss } from "./startChecks.js"

// -- the guarantees -----------------------------------------------------------------------------------------

/** The status written is the one that follows from what the work did. */
const fidelity = perAttempt((timeline) => {
  const written = ownWrite(timeline)
  const ended = first(timeline, "WorkEnded")
  if (written === undefined) return []
  const found: Array<Violation> = []
  const expect = (isKept: boolean, expected: string) => {
    if (!isKept) found.push(violation("G1", timeline, expected, describe(written), [ended, written]))
  }
  // A verdict that is replayed finds the cancel in the row: whoever has recorded it there is another host.
  const isCancelled =
    written._tag === "VerdictReplayed" ||
    position(timeline, first(timeline, "CancelRequested")) < position(timeline, written)
  const succeeded = ended !== undefined && ended.outcome === "succeeded" && ended.reason === undefined
  switch (written.status) {
    case "completed":
      expect(succeeded, "completed only where the work succeeded and its result encodes")
      break
    case "failed":
      expect(!succeeded || written.reason === "ResultNotStorable", "completed or cancelled, since the work succeeded")
      break
    case "cancelled":
      expect(isCancelled, "cancelled only after a cancel was accepted")
      break
    case "pending":
    case "running":
    case undefined:
      expect(false, "a terminal status")
  }
  const stopped = all(timeline, "StopRequested").length > 0
  if (ended !== undefined && !stopped && written.workOutcome !== undefined) {
    expect(written.workOutcome === ended.outcome, `the work outcome ${ended.outcome}`)
  }
  return found
})

/** A cancel that was acknowledged is kept; one that came too late says what was there. */
const cancelPrecedence: RunCheck = (timeline) => {
  const found: Array<Violation> = []
  const settled = first(timeline, "Settled")
  for (const attempt of attemptsOf(timeline)) {
    const requested = first(attempt, "CancelRequested")
    const ended = first(attempt, "WorkEnded")
    const written = ownWrite(attempt)
    if (written === undefined || written.status === "cancelled" || ended === undefined) continue
    if (position(attempt, requested) < position(attempt, ended)) {
      found.push(
        violation("G2", timeline, "cancelled, since a cancel was accepted while the work ran", describe(written), [
          requested,
          ended,
          written
        ])
      )
    }
  }
  if (settled === undefined) return found
  for (const answer of all(timeline, "CancelAnswered")) {
    // One that was not durable binds this host: where somebody else's write came first it was without effect.
    const isBinding = answer.durable !== false || ownWrite(timeline)?.hostId === answer.hostId
    if (answer.answer === "Requested" && isBinding && settled.status !== "cancelled") {
      found.push(violation("G2", timeline, "cancelled, as the canceller was told", settled.status, [answer, settled]))
    }
    if (answer.answer === "AlreadyTerminal" && answer.status !== settled.status) {
      found.push(
        violation("G2", timeline, `${answer.status}, as the canceller was told`, settled.status, [answer, settled])
      )
    }
  }
  return found
}

/** One write makes a row terminal, and everybody says the same of it ever after. */
const finality: RunCheck = (timeline) => {
  const found: Array<Violation> = []
  const applied = timeline.lines.filter(
    (line) => (line._tag === "VerdictWritten" || line._tag === "VerdictReplayed") && line.outcome === "Applied"
  )
  if (applied.length > 1) {
    found.push(violation("G3", timeline, "one write that made the row terminal", `${applied.length}`, applied))
  }
  const told = all(timeline, "Settled")
  if (new Set(told.map(({ status }) => status)).size > 1) {
    found.push(violation("G3", timeline, "one terminal status", told.map(({ status }) => status).join(", "), told))
  }
  return found
}

/** What subscribers are told comes after the commit, once, and is what the row says. */
const truthfulSignal: RunCheck = (timeline, facts) => {
  const found: Array<Violation> = []
  const settled = all(timeline, "Settled")
  const [told] = settled
  // A host tells each of its attempts' subscribers, also of one that it took over and had to give back at once.
  const attempts = attemptsOf(timeline).filter(
    (attempt) => (first(attempt, "RunStarted") ?? first(attempt, "RunTakenOver")) !== undefined
  )
  const hosts = new Set(settled.map(({ hostId }) => hostId))
  const tooOften = [...hosts].filter((hostId) => {
    const own = attempts.filter((attempt) => attempt.lines[0]?.hostId === hostId).length
    return settled.filter((line) => line.hostId === hostId).length > Math.max(1, own)
  })
  if (tooOften.length > 0) {
    found.push(violation("G4", timeline, "one Settled at most from a host", `${settled.length}`, settled))
  }
  if (told !== undefined) {
    const before = timeline.lines.slice(0, position(timeline, told))
    const isCommitted = before.some(
      (line) =>
        (line._tag === "VerdictWritten" && line.status === told.status) ||
        line._tag === "Superseded" ||
        line._tag === "RunReleased" ||
        line._tag === "RunRecovered"
    )
    if (!isCommitted) {
      found.push(violation("G4", timeline, "Settled after the write was acknowledged", "before it", [told]))
    }
    const late = timeline.lines
      .slice(position(timeline, told) + 1)
      .filter((line) => line.hostId === told.hostId && (line._tag === "VerdictParked" || line._tag === "Superseded"))
    if (late.length > 0)
      found.push(violation("G4", timeline, "Settled as the last word", late[0]?._tag ?? "", [told, ...late]))
  }
  if (all(timeline, "VerdictParked").length > Math.max(hosts.size + 1, attempts.length)) {
    found.push(violation("G4", timeline, "one Parked at most", "several", all(timeline, "VerdictParked")))
  }
  return [
    ...found,
    ...attemptsOf(timeline).flatMap((attempt) => inTime(attempt, facts)),
    ...asTheRow(timeline, told, facts)
  ]
}

/** When the work has ended, something is said within `parkAfter`. */
const inTime = (timeline: Timeline, { started, toleranceMillis }: Facts): ReadonlyArray<Violation> => {
  const ended = first(timeline, "WorkEnded")
  const host = ended === undefined ? undefined : started.get(ended.hostId)
  if (ended === undefined || host === undefined) return []
  const told = timeline.lines.find(
    ({ _tag }) =>
      _tag === "Settled" ||
      _tag === "VerdictParked" ||
      _tag === "Superseded" ||
      _tag === "RunReleased" ||
      _tag === "RunVanished"
  )
  if (told === undefined || told.at - ended.at <= host.parkAfterMillis + toleranceMillis) return []
  const found = `${told._tag} after ${told.at - ended.at} ms`
  return [violation("G4", timeline, `a word within ${host.parkAfterMillis} ms of the work's end`, found, [ended, told])]
}

const asTheRow = (
  timeline: Timeline,
  told: LineOf<"Settled"> | undefined,
  { stored }: Facts
): ReadonlyArray<Violation> => {
  if (stored === undefined || told === undefined) return []
  const { row } = stored
  if (row !== undefined && row.status === told.status) return []
  return [violation("G4", timeline, `the row to say ${told.status}`, row?.status ?? "no row", [told])]
}

/** No run stays active for ever: what began has come to its end, or is said to be lost. */
const liveness: RunCheck = (timeline, { isFinal, stopped, stored }) => {
  const began = first(timeline, "RunStarted") ?? all(timeline, "StartFailed").find(({ abandoned }) => abandoned)
  if (began === undefined) return []
  const isStopped = stopped.has(began.hostId) && !timeline.lines.some(({ _tag }) => handsOn.includes(_tag))
  const found: Array<Violation> = []
  const ends: ReadonlyArray<Tag> = [
    "Settled",
    "RunVanished",
    "RunRecovered",
    "VerdictLost",
    "VerdictJournaled",
    "VerdictReplayed"
  ]
  const last = timeline.lines.find(({ _tag }) => ends.includes(_tag))
  if (last === undefined && (isStopped || isFinal)) {
    found.push(violation("G5", timeline, "the run to come to its end", "none in the log", timeline.lines.slice(-3)))
  }
  const row = stored?.row
  if (isFinal && row !== undefined && !isTerminal(row.status)) {
    found.push(violation("G5", timeline, "a terminal row", row.status, timeline.lines.slice(-3)))
  }
  return found
}

/** What a host that stops says of a run that is to go on elsewhere. */
const handsOn: ReadonlyArray<Tag> = ["RunReleased", "RunLeft", "RunTakenOver"]

/** No-op, not found and not mine are answers, not failures: each is told as what it is, and none is tried again. */
const fourAnswers = perAttempt((timeline) => {
  const found: Array<Violation> = []
  for (const written of all(timeline, "VerdictWritten")) {
    const after = timeline.lines
      .slice(position(timeline, written) + 1)
      .filter(
        (line) =>
          line.hostId === written.hostId &&
          (line._tag === "VerdictWritten" || (line._tag === "WriteFailed" && line.failure.operation === "settle"))
      )
    if (after.length > 0) {
      found.push(violation("G10", timeline, `no other write after ${written.outcome}`, "one", [written, ...after]))
    }
    const answer = timeline.lines
      .slice(position(timeline, written) + 1)
      .find(({ _tag }) => _tag === "Settled" || _tag === "Superseded" || _tag === "RunVanished")
    const expected =
      written.outcome === "NotFound" ? "RunVanished" : written.outcome === "NotMine" ? "Superseded" : "Settled"
    if (answer !== undefined && answer._tag !== expected) {
      found.push(violation("G10", timeline, `${expected} after ${written.outcome}`, answer._tag, [written, answer]))
    }
  }
  return found
})

/** Each kind of interruption is written as what it was. */
const interruptions = perAttempt((timeline) => {
  const written = ownWrite(timeline)
  if (written?.status !== "failed") return []
  const stops = new Set(all(timeline, "StopRequested").map(({ stop }) => stop))
  const expected = {
    RunTimedOut: stops.has("timeout"),
    HostShutdown: stops.has("shutdown"),
    LeaseLost: stops.has("lease"),
    WorkInterrupted: stops.size === 0 && first(timeline, "WorkEnded")?.outcome === "interrupted"
  } as const
  const { reason } = written
  if (reason === undefined || !(reason in expected) || expected[reason as keyof typeof expected]) return []
  const found = stops.size === 0 ? "no such interruption" : `an interruption by ${[...stops].join(", ")}`
  return [violation("G12", timeline, `what ${reason} stands for`, found, [...all(timeline, "StopRequested"), written])]
})

const checks: ReadonlyArray<RunCheck> = [
  fidelity,
  cancelPrecedence,
  finality,
  truthfulSignal,
  liveness,
  nothingLost,
  atomicStart,
  hostLoss,
  fourAnswers,
  interruptions
]

/** @internal */
export const checkRun: RunCheck = (timeline, facts) => checks.flatMap((check) => check(timeline, facts))
