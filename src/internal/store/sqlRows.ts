/**
 * Rows of the runs table as `StoredRun`. The columns are checked by the database (types, statuses),
 * so a row is mapped, not validated again; integers that a driver gives as text or bigint become
 * numbers here and nowhere else.
 *
 * @since 0.1.0
 */
import type { HostId, RunId } from "../../RunId.js"
import type { RunStatus, WorkOutcome } from "../../RunStatus.js"
import type { HostsSeen, LiveHost, OwnedRun, StoredRun } from "../../RunStore.js"

/** A row as the driver gives it. @internal */
export type SqlRow = { readonly [column: string]: unknown }

/** @internal */
export const storedRun = (row: SqlRow): StoredRun => ({
  id: row.run_id as RunId,
  name: row.name as string,
  key: text(row.run_key),
  idempotencyKey: text(row.idempotency_key),
  payload: text(row.payload),
  payloadHash: text(row.payload_hash),
  status: row.status as RunStatus,
  hostId: text(row.host_id) as HostId | null,
  attempt: Number(row.attempt),
  attemptMax: Number(row.attempt_max),
  onHostExit: row.on_host_exit as "fail" | "restart",
  restartDeadline: number(row.restart_deadline),
  cancelRequestedAt: number(row.cancel_requested_at),
  cancelReason: text(row.cancel_reason),
  createdAt: Number(row.created_at),
  startedAt: number(row.started_at),
  finishedAt: number(row.finished_at),
  workOutcome: text(row.work_outcome) as WorkOutcome | null,
  result: text(row.result),
  error: text(row.error),
  settleToken: text(row.settle_token),
  progressCurrent: number(row.progress_current),
  progressTotal: number(row.progress_total),
  progressStep: text(row.progress_step)
})

/** From what `ownedText` gives. */
export const ownedRuns = (rows: ReadonlyArray<SqlRow>): ReadonlyArray<OwnedRun> => {
  const cancelled = new Map(rows.map((row) => [row.run_id, row]))
  const runs = rows.map((row) => text(row.runs) ?? "").join("")
  if (runs === "") return []
  return runs.split(",").map((run) => {
    const at = run.lastIndexOf(" ")
    const id = run.slice(0, at)
    const cancel = cancelled.get(id)
    return {
      id: id as RunId,
      attempt: Number(run.slice(at)),
      cancelRequestedAt: number(cancel?.cancel_requested_at),
      cancelReason: text(cancel?.cancel_reason)
    }
  })
}

/** @internal */
export const hostsSeen = (rows: ReadonlyArray<SqlRow>): HostsSeen => ({
  live: rows.filter(({ state }) => state === "live").map(liveHost),
  lost: rows.filter(({ state }) => state === "lost").map((row) => text(row.host_id) as HostId | null),
  spent: rows.filter(({ state }) => state === "spent").map((row) => row.host_id as HostId)
})

const liveHost = (row: SqlRow): LiveHost => ({
  hostId: row.host_id as HostId,
  pid: Number(row.pid),
  bootId: text(row.boot_id),
  processStartedAt: number(row.process_started_at),
  registeredAt: Number(row.registered_at),
  leaseUntil: Number(row.lease_until),
  leaseMillis: Number(row.lease_millis),
  renewSeq: Number(row.renew_seq)
})

const text = (value: unknown): string | null => (typeof value === "string" ? value : null)

const number = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value))
