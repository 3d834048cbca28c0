/**
 * The verdict: which terminal status a run gets, from what its work did and what the kernel did to
 * it. Pure and total; the table of design section 3, row for row, the first that fits. Nothing about
 * the database comes in: storage can delay an outcome, never change it.
 *
 * @since 0.1.0
 */
import type { FailureReason, TerminalStatus, WorkOutcome } from "../../RunStatus.js"
import type { StoredError, WorkEnd } from "./workEnd.js"

/**
 * Everything that a verdict may depend on.
 *
 * @internal
 */
export interface Facts {
  /** Whether this host still owns the run. */
  readonly owned: boolean
  /** Whether a cancel was accepted before the terminal write committed. */
  readonly cancelled: boolean
  readonly timedOut: boolean
  readonly leaseLost: boolean
  readonly shuttingDown: boolean
  /** Whether another host may restart it: its definition says so, and it has attempts left. */
  readonly restarts: boolean
  readonly end: WorkEnd
}

/** @internal */
export type Verdict =
  | { readonly _tag: "Superseded" }
  | {
      readonly _tag: "Settle"
      readonly status: TerminalStatus
      readonly workOutcome: WorkOutcome
      readonly result: string | null
      readonly error: StoredError | undefined
    }
  /** Given back for another host to restart, since it is the host that ends, and not the run. */
  | { readonly _tag: "Release"; readonly workOutcome: WorkOutcome }

/** @internal */
export const verdict = (facts: Facts): Verdict => {
  if (!facts.owned) return { _tag: "Superseded" }
  if (facts.cancelled) return cancelled(facts.end)
  switch (facts.end._tag) {
    case "NotStarted":
    case "Succeeded":
    case "ResultNotEncodable":
      return asDone(facts.end)
    case "Failed":
    case "Interrupted":
      return stopped(facts) ?? asDone(facts.end)
  }
}

/** What the work did stays on record beside the status: also the error of work that reacted to its cancel by throwing. */
const cancelled = (end: WorkEnd): Settle => ({
  ...asDone(end),
  status: "cancelled",
  error: end._tag === "Failed" ? end.error : undefined
})

/** The verdict where the kernel itself stopped the work, and nothing else counts. */
const stopped = (facts: Facts): Exclude<Verdict, { _tag: "Superseded" }> | undefined => {
  if (facts.timedOut) return failed("RunTimedOut", "interrupted", "The run's timeout passed before its work had ended.")
  if (facts.restarts && (facts.leaseLost || facts.shuttingDown)) return { _tag: "Release", workOutcome: "interrupted" }
  if (facts.leaseLost) return failed("LeaseLost", "interrupted", "The host's lease ran out, so its work was stopped.")
  if (facts.shuttingDown) return failed("HostShutdown", "interrupted", "The host shut down before the work had ended.")
  return undefined
}

type Settle = Extract<Verdict, { _tag: "Settle" }>

/** The verdict where nobody but the work had a say. */
const asDone = (end: WorkEnd): Settle => {
  switch (end._tag) {
    case "Succeeded":
      return { _tag: "Settle", status: "completed", workOutcome: "succeeded", result: end.result, error: undefined }
    case "ResultNotEncodable":
      return failed("ResultNotEncodable", "succeeded", end.message)
    case "Failed":
      return { _tag: "Settle", status: "failed", workOutcome: "failed", result: null, error: end.error }
    case "Interrupted":
      return failed("WorkInterrupted", "interrupted", "The work was interrupted, and by nobody in the kernel.")
    case "NotStarted":
      return failed(end.reason, "notStarted", end.message)
  }
}

const failed = (reason: FailureReason, workOutcome: WorkOutcome, message: string): Settle => ({
  _tag: "Settle",
  status: "failed",
  workOutcome,
  result: null,
  error: { reason, message }
})
