/**
 * G8 over the lines of all runs, one line after the other: who holds each key, and who takes it too
 * early. It keeps one line for each key that is held, so a log of any length can be followed.
 *
 * @since 0.1.0
 */
import type { Violation } from "../../RunHistory.js"
import type { HostId, RunId } from "../../RunId.js"
import type { Line } from "../../RunLog.js"
import { type LineOf, violation } from "./historyFacts.js"

type Started = LineOf<"RunStarted">

/** @internal */
export interface KeyHolders {
  /** What this line shows; a conflict may be shown by a line that comes much later. */
  readonly add: (line: Line) => ReadonlyArray<Violation>
}

const nothing: ReadonlyArray<Violation> = []

/** After these the row of their run is terminal. */
const frees = new Set<Line["_tag"]>(["VerdictWritten", "VerdictReplayed", "RunRecovered", "Settled"])

/** A holder and somebody who took its key, on another host. */
interface Conflict {
  readonly holder: Started
  /** The holder was given back: whichever host's cancel may have ended it, and whichever takes it over shows that none had. */
  readonly isReleased: boolean
  readonly violation: Violation
}

/**
 * Two runs of one key never overlap: the second begins after the row of the first is terminal. The row frees the
 * key, so the write counts, also one whose answer was lost; what is told of it comes later, and after what another host
 * says of the key that it found free. It never comes, where the host that wrote it was killed before it could. So a
 * conflict with a holder of another host waits until more is said: that the row of the holder is terminal, or that an
 * attempt to make it so may have landed, and there is none; that its work went on, that its write had certainly failed, or
 * that its host stopped without a word of it, and there is one; nothing, and its host was killed.
 *
 * @internal
 */
export const make = (stopped: ReadonlySet<HostId>): KeyHolders => {
  const holders = new Map<string, Started>()
  const keyOf = new Map<RunId, string>()
  /** Of the holders, those whose work has ended. */
  const ended = new Set<RunId>()
  /** Of the holders, those that were given back: nobody has them, so a cancel that is durable has ended them. */
  const released = new Set<RunId>()
  /** By the holder. */
  const conflicts = new Map<RunId, Conflict>()

  const free = (runId: RunId) => {
    const key = keyOf.get(runId)
    if (key === undefined) return
    holders.delete(key)
    keyOf.delete(runId)
    ended.delete(runId)
    released.delete(runId)
  }

  const take = (line: Started): ReadonlyArray<Violation> => {
    const key = JSON.stringify([line.name, line.key])
    const holder = holders.get(key)
    const isReleased = holder !== undefined && released.has(holder.runId)
    if (holder !== undefined) {
      keyOf.delete(holder.runId)
      ended.delete(holder.runId)
      released.delete(holder.runId)
    }
    holders.set(key, line)
    keyOf.set(line.runId, key)
    // A run that is restarted goes on holding its own.
    if (holder === undefined || holder.runId === line.runId) return nothing
    const conflict = violation("G8", line, `the key ${line.key} of ${line.name} to be free`, heldBy(holder), [
      holder,
      line
    ])
    if (!isReleased && (stopped.has(holder.hostId) || holder.hostId === line.hostId)) return [conflict]
    conflicts.set(holder.runId, { holder, isReleased, violation: conflict })
    return nothing
  }

  /** The conflicts that this line decides. */
  const decided = (line: Line): ReadonlyArray<Violation> => {
    if (conflicts.size === 0) return nothing
    if (frees.has(line._tag) && "runId" in line && line.runId !== undefined) conflicts.delete(line.runId)
    return [...conflicts].flatMap(([runId, conflict]) => {
      if (mayHaveEnded(line, runId, conflict)) conflicts.delete(runId)
      else if (isActiveAfter(line, runId, conflict)) {
        conflicts.delete(runId)
        return [conflict.violation]
      }
      return nothing
    })
  }

  /** The row may be terminal by now: by its host's settle, or by a cancel of what was given back. */
  const freeInDoubt = (line: DoubtfulWrite) => {
    const candidates = line.failure.operation === "settle" ? ended : released
    const named = line.rows > line.runIds.length ? [...candidates] : line.runIds
    for (const runId of named) if (candidates.has(runId)) free(runId)
  }

  return {
    add: (line) => {
      const found = decided(line)
      if (line._tag === "RunStarted" && line.key !== undefined) return [...found, ...take(line)]
      if (line._tag === "WorkEnded" && keyOf.has(line.runId)) ended.add(line.runId)
      if (line._tag === "RunReleased" && keyOf.has(line.runId)) released.add(line.runId)
      if (isDurableCancel(line) && released.has(line.runId)) free(line.runId)
      if (frees.has(line._tag) && "runId" in line && line.runId !== undefined) free(line.runId)
      if (isDoubtful(line)) freeInDoubt(line)
      return found
    }
  }
}

const isDurableCancel = (line: Line): line is LineOf<"CancelAnswered"> =>
  line._tag === "CancelAnswered" && line.answer === "Requested" && line.durable === true

/** A write of which nobody knows whether it was applied, and which may have made rows terminal. */
type DoubtfulWrite = LineOf<"WriteFailed">

const isDoubtful = (line: Line): line is DoubtfulWrite =>
  line._tag === "WriteFailed" &&
  line.failure.inDoubt &&
  (line.failure.operation === "settle" || line.failure.operation === "cancel")

/** A write that may have ended the holder: it was on its way already when the other one took the key. */
const mayHaveEnded = (line: Line, runId: RunId, { holder, isReleased }: Conflict): boolean => {
  if (isReleased && isDurableCancel(line)) return line.runId === runId
  if (!isDoubtful(line) || !(line.rows > line.runIds.length || line.runIds.includes(runId))) return false
  const { operation } = line.failure
  return isReleased ? operation === "cancel" : operation === "settle" && line.hostId === holder.hostId
}

/** The holder's own host says that its row had not become terminal yet, or stops and leaves it at that. */
const isActiveAfter = (line: Line, runId: RunId, { holder, isReleased }: Conflict): boolean => {
  if (isReleased && line._tag === "RunTakenOver") return line.runId === runId
  if (line.hostId !== holder.hostId) return false
  switch (line._tag) {
    case "WorkEnded":
      return line.runId === runId
    case "WriteFailed":
      return line.failure.operation === "settle" && line.runIds.includes(runId)
    case "HostStopped":
      return true
    default:
      return false
  }
}

const heldBy = (holder: Started): string => `held by run ${holder.runId}`
