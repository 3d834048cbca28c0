/**
 * The tables of the store in memory: rows, the keys that they hold, and hosts. `put` is the only way
 * to change a row, so that a key is taken exactly while its row is active, and an idempotency key
 * from then on.
 *
 * @since 0.1.0
 */
import type { HostId, RunId } from "../../RunId.js"
import { isTerminal } from "../../RunStatus.js"
import type { LiveHost, NewRun, StoredRun } from "../../RunStore.js"

/** @internal */
export interface Host extends LiveHost {
  readonly state: "live" | "fenced"
}

/** @internal */
export interface Tables {
  readonly runs: Map<RunId, StoredRun>
  /** The active run of a work and key. */
  readonly activeKeys: Map<string, RunId>
  readonly idempotencyKeys: Map<string, RunId>
  readonly hosts: Map<HostId, Host>
}

/** @internal */
export const emptyTables = (): Tables => ({
  runs: new Map(),
  activeKeys: new Map(),
  idempotencyKeys: new Map(),
  hosts: new Map()
})

/** @internal */
export const pair = (name: string, key: string): string => JSON.stringify([name, key])

/** @internal */
export const put = (tables: Tables, row: StoredRun): void => {
  tables.runs.set(row.id, row)
  if (row.idempotencyKey !== null) tables.idempotencyKeys.set(pair(row.name, row.idempotencyKey), row.id)
  if (row.key === null) return
  const key = pair(row.name, row.key)
  if (!isTerminal(row.status)) tables.activeKeys.set(key, row.id)
  else if (tables.activeKeys.get(key) === row.id) tables.activeKeys.delete(key)
}

/** @internal */
export const newRow = (run: NewRun): StoredRun => ({
  ...run,
  status: "running",
  attempt: 1,
  restartDeadline: run.restartDeadline ?? null,
  cancelRequestedAt: null,
  cancelReason: null,
  startedAt: run.createdAt,
  finishedAt: null,
  workOutcome: null,
  result: null,
  error: null,
  settleToken: null,
  progressCurrent: null,
  progressTotal: null,
  progressStep: null
})

/** @internal */
export const isMine = (row: StoredRun, hostId: HostId, attempt: number): boolean =>
  !isTerminal(row.status) && row.hostId === hostId && row.attempt === attempt
