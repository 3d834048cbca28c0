/**
 * The run store in memory. Each operation is one synchronous step over plain maps, so it is atomic by
 * itself, and it answers with the same guards, keys and outcomes as the SQL store: both pass one
 * contract suite. Nothing is ever dropped before the store itself is.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { HostId, RunId } from "../RunId.js"
import { isTerminal, type TerminalStatus, type WorkOutcome } from "../RunStatus.js"
import type {
  CancelOutcome,
  CancelRequest,
  HostRegistration,
  InsertOutcome,
  NewRun,
  OwnedRun,
  ProgressReport,
  RecoveredRun,
  Recovery,
  RunQuery,
  RunStore,
  Settlement,
  SettleOutcome,
  StoredRun,
  Tombstone
} from "../RunStore.js"
import { emptyTables, isMine, newRow, pair, put, type Tables } from "./memoryTables.js"
import { assertDistinct, listLimit } from "./runBatch.js"

/** A fresh, empty store. @internal */
export const makeMemory: Effect.Effect<typeof RunStore.Service> = Effect.sync(() => makeFrom(emptyTables()))

/** A store over these tables, which a test may have filled. @internal */
export const makeFrom = (tables: Tables): typeof RunStore.Service => ({
  insert: batch("insert", idOf, (run: NewRun) => insert(tables, run)),
  settle: batch("settle", idOf, (settlement: Settlement) => settle(tables, settlement)),
  entomb: batch(
    "entomb",
    ({ run }) => run.id,
    (tombstone: Tombstone) => entomb(tables, tombstone)
  ),
  requestCancel: batch("cancel", idOf, (request: CancelRequest) => requestCancel(tables, request)),
  reportProgress: batch("progress", idOf, (report: ProgressReport) => reportProgress(tables, report)),
  get: (id) => Effect.sync(() => Option.fromNullable(tables.runs.get(id))),
  list: (query) => Effect.sync(() => list(tables, query)),
  registerHost: (host) => Effect.sync(() => registerHost(tables, host)),
  renewHost: (renewal) => Effect.sync(() => renewHost(tables, renewal.hostId, renewal.leaseUntil)),
  removeHost: (hostId) => Effect.sync(() => void tables.hosts.delete(hostId)),
  recover: (recovery) => Effect.sync(() => recover(tables, recovery)),
  check: Effect.void,
  isCallerInTransaction: Effect.succeed(false)
})

const idOf = (row: { readonly id: RunId }): RunId => row.id

const batch =
  <A, B>(operation: string, id: (row: A) => RunId, step: (row: A) => B) =>
  (rows: ReadonlyArray<A>): Effect.Effect<ReadonlyArray<B>> =>
    Effect.sync(() => {
      assertDistinct(operation, rows.map(id))
      return rows.map(step)
    })

// -- writes ---------------------------------------------------------------------------------------------

const insert = (tables: Tables, run: NewRun): InsertOutcome => {
  const there = tables.runs.get(run.id)
  if (there !== undefined) {
    return isMine(there, run.hostId, 1)
      ? { _tag: "AlreadyInserted", cancelRequestedAt: there.cancelRequestedAt }
      : { _tag: "AlreadyThere", row: there }
  }
  if (run.idempotencyKey !== null) {
    const existing = tables.runs.get(tables.idempotencyKeys.get(pair(run.name, run.idempotencyKey)) as RunId)
    if (existing !== undefined) return { _tag: "IdempotencyKeyTaken", row: existing }
  }
  if (run.key !== null) {
    const activeId = tables.activeKeys.get(pair(run.name, run.key))
    if (activeId !== undefined) return { _tag: "KeyTaken", activeId }
  }
  put(tables, newRow(run))
  return { _tag: "Inserted" }
}

/** The terminal row that a settlement makes; the cancel wins (rule 2: cancel in every hand-over). */
const settled = (row: StoredRun, settlement: Settlement) => {
  const hasCancel = row.cancelRequestedAt !== null
  const cancelRequestedAt = hasCancel ? row.cancelRequestedAt : settlement.cancelRequestedAt
  return {
    ...row,
    status: cancelRequestedAt === null ? settlement.status : "cancelled",
    workOutcome: settlement.workOutcome,
    finishedAt: settlement.finishedAt,
    result: settlement.result,
    error: settlement.error,
    cancelRequestedAt,
    cancelReason: hasCancel ? row.cancelReason : settlement.cancelReason,
    settleToken: settlement.token
  } satisfies StoredRun
}

const applied = (
  tables: Tables,
  row: StoredRun & { readonly status: TerminalStatus; readonly workOutcome: WorkOutcome }
): SettleOutcome => {
  put(tables, row)
  return { _tag: "Applied", status: row.status, workOutcome: row.workOutcome }
}

const settle = (tables: Tables, settlement: Settlement): SettleOutcome => {
  const row = tables.runs.get(settlement.id)
  if (row === undefined) return { _tag: "NotFound" }
  if (isTerminal(row.status)) {
    const _tag = row.settleToken === settlement.token ? "AlreadyApplied" : "NoOp"
    return { _tag, row, status: row.status }
  }
  // Rule 1: attempt in the guard.
  if (!isMine(row, settlement.hostId, settlement.attempt)) return { _tag: "NotMine", row }
  return applied(tables, settled(row, settlement))
}

/** A run that never started, whose start may be asked for again under the same idempotency key. */
const abandoned = (row: StoredRun): StoredRun => ({ ...row, idempotencyKey: null, startedAt: null })

const entomb = (tables: Tables, tombstone: Tombstone): SettleOutcome => {
  const { run, settlement } = tombstone
  const row = tables.runs.get(run.id)
  // Rule 4: tombstone.
  if (row === undefined) return applied(tables, settled(abandoned(newRow(run)), settlement))
  if (!isMine(row, run.hostId, 1)) return settle(tables, { ...settlement, hostId: run.hostId, attempt: 1 })
  if (row.idempotencyKey !== null) tables.idempotencyKeys.delete(pair(row.name, row.idempotencyKey))
  return applied(tables, settled(abandoned(row), settlement))
}

const requestCancel = (tables: Tables, request: CancelRequest): CancelOutcome => {
  const row = tables.runs.get(request.id)
  if (row === undefined) return { _tag: "NotFound" }
  if (isTerminal(row.status)) {
    return row.settleToken === request.token ? { _tag: "Settled" } : { _tag: "NoOp", status: row.status }
  }
  const recorded: StoredRun =
    row.cancelRequestedAt === null
      ? { ...row, cancelRequestedAt: request.requestedAt, cancelReason: request.reason }
      : row
  if (row.status !== "pending" || row.hostId !== null) {
    put(tables, recorded)
    return { _tag: "Recorded" }
  }
  put(tables, {
    ...recorded,
    status: "cancelled",
    workOutcome: "notStarted",
    finishedAt: request.requestedAt,
    settleToken: request.token
  })
  return { _tag: "Settled" }
}

const reportProgress = (tables: Tables, report: ProgressReport): void => {
  const row = tables.runs.get(report.id)
  if (row === undefined || !isMine(row, report.hostId, report.attempt)) return
  put(tables, {
    ...row,
    progressCurrent: report.current,
    progressTotal: report.total,
    progressStep: report.step
  })
}

// -- reads ----------------------------------------------------------------------------------------------

const newestFirst = (a: StoredRun, b: StoredRun): number =>
  b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)

const list = (tables: Tables, query: RunQuery): ReadonlyArray<StoredRun> =>
  Array.from(tables.runs.values())
    .filter(
      (row) =>
        (query.name === undefined || row.name === query.name) &&
        (query.status === undefined || row.status === query.status) &&
        (query.key === undefined || row.key === query.key)
    )
    .sort(newestFirst)
    .slice(0, listLimit(query))

// -- hosts ----------------------------------------------------------------------------------------------

const registerHost = (tables: Tables, host: HostRegistration): void => {
  // A repeated registration, whose first answer was lost, must not revive a host that was fenced meanwhile.
  if (!tables.hosts.has(host.hostId)) tables.hosts.set(host.hostId, { ...host, renewSeq: 0, state: "live" })
}

const renewHost = (
  tables: Tables,
  hostId: HostId,
  leaseUntil: number
): { readonly held: boolean; readonly owned: ReadonlyArray<OwnedRun> } => {
  const host = tables.hosts.get(hostId)
  const held = host !== undefined && host.state === "live"
  if (held) {
    // An earlier renewal that lands late does not shorten the lease.
    const leaseLatest = Math.max(host.leaseUntil, leaseUntil)
    tables.hosts.set(hostId, { ...host, leaseUntil: leaseLatest, renewSeq: host.renewSeq + 1 })
  }
  const owned: Array<OwnedRun> = []
  for (const row of tables.runs.values()) {
    if (row.hostId !== hostId || isTerminal(row.status)) continue
    const { id, attempt, cancelRequestedAt, cancelReason } = row
    owned.push({ id, attempt, cancelRequestedAt, cancelReason })
  }
  return { held, owned }
}

const recover = (tables: Tables, recovery: Recovery): ReadonlyArray<RecoveredRun> => {
  // Rule 5: fence, then take.
  for (const host of tables.hosts.values()) {
    if (host.state === "live" && host.leaseUntil < recovery.now && host.hostId !== recovery.except) {
      tables.hosts.set(host.hostId, { ...host, state: "fenced" })
    }
  }
  const recovered: Array<RecoveredRun> = []
  for (const row of tables.runs.values()) {
    if (isTerminal(row.status) || row.hostId === null || row.hostId === recovery.except) continue
    if (tables.hosts.get(row.hostId)?.state === "live") continue
    const status = row.cancelRequestedAt === null ? "failed" : "cancelled"
    put(tables, {
      ...row,
      status,
      workOutcome: "unknown",
      finishedAt: recovery.now,
      error: status === "failed" ? recovery.error : null,
      settleToken: recovery.token
    })
    recovered.push({ id: row.id, name: row.name, status, hostId: row.hostId })
  }
  return recovered
}
