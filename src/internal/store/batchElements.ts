/**
 * The rows of a batch as elements of the one JSON array that a statement takes, the same for every SQL
 * dialect: only the statements differ. The names of the fields are the names by which the statements
 * ask for them.
 *
 * @since 0.1.0
 */
import type { CancelRequest, NewRun, ProgressReport, Release, Settlement, Tombstone } from "../../RunStore.js"

// A virtual clock may stand between two milliseconds; the columns are whole ones.
const millis = (time: number | null): number | null => (time === null ? null : Math.round(time))

/** The keys of a run, and its place in the batch. @internal */
export const keysElement = (run: NewRun, position: number) => ({
  position,
  id: run.id,
  name: run.name,
  key: run.key,
  idempotencyKey: run.idempotencyKey
})

/** @internal */
export const insertElement = (run: NewRun) => ({
  id: run.id,
  name: run.name,
  key: run.key,
  idempotencyKey: run.idempotencyKey,
  payload: run.payload,
  payloadHash: run.payloadHash,
  hostId: run.hostId,
  attemptMax: run.attemptMax,
  onHostExit: run.onHostExit,
  restartDeadline: millis(run.restartDeadline ?? null),
  createdAt: millis(run.createdAt)
})

/** @internal */
export const settleElement = (settlement: Settlement) => ({
  id: settlement.id,
  hostId: settlement.hostId,
  attempt: settlement.attempt,
  token: settlement.token,
  status: settlement.status,
  workOutcome: settlement.workOutcome,
  finishedAt: millis(settlement.finishedAt),
  result: settlement.result,
  error: settlement.error,
  cancelRequestedAt: millis(settlement.cancelRequestedAt),
  cancelReason: settlement.cancelReason
})

/** In the order in which they stand above. @internal */
export const settlementFields: ReadonlyArray<string> = [
  "id",
  "hostId",
  "attempt",
  "token",
  "status",
  "workOutcome",
  "finishedAt",
  "result",
  "error",
  "cancelRequestedAt",
  "cancelReason"
]

/** @internal */
export const entombElement = ({ run, settlement }: Tombstone) => ({
  ...settleElement(settlement),
  ...insertElement(run)
})

/** @internal */
export const releaseElement = (release: Release) => ({
  id: release.id,
  hostId: release.hostId,
  attempt: release.attempt,
  token: release.token,
  workOutcome: release.workOutcome,
  releasedAt: millis(release.releasedAt),
  cancelRequestedAt: millis(release.cancelRequestedAt),
  cancelReason: release.cancelReason
})

/** @internal */
export const cancelElement = (request: CancelRequest) => ({
  id: request.id,
  requestedAt: millis(request.requestedAt),
  reason: request.reason,
  token: request.token
})

/** @internal */
export const progressElement = (report: ProgressReport) => ({
  id: report.id,
  hostId: report.hostId,
  attempt: report.attempt,
  current: report.current,
  total: report.total,
  step: report.step
})
