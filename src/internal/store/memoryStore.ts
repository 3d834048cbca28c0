/**
 * The run store in memory. Each operation is one synchronous step over plain maps, so it is atomic by
 * itself, and it answers with the same guards, keys and outcomes as the SQL store: both pass one
 * contract suite. Nothing is ever dropped before the store itself is.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RunId } from "../../RunId.js"
import { isTerminal, type TerminalStatus, type WorkOutcome } from "../../RunStatus.js"
import type {
  CancelOutcome,
  CancelRequest,
  InsertOutcome,
  NewRun,
  ProgressReport,
  Release,
  ReleaseOutcome,
  RunQuery,
  RunStore,
  Settlement,
  SettleOutcome,
  StoredRun,
  Tombstone
} from "../../RunStore.js"
import * as Hosts from "./memoryHosts.js"
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
  release: batch("release", idOf, (release: Release) => giveBack(tables, release)),
  requestCancel: batch("cancel", idOf, (request: CancelRequest) => requestCancel(tables, request)),
  reportProgress: batch("progress", idOf, (report: ProgressReport) => reportProgress(tables, report)),
  get: (id) => Effect.sync(() => Option.fromNullable(tables.runs.get(id))),
  list: (query) => Effect.sync(() => list(tables, query)),
  registerHost: (host) => Effect.sync(() => Hosts.register(tables, host)),
  renewHost: (renewal) => Effect.sync(() => Hosts.renew(tables, renewal)),
  removeHost: (hostId) => Effect.sync(() => Hosts.remove(tables, hostId)),
  hosts: Effect.sync(() => Hosts.seen(tables)),
  fence: (host) => Effect.sync(() => Hosts.fence(tables, host)),
  takeOver: (takeOver) => Effect.sync(() => Hosts.takeOver(tables, takeOver)),
  ownedBy: ({ hostId, limit }) => Effect.sync(() => Hosts.activeOf(tables, hostId).slice(0, limit)),
  onLeaseEnd: "continue",
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

/** Rule 2: cancel in every hand-over, this one too. */
const giveBack = (tables: Tables, release: Release): ReleaseOutcome => {
  const row = tables.runs.get(release.id)
  if (row?.status === "pending" && row.hostId === null && row.attempt === release.attempt) return { _tag: "Released" }
  const { releasedAt, ...rest } = release
  const settlement: Settlement = { ...rest, status: "cancelled", finishedAt: releasedAt, result: null, error: null }
  const isHandedOver = row !== undefined && isMine(row, release.hostId, release.attempt)
  if (!isHandedOver || row.cancelRequestedAt !== null || release.cancelRequestedAt !== null) {
    return settle(tables, settlement)
  }
  put(tables, { ...row, status: "pending", hostId: null })
  return { _tag: "Released" }
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
