/**
 * One run in memory: its record, and the states that it passes through. A record is changed only by
 * the synchronous transitions below, each atomic by itself; that is the actor, and there is no lock.
 * It is registered before its insert is asked for, so a cancel always finds it.
 *
 * @since 0.1.0
 */
import type * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { CancelAnswer, Progress, Settled } from "../../Run.js"
import type { CancelError, RunNotFound, RunSuperseded, VerdictParked } from "../../RunError.js"
import type { HostId, RunId } from "../../RunId.js"
import type { RunStatus } from "../../RunStatus.js"
import type { NewRun, Release, Settlement, StoredRun } from "../../RunStore.js"
import type { EventHub } from "./eventHub.js"
import type { Signal } from "./runSignal.js"
import { type Facts, type Verdict, verdict } from "./verdict.js"
import type { WorkEnd } from "./workEnd.js"

/** @internal */
export interface CancelMark {
  readonly requestedAt: number
  readonly reason: string | undefined
  /** Whether no terminal write had been sent before it, so that every one of this host's says `cancelled` (rule 3). */
  readonly isSafe: boolean
}

/** Why the kernel itself interrupted the work. */
export type Stop = "timeout" | "lease" | "shutdown"

/**
 * - `Inserting`: the insert was asked for and is not answered.
 * - `Working`: the row is there; the work runs, or is about to.
 * - `Ended`: the work has stopped, or will never start; its verdict is on its way to the row. `entomb` where
 *   it is not known whether there is a row. `sent` counts the terminal writes that were sent.
 * - `Settled`: the row is terminal, and `event` says what it says.
 * - `Superseded`: another host owns the row, or nobody does, since it was given back.
 * - `Gone`: there is no row, though there was one, or the start was refused.
 *
 * @internal
 */
export type State =
  | { readonly _tag: "Inserting"; readonly cancel: CancelMark | undefined }
  | { readonly _tag: "Working"; readonly cancel: CancelMark | undefined; readonly stops: ReadonlySet<Stop> }
  | Ended
  | { readonly _tag: "Settled"; readonly event: Settled; readonly ending: Ending }
  | { readonly _tag: "Superseded"; readonly error: RunSuperseded }
  | { readonly _tag: "Gone"; readonly error: RunNotFound }

/**
 * What the terminal row holds beside its status.
 *
 * @internal
 */
export type Ending = Pick<StoredRun, "result" | "error" | "cancelReason">

/** @internal */
export interface Ended {
  readonly _tag: "Ended"
  readonly cancel: CancelMark | undefined
  readonly stops: ReadonlySet<Stop>
  readonly end: WorkEnd
  readonly finishedAt: number
  readonly entomb: boolean
  readonly sent: number
  /** The last one of them: what the row holds, if it is the one that was applied. */
  readonly lastSent: Settlement | undefined
  readonly parked: VerdictParked | undefined
  /** It is being given back for another host to restart, and stays so: what comes of a later cancel, its row says. */
  readonly isReleased: boolean
  /** The database refuses the very values: the outcome is kept without them. */
  readonly refused: boolean
}

/** @internal */
export interface ActiveRun {
  readonly id: RunId
  readonly hostId: HostId
  readonly attempt: number
  readonly newRun: NewRun
  /** How long the work may ignore an interruption before that is told of. */
  readonly cancelGrace: Duration.Duration
  readonly hub: EventHub
  signal: Signal | undefined
  state: State
  /** Set by the fiber itself, in the step in which it looks whether it may begin. */
  fiber: Fiber.RuntimeFiber<void> | undefined
  startedAt: number | undefined
  progress: Progress | undefined
  /** Callers of cancel that wait for what the row says. */
  cancelWaiters: Array<Deferred.Deferred<CancelAnswer, CancelError | RunSuperseded>>
  /** The work's own exit, so that `result` on this host needs no decoding. */
  exit: Exit.Exit<unknown, unknown> | undefined
  /** Whether an insert was ever sent: from then on there may be a row. */
  isInsertSent: boolean
  /** Whether it was sent more than once, so that an attempt before the one that is answered may still land. */
  isInsertRepeated: boolean
}

const stopsNone: ReadonlySet<Stop> = new Set()

/** Rule 1: the settle token names owner and attempt, and every retry carries the same one. */
export const tokenOf = (hostId: HostId, attempt: number): string => `${hostId}:${attempt}`

/** @internal */
export const initial: State = { _tag: "Inserting", cancel: undefined }

/**
 * The record of a run to which nothing has happened yet.
 *
 * @internal
 */
export const make = (
  facts: Pick<ActiveRun, "hostId" | "attempt" | "newRun" | "cancelGrace" | "hub" | "isInsertSent">
): ActiveRun => ({
  id: facts.newRun.id,
  hostId: facts.hostId,
  attempt: facts.attempt,
  newRun: facts.newRun,
  cancelGrace: facts.cancelGrace,
  hub: facts.hub,
  isInsertSent: facts.isInsertSent,
  isInsertRepeated: false,
  signal: undefined,
  state: initial,
  fiber: undefined,
  startedAt: undefined,
  progress: undefined,
  cancelWaiters: [],
  exit: undefined
})

// -- transitions ----------------------------------------------------------------------------------------

/**
 * What a cancel finds: a run that it stops before its work begins, work to interrupt, a verdict on its way to
 * the row, or nothing that this host could do about it. `again` where an earlier cancel has done it all.
 *
 * @internal
 */
export type CancelFinds = "starting" | "working" | "ended" | "again" | "settled" | "superseded" | "gone"

/**
 * Accepts a cancel in memory. From here on every terminal write of this host says `cancelled`, whatever the
 * work does; a second cancel changes nothing.
 *
 * @internal
 */
export const cancel = (run: ActiveRun, request: Omit<CancelMark, "isSafe">): CancelFinds => {
  const { state } = run
  switch (state._tag) {
    case "Inserting":
      if (state.cancel !== undefined) return "again"
      run.state = { ...state, cancel: { ...request, isSafe: true } }
      return "starting"
    case "Working":
      if (state.cancel !== undefined) return "again"
      run.state = { ...state, cancel: { ...request, isSafe: true } }
      return "working"
    case "Ended":
      if (state.cancel !== undefined) return "again"
      run.state = { ...state, cancel: { ...request, isSafe: state.sent === 0 } }
      return "ended"
    case "Settled":
      return "settled"
    case "Superseded":
      return "superseded"
    case "Gone":
      return "gone"
  }
}

/** The insert was acknowledged. Answers whether the work may start: a cancel, or the end of the start, may have come first. */
export const inserted = (run: ActiveRun, now: number): boolean => {
  if (run.state._tag !== "Inserting") return false
  if (run.state.cancel !== undefined) {
    return false
  }
  run.state = { _tag: "Working", cancel: undefined, stops: stopsNone }
  run.startedAt = now
  return true
}

/** What keeps the work from beginning, though its row is there. */
export const obstacle = (run: ActiveRun): WorkEnd | undefined => {
  if (run.state._tag !== "Working") return { _tag: "Interrupted" }
  if (run.state.cancel !== undefined) {
    return { _tag: "NotStarted", reason: "StartAbandoned", message: "It was cancelled before its work began." }
  }
  return run.state.stops.size > 0 ? { _tag: "Interrupted" } : undefined
}

/** The kernel is about to interrupt the work. Answers whether there is work to interrupt. */
export const stop = (run: ActiveRun, why: Stop): boolean => {
  if (run.state._tag !== "Working") return false
  run.state = { ...run.state, stops: new Set([...run.state.stops, why]) }
  return true
}

/** The work has stopped, or will never start. Answers whether this is news. */
export const end = (run: ActiveRun, workEnd: WorkEnd, now: number, options?: { readonly entomb: boolean }): boolean => {
  if (run.state._tag !== "Inserting" && run.state._tag !== "Working") return false
  run.state = {
    _tag: "Ended",
    cancel: run.state.cancel,
    stops: run.state._tag === "Working" ? run.state.stops : stopsNone,
    end: workEnd,
    finishedAt: now,
    entomb: options?.entomb ?? false,
    sent: 0,
    lastSent: undefined,
    parked: undefined,
    isReleased: false,
    refused: false
  }
  return true
}

// -- what follows from a state -----------------------------------------------------------------------------

/** @internal */
export const factsOf = (run: Pick<ActiveRun, "newRun" | "attempt">, state: Ended): Facts => ({
  owned: true,
  cancelled: state.cancel !== undefined,
  timedOut: state.stops.has("timeout"),
  leaseLost: state.stops.has("lease"),
  shuttingDown: state.stops.has("shutdown"),
  restarts: run.newRun.onHostExit === "restart" && run.attempt < run.newRun.attemptMax,
  end: state.end
})

/**
 * The terminal write, built anew for each attempt: a cancel may have come since the last one. The finish time
 * does not move, and never stands before the start.
 *
 * @internal
 */
export const settlementOf = (run: ActiveRun, state: Ended): Settlement => {
  const decided = verdictOf(run, state)
  if (decided._tag !== "Settle") throw new Error(`Run ${run.id} has no verdict of this host's to write.`)
  const base = {
    id: run.id,
    hostId: run.hostId,
    attempt: run.attempt,
    token: tokenOf(run.hostId, run.attempt),
    workOutcome: decided.workOutcome,
    finishedAt: finishedAtOf(run, state),
    cancelRequestedAt: state.cancel?.requestedAt ?? null,
    cancelReason: state.cancel?.reason ?? null
  }
  if (state.refused && decided.status !== "cancelled") return notStorable(base)
  const error = decided.error === undefined || state.refused ? null : JSON.stringify(decided.error)
  return { ...base, status: decided.status, result: state.refused ? null : decided.result, error }
}

/** The same, without the values that the database refuses for good. */
export const notStorable = (settlement: Omit<Settlement, "status" | "result" | "error">): Settlement => {
  const message = "The database refuses the result, or the error, of the work for good. The log has it."
  const error = JSON.stringify({ reason: "ResultNotStorable", message })
  return { ...settlement, status: "failed", result: null, error }
}

const finishedAtOf = (run: ActiveRun, state: Ended): number =>
  Math.max(state.finishedAt, run.startedAt ?? run.newRun.createdAt)

/** The row as it is given back. A cancel that comes between two attempts goes with the next one (rule 2). */
export const releaseOf = (run: ActiveRun, state: Ended): Release => ({
  id: run.id,
  hostId: run.hostId,
  attempt: run.attempt,
  token: tokenOf(run.hostId, run.attempt),
  workOutcome: "interrupted",
  releasedAt: finishedAtOf(run, state),
  cancelRequestedAt: state.cancel?.requestedAt ?? null,
  cancelReason: state.cancel?.reason ?? null
})

/** @internal */
export const verdictOf = (run: ActiveRun, state: Ended): Verdict => verdict(factsOf(run, state))

/** What the row is to become. */
export const verdictStatus = (run: ActiveRun, state: Ended): RunStatus => {
  const decided = verdictOf(run, state)
  switch (decided._tag) {
    case "Settle":
      return decided.status
    case "Release":
      return "pending"
    case "Superseded":
      return "failed"
  }
}

/** What the terminal row holds, where it is this host's last write that was applied. */
export const endingOf = (run: ActiveRun, state: Ended): Ending =>
  state.isReleased
    ? { result: null, error: null, cancelReason: state.cancel?.reason ?? null }
    : (state.lastSent ?? settlementOf(run, state))
