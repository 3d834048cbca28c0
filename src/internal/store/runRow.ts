/**
 * What a stored row means: as the public `Run`, and as the end that a caller of `result` waits for.
 * The only place that reads the JSON of the `error` column.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { Run } from "../../Run.js"
import { FailureReason } from "../../RunStatus.js"
import type { StoredRun } from "../../RunStore.js"
import type { StoredError } from "../runs/workEnd.js"

const StoredErrorJson = Schema.parseJson(
  Schema.Struct({ reason: FailureReason, message: Schema.String, error: Schema.optional(Schema.Unknown) })
)
const decodeStoredError = Schema.decodeUnknownEither(StoredErrorJson)

/**
 * The stored error. A foreign client may have written anything: what is not ours is shown as text.
 *
 * @internal
 */
export const storedErrorOf = (error: string | null): StoredError | undefined => {
  if (error === null) return undefined
  return Either.getOrElse(decodeStoredError(error), (): StoredError => ({ reason: "WorkFailed", message: error }))
}

/** @internal */
export const runOf = (row: StoredRun): Run => {
  const failure = storedErrorOf(row.error)
  const progress =
    row.progressCurrent === null
      ? undefined
      : {
          current: row.progressCurrent,
          ...(row.progressTotal === null ? {} : { total: row.progressTotal }),
          ...(row.progressStep === null ? {} : { step: row.progressStep })
        }
  return Run.make(
    {
      id: row.id,
      name: row.name,
      status: row.status,
      attempt: row.attempt,
      createdAt: row.createdAt,
      ...(row.key === null ? {} : { key: row.key }),
      ...(row.hostId === null ? {} : { hostId: row.hostId }),
      ...(row.startedAt === null ? {} : { startedAt: row.startedAt }),
      ...(row.finishedAt === null ? {} : { finishedAt: row.finishedAt }),
      ...(row.cancelRequestedAt === null ? {} : { cancelRequestedAt: row.cancelRequestedAt }),
      ...(row.cancelReason === null ? {} : { cancelReason: row.cancelReason }),
      ...(row.workOutcome === null ? {} : { workOutcome: row.workOutcome }),
      ...(progress === undefined ? {} : { progress }),
      ...(failure === undefined ? {} : { failure: { reason: failure.reason, message: failure.message } })
    },
    { disableValidation: true }
  )
}
