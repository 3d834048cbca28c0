/**
 * The statements of `SqlRunStore` on SQLite. Each takes its whole batch as one JSON array, so that its
 * text never changes, and each is atomic by itself. The obvious form, json_each joined directly and
 * the owner a parameter, makes the planner walk all active rows of the host for each element. Either
 * the common table expression or the owner inside the element cures that on SQLite 3.51; both are
 * here, and unary plus on the guards with them, so that no one version's planner has to be trusted.
 *
 * @since 0.1.0
 */
import type { RunId } from "../../RunId.js"
import type { RunQuery } from "../../RunStore.js"
import {
  cancelElement,
  entombElement,
  insertElement,
  keysElement,
  progressElement,
  releaseElement,
  settleElement,
  settlementFields
} from "./batchElements.js"
import { listLimit } from "./runBatch.js"
import { sqliteHosts } from "./sqliteHosts.js"
import { sqliteMigrations } from "./sqliteSchema.js"
import {
  entombedRow,
  isActive,
  labelled,
  runColumns,
  type SqlDialect,
  type SqlStatement,
  tableNames
} from "./sqlStatements.js"

/** @internal */
export const sqliteStatements = (prefix: string): SqlDialect => {
  const text = texts(prefix)
  return {
    tablePrefix: prefix,
    migrations: sqliteMigrations(prefix),
    // A deferred transaction that reads first fails at its first write with SQLITE_BUSY_SNAPSHOT.
    beginTransaction: "BEGIN IMMEDIATE",
    isRemote: false,
    // One machine shares the file: what the lease of one host outlasts, those of the others do.
    onLeaseEnd: "continue",
    needsFreshClient: () => false,
    isMigrationRace: () => false,
    insert: (runs) => labelled("insert", text.insert, [JSON.stringify(runs.map(insertElement))]),
    insertReadBack: (runs) => labelled("readBack", text.insertReadBack, [JSON.stringify(runs.map(keysElement))]),
    settle: (settlements) => labelled("settle", text.settle, [JSON.stringify(settlements.map(settleElement))]),
    entomb: (tombstones) => labelled("entomb", text.entomb, [JSON.stringify(tombstones.map(entombElement))]),
    release: (releases) => labelled("release", text.release, [JSON.stringify(releases.map(releaseElement))]),
    cancel: (requests) => labelled("cancel", text.cancel, [JSON.stringify(requests.map(cancelElement))]),
    progress: (reports) => labelled("progress", text.progress, [JSON.stringify(reports.map(progressElement))]),
    readBack: (ids) => labelled("readBack", text.readBack, [JSON.stringify(ids)]),
    read: (id: RunId) => labelled("read", text.read, [id]),
    list: (query) => list(prefix, query),
    ...sqliteHosts(prefix),
    check: labelled("check", "SELECT quick_check AS verdict FROM pragma_quick_check LIMIT 1"),
    tables: labelled(
      "read",
      "SELECT name, NULL AS place FROM sqlite_schema WHERE type = 'table' AND name IN (?, ?, ?)",
      tableNames(prefix)
    ),
    now: undefined,
    channel: undefined
  }
}

// -- texts ----------------------------------------------------------------------------------------------

const field = (name: string): string => `value->>'${name}'`

const batchTable = (fields: ReadonlyArray<string>): string =>
  `WITH j AS MATERIALIZED (SELECT ${fields.map((name) => `${field(name)} AS ${name}`).join(", ")} FROM json_each(?))`

const active = (alias: string): string => `+${alias}.${isActive}`

/** Rule 1: attempt in the guard. */
const isMine = (alias: string): string =>
  `${active(alias)} AND +${alias}.host_id = j.hostId AND +${alias}.attempt = j.attempt`

const columns = (alias: string): string => runColumns.map((column) => `${alias}.${column}`).join(", ")

const texts = (prefix: string) => ({
  insert: insertText(prefix),
  insertReadBack: insertReadBackText(prefix),
  settle: settleText(prefix),
  entomb: entombText(prefix),
  release: releaseText(prefix),
  cancel: cancelText(prefix),
  progress:
    `${batchTable(["id", "hostId", "attempt", "current", "total", "step"])} ` +
    `UPDATE ${prefix}runs AS r SET progress_current = j.current, progress_total = j.total, progress_step = j.step ` +
    `FROM j WHERE r.run_id = j.id AND ${isMine("r")} RETURNING run_id`,
  readBack:
    "WITH j AS MATERIALIZED (SELECT value AS id FROM json_each(?)) " +
    `SELECT ${columns("r")} FROM j CROSS JOIN ${prefix}runs AS r WHERE r.run_id = j.id`,
  read: `SELECT ${columns("r")} FROM ${prefix}runs AS r WHERE r.run_id = ?`
})

// Without `WHERE true` the parser takes ON CONFLICT for a join's ON.
const insertText = (prefix: string): string =>
  `INSERT INTO ${prefix}runs (run_id, name, run_key, idempotency_key, payload, payload_hash, status, host_id, ` +
  "attempt, attempt_max, on_host_exit, restart_deadline, created_at, started_at) " +
  `SELECT ${["id", "name", "key", "idempotencyKey", "payload", "payloadHash"].map(field).join(", ")}, 'running', ` +
  `${field("hostId")}, 1, ${["attemptMax", "onHostExit", "restartDeadline", "createdAt", "createdAt"].map(field).join(", ")} ` +
  "FROM json_each(?) WHERE true ON CONFLICT DO NOTHING RETURNING run_id"

const insertReadBackText = (prefix: string): string => {
  const part = (via: string, condition: string): string =>
    `SELECT j.position AS position, '${via}' AS via, ${columns("r")} FROM j CROSS JOIN ${prefix}runs AS r WHERE ${condition}`
  return `${batchTable(["position", "id", "name", "key", "idempotencyKey"])} ${[
    part("id", "r.run_id = j.id"),
    // The condition of the partial index, said again, or it is not used.
    part(
      "idempotencyKey",
      "r.name = j.name AND r.idempotency_key = j.idempotencyKey AND r.idempotency_key IS NOT NULL"
    ),
    part("key", `r.name = j.name AND r.run_key = j.key AND r.run_key IS NOT NULL AND r.${isActive}`)
  ].join(" UNION ALL ")}`
}

/** Rule 2: cancel in every hand-over. The row, not a process, is the arbiter. */
const settleText = (prefix: string): string =>
  `${batchTable(settlementFields)} UPDATE ${prefix}runs AS r SET ` +
  "status = CASE WHEN COALESCE(r.cancel_requested_at, j.cancelRequestedAt) IS NULL THEN j.status ELSE 'cancelled' END, " +
  "cancel_reason = CASE WHEN r.cancel_requested_at IS NULL THEN j.cancelReason ELSE r.cancel_reason END, " +
  "cancel_requested_at = COALESCE(r.cancel_requested_at, j.cancelRequestedAt), " +
  "work_outcome = j.workOutcome, finished_at = j.finishedAt, result = j.result, error = j.error, settle_token = j.token " +
  `FROM j WHERE r.run_id = j.id AND ${isMine("r")} RETURNING run_id, status, work_outcome`

/** Rule 4: tombstone. The idempotency key is left out, so that the same start can be asked for again. */
const entombText = (prefix: string): string =>
  `INSERT INTO ${prefix}runs AS r (run_id, name, run_key, payload, payload_hash, status, host_id, attempt, attempt_max, ` +
  "on_host_exit, created_at, cancel_requested_at, cancel_reason, finished_at, work_outcome, result, error, settle_token) " +
  `SELECT ${["id", "name", "key", "payload", "payloadHash"].map(field).join(", ")}, ` +
  `CASE WHEN ${field("cancelRequestedAt")} IS NULL THEN ${field("status")} ELSE 'cancelled' END, ${field("hostId")}, 1, ` +
  `${[
    "attemptMax",
    "onHostExit",
    "createdAt",
    "cancelRequestedAt",
    "cancelReason",
    "finishedAt",
    "workOutcome",
    "result",
    "error",
    "token"
  ]
    .map(field)
    .join(", ")} FROM json_each(?) WHERE true ON CONFLICT (run_id) DO UPDATE SET ` +
  entombedRow +
  `WHERE ${active("r")} AND r.host_id = excluded.host_id AND r.attempt = 1 RETURNING run_id, status, work_outcome`

/** Rule 2: cancel in every hand-over, this one too. */
const releaseText = (prefix: string): string => {
  const ifCancelled = (then: string, otherwise: string): string =>
    `CASE WHEN COALESCE(r.cancel_requested_at, j.cancelRequestedAt) IS NULL THEN ${otherwise} ELSE ${then} END`
  return (
    `${batchTable(["id", "hostId", "attempt", "token", "workOutcome", "releasedAt", "cancelRequestedAt", "cancelReason"])} ` +
    `UPDATE ${prefix}runs AS r SET status = ${ifCancelled("'cancelled'", "'pending'")}, ` +
    `host_id = ${ifCancelled("r.host_id", "NULL")}, work_outcome = ${ifCancelled("j.workOutcome", "NULL")}, ` +
    `finished_at = ${ifCancelled("j.releasedAt", "NULL")}, settle_token = ${ifCancelled("j.token", "r.settle_token")}, ` +
    "cancel_reason = CASE WHEN r.cancel_requested_at IS NULL THEN j.cancelReason ELSE r.cancel_reason END, " +
    "cancel_requested_at = COALESCE(r.cancel_requested_at, j.cancelRequestedAt) " +
    `FROM j WHERE r.run_id = j.id AND ${isMine("r")} RETURNING run_id, status, work_outcome`
  )
}

const cancelText = (prefix: string): string => {
  // Rule 2: a pending row that nobody owns has nobody who could hand it over.
  const ifNobodys = (then: string, otherwise: string): string =>
    `CASE WHEN r.status = 'pending' AND r.host_id IS NULL THEN ${then} ELSE ${otherwise} END`
  return (
    `${batchTable(["id", "requestedAt", "reason", "token"])} UPDATE ${prefix}runs AS r SET ` +
    `status = ${ifNobodys("'cancelled'", "r.status")}, work_outcome = ${ifNobodys("'notStarted'", "NULL")}, ` +
    `finished_at = ${ifNobodys("j.requestedAt", "NULL")}, settle_token = ${ifNobodys("j.token", "r.settle_token")}, ` +
    "cancel_reason = CASE WHEN r.cancel_requested_at IS NULL THEN j.reason ELSE r.cancel_reason END, " +
    "cancel_requested_at = COALESCE(r.cancel_requested_at, j.requestedAt) " +
    `FROM j WHERE r.run_id = j.id AND ${active("r")} RETURNING run_id, status`
  )
}

// -- statements whose text depends on the question ------------------------------------------------------

const list = (prefix: string, query: RunQuery): SqlStatement => {
  const conditions: ReadonlyArray<readonly [string, string | undefined]> = [
    ["name", query.name],
    ["status", query.status],
    ["run_key", query.key]
  ]
  const given = conditions.filter(([, value]) => value !== undefined)
  const where = given.length === 0 ? "" : `WHERE ${given.map(([column]) => `r.${column} = ?`).join(" AND ")} `
  return labelled(
    "list",
    `SELECT ${columns("r")} FROM ${prefix}runs AS r ${where}ORDER BY r.created_at DESC, r.run_id DESC LIMIT ?`,
    [...given.map(([, value]) => value), listLimit(query)]
  )
}
