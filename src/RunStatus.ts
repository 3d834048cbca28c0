/**
 * The words that a row may say about a run. Together with `internal/runs/verdict` this is the only place
 * in the code base that holds a rule about statuses.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A status that never changes again.
 *
 * @since 0.1.0
 * @category schemas
 */
export const TerminalStatus: Schema.Literal<["completed", "failed", "cancelled"]> = Schema.Literal(
  "completed",
  "failed",
  "cancelled"
)
/**
 * @since 0.1.0
 * @category models
 */
export type TerminalStatus = typeof TerminalStatus.Type

/**
 * What the row says. `pending` and `running` are active, the others terminal.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RunStatus: Schema.Literal<["pending", "running", "completed", "failed", "cancelled"]> = Schema.Literal(
  "pending",
  "running",
  "completed",
  "failed",
  "cancelled"
)
/**
 * @since 0.1.0
 * @category models
 */
export type RunStatus = typeof RunStatus.Type

/**
 * What the work itself did, kept beside the status: a run can be `cancelled` though its work
 * `succeeded`. `unknown` is the outcome of work whose host was lost.
 *
 * @since 0.1.0
 * @category schemas
 */
export const WorkOutcome: Schema.Literal<["succeeded", "failed", "interrupted", "notStarted", "unknown"]> =
  Schema.Literal("succeeded", "failed", "interrupted", "notStarted", "unknown")
/**
 * @since 0.1.0
 * @category models
 */
export type WorkOutcome = typeof WorkOutcome.Type

/**
 * Why a run is `failed`.
 *
 * - `WorkFailed`, `WorkDied`, `WorkInterrupted`: the work failed with its typed error, died with a defect, or
 *   interrupted itself.
 * - `ResultNotEncodable`, `ResultNotStorable`: it succeeded, and its result cannot be encoded, or the database
 *   refuses it for good.
 * - `RunTimedOut`, `HostShutdown`, `LeaseLost`: the kernel stopped it.
 * - `HostLost`: its host went away without settling it.
 * - `StartAbandoned`, `PayloadNotDecodable`: the work was never started.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FailureReason: Schema.Literal<
  [
    "WorkFailed",
    "WorkDied",
    "WorkInterrupted",
    "ResultNotEncodable",
    "ResultNotStorable",
    "RunTimedOut",
    "HostShutdown",
    "LeaseLost",
    "HostLost",
    "StartAbandoned",
    "PayloadNotDecodable"
  ]
> = Schema.Literal(
  "WorkFailed",
  "WorkDied",
  "WorkInterrupted",
  "ResultNotEncodable",
  "ResultNotStorable",
  "RunTimedOut",
  "HostShutdown",
  "LeaseLost",
  "HostLost",
  "StartAbandoned",
  "PayloadNotDecodable"
)
/**
 * @since 0.1.0
 * @category models
 */
export type FailureReason = typeof FailureReason.Type

/**
 * Whether a status never changes again.
 *
 * @since 0.1.0
 * @category combinators
 */
export const isTerminal = (status: RunStatus): status is TerminalStatus => {
  switch (status) {
    case "pending":
    case "running":
      return false
    case "completed":
    case "failed":
    case "cancelled":
      return true
  }
}
