/**
 * How a call ended, as plain data: what of its exit the guarantees speak of, and nothing else.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { RunId } from "../../src/RunId.js"
import { FailureReason, RunStatus } from "../../src/RunStatus.js"
import type { Answer, CallError, Operation, Value, WorkExit } from "../History.js"

export const answerOf = <A, E>(operation: Operation, exit: Exit.Exit<A, E>, valueOf: (value: A) => Value): Answer => {
  if (Exit.isSuccess(exit)) return { _tag: "Ok", value: valueOf(exit.value) }
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (failure !== undefined) return { _tag: "Failed", error: errorOf(operation, failure) }
  if (Cause.isInterruptedOnly(exit.cause)) return { _tag: "Interrupted" }
  return { _tag: "Died", message: String(Cause.squash(exit.cause)) }
}

/** The failures that the kernel answers with; whatever else comes out of a `Result` is the work's own. */
const kernelErrors = new Set([
  "StoreFailure",
  "RunAlreadyActive",
  "IdempotencyConflict",
  "KernelStopped",
  "CalledInTransaction",
  "RunNotFound",
  "RunCancelled",
  "RunFailed",
  "VerdictParked",
  "RunSuperseded"
])

const errorOf = (operation: Operation, failure: unknown): CallError => {
  const fields = (typeof failure === "object" && failure !== null ? failure : {}) as Readonly<Record<string, unknown>>
  const tag = String(fields._tag)
  if (operation._tag === "Result" && !kernelErrors.has(tag)) return { tag: "WorkError", message: String(failure) }
  const otherId = fields.activeId ?? fields.existingId
  return {
    tag,
    message: String(fields.message),
    ...(typeof fields.inDoubt === "boolean" ? { inDoubt: fields.inDoubt } : {}),
    ...(isReason(fields.reason) ? { reason: fields.reason } : {}),
    ...(isStatus(fields.status) ? { status: fields.status } : {}),
    ...(typeof otherId === "string" ? { otherId: otherId as RunId } : {})
  }
}

const isReason = (value: unknown): value is FailureReason => FailureReason.literals.some((reason) => reason === value)
const isStatus = (value: unknown): value is RunStatus => RunStatus.literals.some((status) => status === value)

/** How work ended, where the harness knows no more than its exit and what it wrote the work to do. */
export const workExitOf = (
  exit: Exit.Exit<unknown, unknown>,
  known: { readonly encodes: boolean; readonly interruptsItself: boolean }
): WorkExit => {
  if (Exit.isSuccess(exit)) return { _tag: "Succeeded", encodes: known.encodes }
  if (Cause.isInterruptedOnly(exit.cause)) {
    return { _tag: "Interrupted", by: known.interruptsItself ? "itself" : "somebody" }
  }
  // What was thrown counts, also beside an interruption that it answers.
  return { _tag: Option.isSome(Cause.failureOption(exit.cause)) ? "Failed" : "Died" }
}
