/**
 * The statements of `SqlRunStore` on Postgres. Each takes its whole batch as one JSON array, so that its
 * text never changes, and each is atomic by itself. An update first locks its rows in the order of their
 * ids, and an insert sorts its rows by their keys, so that two batches that share rows wait for each
 * other instead of deadlocking. They expect READ COMMITTED: a row that changed while a statement waited
 * for it is judged anew, as it is by then.
 *
 * @since 0.1.0
 */
import type { StoreFailure } from "../../RunError.js"
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
import { nowMillis, pgHosts } from "./pgHosts.js"
import { pgMigrations } from "./pgSchema.js"
import { marking, showing } from "./pgText.js"
import { listLimit } from "./runBatch.js"
import {
  entombedRow,
  isActive,
  isUnfinished,
  labelled,
  runColumns,
  type SqlDialect,
  type SqlStatement,
  tableNames
} from "./sqlStatements.js"

/** Postgres cuts names at 63 bytes, and the longest that is made of the prefix has 22 more. */
const prefixLengthMax = 40

/** @internal */
export const pgStatements = (givenPrefix: string): SqlDialect => {
  // Unquoted names are lower case, and Migrator quotes the name of its table.
  const prefix = givenPrefix.toLowerCase()
  if (prefix.length > prefixLengthMax) {
    throw new Error(
      `The table prefix ${JSON.stringify(givenPrefix)} cannot be used on Postgres: it has ${prefix.length} characters, and at most ${prefixLengthMax} are expected. Use a shorter one.`
    )
  }
  const text = texts(prefix)
  return {
    tablePrefix: prefix,
    migrations: pgMigrations(prefix),
    beginTransaction: "BEGIN",
    isRemote: true,
    // Rule 7: other hosts may still reach the server, and take what this one owns.
    onLeaseEnd: "stop",
    needsFreshClient: isReadOnly,
    isMigrationRace: (code) => migrationRaces.has(code),
    insert: (runs) => labelled("insert", text.insert, [JSON.stringify(runs.map(insertElement))]),
    insertReadBack: (runs) => labelled("readBack", text.insertReadBack, [JSON.stringify(runs.map(keysElement))]),
    settle: (settlements) =>
      labelled("settle", text.settle, [JSON.stringify(settlements.map(settleElement).map(showing))]),
    entomb: (tombstones) =>
      labelled("entomb", text.entomb, [JSON.stringify(tombstones.map(entombElement).map(marking))]),
    release: (releases) =>
      labelled("release", text.release, [JSON.stringify(releases.map(releaseElement).map(showing))]),
    cancel: (requests) => labelled("cancel", text.cancel, [JSON.stringify(requests.map(cancelElement).map(showing))]),
    progress: (reports) =>
      labelled("progress", text.progress, [JSON.stringify(reports.map(progressElement).map(showing))]),
    readBack: (ids) => labelled("readBack", text.readBack, [JSON.stringify(ids)]),
    read: (id) => labelled("read", text.read, [id]),
    list: (query) => list(prefix, query),
    ...pgHosts(prefix),
    check: labelled("check", text.check),
    tables: labelled("read", tablesText, tableNames(prefix)),
    now: labelled("read", `SELECT ${nowMillis} AS now`),
    // Of the very table: two schemas of one database do not hear each other.
    channel: labelled("listen", `SELECT '${prefix}runs_' || '${prefix}runs'::regclass::oid AS channel`)
  }
}

/** After a failover the old connection leads to what is now a standby, for as long as it is kept. */
const isReadOnly = (failure: StoreFailure): boolean => failure.code === "25006"

/** Of two processes that make the same table, one meets its name, or the name of its row type. */
const migrationRaces: ReadonlySet<string> = new Set(["42P07", "42710", "23505"])

// -- texts ----------------------------------------------------------------------------------------------

/** The types of the fields that are no text. */
const fieldTypes: { readonly [field: string]: string } = {
  position: "integer",
  attempt: "integer",
  attemptMax: "integer",
  createdAt: "bigint",
  finishedAt: "bigint",
  requestedAt: "bigint",
  releasedAt: "bigint",
  restartDeadline: "bigint",
  cancelRequestedAt: "bigint",
  current: "double precision",
  total: "double precision"
}

const elements = (fields: ReadonlyArray<string>): string =>
  `json_to_recordset($1::json) AS (${fields.map((name) => `"${name}" ${fieldTypes[name] ?? "text"}`).join(", ")})`

const batchTable = (fields: ReadonlyArray<string>): string =>
  `WITH j AS MATERIALIZED (SELECT * FROM ROWS FROM (${elements(fields)}))`

/**
 * The batch, and its rows locked in the order of their ids. Said as a join, the planner takes the batch for a hundred
 * rows, and walks the table, or all active rows. So here and below each element looks for its row by itself.
 */
const lockedBatch = (prefix: string, fields: ReadonlyArray<string>): string =>
  `WITH j AS MATERIALIZED (SELECT * FROM ROWS FROM (${elements(fields)}) ORDER BY id), locked AS MATERIALIZED (` +
  `SELECT found.run_id FROM j CROSS JOIN LATERAL (` +
  `SELECT r.run_id FROM ${prefix}runs AS r WHERE r.run_id = j.id FOR NO KEY UPDATE) AS found)`

/** From the batch to its rows, when all of them are locked. */
const fromLocked = "FROM j WHERE r.run_id = ANY(ARRAY(SELECT run_id FROM locked)) AND r.run_id = j.id"

/** Rule 1: attempt in the guard. */
const isMine = `r.${isUnfinished} AND r.host_id = j."hostId" AND r.attempt = j.attempt`

const columns = runColumns.map((column) => `r.${column}`).join(", ")

const texts = (prefix: string) => ({
  insert: insertText(prefix),
  insertReadBack: insertReadBackText(prefix),
  settle: settleText(prefix),
  entomb: entombText(prefix),
  release: releaseText(prefix),
  cancel: cancelText(prefix),
  progress:
    `${lockedBatch(prefix, ["id", "hostId", "attempt", "current", "total", "step"])} ` +
    `UPDATE ${prefix}runs AS r SET progress_current = j.current, progress_total = j.total, progress_step = j.step ` +
    `${fromLocked} AND ${isMine} RETURNING r.run_id`,
  readBack:
    `SELECT ${columns} FROM ${prefix}runs AS r ` +
    "WHERE r.run_id = ANY(ARRAY(SELECT json_array_elements_text($1::json)))",
  read: `SELECT ${columns} FROM ${prefix}runs AS r WHERE r.run_id = $1`,
  // Reads whatever is written to, to the letter: Postgres has no check of its own that a host may ask for.
  check:
    `SELECT 'ok' AS verdict, (SELECT SUM(LENGTH(r::text)) FROM ${prefix}runs AS r WHERE r.${isActive}) AS runs, ` +
    `(SELECT SUM(LENGTH(h::text)) FROM ${prefix}hosts AS h) AS hosts`
})

/** A schema that is not in the search path, or that the user may not use, hides its tables. */
const tablesText =
  "SELECT c.relname AS name, CASE WHEN pg_table_is_visible(c.oid) THEN NULL ELSE n.nspname END AS place " +
  "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace " +
  "WHERE c.relkind IN ('r', 'p') AND c.relname IN ($1, $2, $3)"

/** Of two rows of a batch that want the same key the first one gets it: the batch's order comes last. */
const insertText = (prefix: string): string => {
  const fields = [
    "id",
    "name",
    "key",
    "idempotencyKey",
    "payload",
    "payloadHash",
    "hostId",
    "attemptMax",
    "onHostExit",
    "restartDeadline",
    "createdAt"
  ]
  return (
    `INSERT INTO ${prefix}runs (run_id, name, run_key, idempotency_key, payload, payload_hash, status, host_id, ` +
    "attempt, attempt_max, on_host_exit, restart_deadline, created_at, started_at) " +
    'SELECT j.id, j.name, j.key, j."idempotencyKey", j.payload, j."payloadHash", \'running\', j."hostId", ' +
    '1, j."attemptMax", j."onHostExit", j."restartDeadline", j."createdAt", j."createdAt" ' +
    `FROM ROWS FROM (${elements(fields)}) WITH ORDINALITY AS j ` +
    'ORDER BY j.name, j.key, j."idempotencyKey", j.ordinality ON CONFLICT DO NOTHING RETURNING run_id'
  )
}

const insertReadBackText = (prefix: string): string => {
  const part = (via: string, condition: string): string =>
    `SELECT j.position AS position, '${via}' AS via, ${columns} ` +
    `FROM j CROSS JOIN LATERAL (SELECT * FROM ${prefix}runs AS r WHERE ${condition} OFFSET 0) AS r`
  return `${batchTable(["position", "id", "name", "key", "idempotencyKey"])} ${[
    part("id", "r.run_id = j.id"),
    part(
      "idempotencyKey",
      'r.name = j.name AND r.idempotency_key = j."idempotencyKey" AND r.idempotency_key IS NOT NULL'
    ),
    part("key", `r.name = j.name AND r.run_key = j.key AND r.run_key IS NOT NULL AND r.${isActive}`)
  ].join(" UNION ALL ")}`
}

/** Rule 2: cancel in every hand-over. The row, not a process, is the arbiter. */
const settleText = (prefix: string): string =>
  `${lockedBatch(prefix, settlementFields)} UPDATE ${prefix}runs AS r SET ` +
  "status = CASE WHEN COALESCE(r.cancel_requested_at, j.\"cancelRequestedAt\") IS NULL THEN j.status ELSE 'cancelled' END, " +
  'cancel_reason = CASE WHEN r.cancel_requested_at IS NULL THEN j."cancelReason" ELSE r.cancel_reason END, ' +
  'cancel_requested_at = COALESCE(r.cancel_requested_at, j."cancelRequestedAt"), ' +
  'work_outcome = j."workOutcome", finished_at = j."finishedAt", result = j.result, error = j.error, settle_token = j.token ' +
  `${fromLocked} AND ${isMine} RETURNING r.run_id, r.status, r.work_outcome`

/** Rule 4: tombstone. The idempotency key is left out, so that the same start can be asked for again. */
const entombText = (prefix: string): string =>
  `${batchTable([...settlementFields, "name", "key", "payload", "payloadHash", "attemptMax", "onHostExit", "createdAt"])} ` +
  `INSERT INTO ${prefix}runs AS r (run_id, name, run_key, payload, payload_hash, status, host_id, attempt, attempt_max, ` +
  "on_host_exit, created_at, cancel_requested_at, cancel_reason, finished_at, work_outcome, result, error, settle_token) " +
  'SELECT j.id, j.name, j.key, j.payload, j."payloadHash", ' +
  "CASE WHEN j.\"cancelRequestedAt\" IS NULL THEN j.status ELSE 'cancelled' END, " +
  'j."hostId", 1, j."attemptMax", j."onHostExit", j."createdAt", j."cancelRequestedAt", j."cancelReason", ' +
  'j."finishedAt", j."workOutcome", j.result, j.error, j.token ' +
  "FROM j ORDER BY j.id ON CONFLICT (run_id) DO UPDATE SET " +
  entombedRow +
  `WHERE r.${isUnfinished} AND r.host_id = excluded.host_id AND r.attempt = 1 RETURNING r.run_id, r.status, r.work_outcome`

const releaseText = (prefix: string): string => {
  const ifCancelled = (then: string, otherwise: string): string =>
    `CASE WHEN COALESCE(r.cancel_requested_at, j."cancelRequestedAt") IS NULL THEN ${otherwise} ELSE ${then} END`
  const fields = ["id", "hostId", "attempt", "token", "workOutcome", "releasedAt", "cancelRequestedAt", "cancelReason"]
  return (
    `${lockedBatch(prefix, fields)} UPDATE ${prefix}runs AS r SET status = ${ifCancelled("'cancelled'", "'pending'")}, ` +
    `host_id = ${ifCancelled("r.host_id", "NULL")}, work_outcome = ${ifCancelled('j."workOutcome"', "NULL")}, ` +
    `finished_at = ${ifCancelled('j."releasedAt"', "NULL")}, settle_token = ${ifCancelled("j.token", "r.settle_token")}, ` +
    'cancel_reason = CASE WHEN r.cancel_requested_at IS NULL THEN j."cancelReason" ELSE r.cancel_reason END, ' +
    'cancel_requested_at = COALESCE(r.cancel_requested_at, j."cancelRequestedAt") ' +
    `${fromLocked} AND ${isMine} RETURNING r.run_id, r.status, r.work_outcome`
  )
}

const cancelText = (prefix: string): string => {
  // Rule 2: a pending row that nobody owns has nobody who could hand it over.
  const ifNobodys = (then: string, otherwise: string): string =>
    `CASE WHEN r.status = 'pending' AND r.host_id IS NULL THEN ${then} ELSE ${otherwise} END`
  return (
    `${lockedBatch(prefix, ["id", "requestedAt", "reason", "token"])} UPDATE ${prefix}runs AS r SET ` +
    `status = ${ifNobodys("'cancelled'", "r.status")}, work_outcome = ${ifNobodys("'notStarted'", "NULL")}, ` +
    `finished_at = ${ifNobodys('j."requestedAt"', "NULL")}, settle_token = ${ifNobodys("j.token", "r.settle_token")}, ` +
    "cancel_reason = CASE WHEN r.cancel_requested_at IS NULL THEN j.reason ELSE r.cancel_reason END, " +
    'cancel_requested_at = COALESCE(r.cancel_requested_at, j."requestedAt") ' +
    `${fromLocked} AND r.${isUnfinished} RETURNING r.run_id, r.status`
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
  const where =
    given.length === 0 ? "" : `WHERE ${given.map(([column], index) => `r.${column} = $${index + 1}`).join(" AND ")} `
  return labelled(
    "list",
    `SELECT ${columns} FROM ${prefix}runs AS r ${where}ORDER BY r.created_at DESC, r.run_id DESC LIMIT $${given.length + 1}`,
    [...given.map(([, value]) => value), listLimit(query)]
  )
}
