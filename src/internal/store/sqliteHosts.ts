/**
 * The statements about hosts on SQLite: registration and renewal, what an observer reads, and the
 * take-over. A take-over is one guarded statement: no host gains rows after it was fenced, so one that
 * lands late finds none of the rows that it names.
 *
 * @since 0.1.0
 */
import type { HostId } from "../../RunId.js"
import type { HostRegistration, TakeOver } from "../../RunStore.js"

import {
  type HostStatements,
  hostsText,
  isActive,
  isLiveHost,
  labelled,
  ownedText,
  runColumns,
  type SqlStatement
} from "./sqlStatements.js"

/** @internal */
export const sqliteHosts = (prefix: string): HostStatements => {
  const takeOverSql = takeOverText(prefix)
  const hostsSql = hostsText(prefix)
  return {
    register: (host) => register(prefix, host),
    // An earlier renewal that lands late does not shorten the lease.
    renew: (hostId, leaseUntil) =>
      labelled(
        "renew",
        `UPDATE ${prefix}hosts SET renew_seq = renew_seq + 1, lease_until = MAX(lease_until, ?) ` +
          "WHERE host_id = ? AND state = 'live' RETURNING host_id",
        [Math.round(leaseUntil), hostId]
      ),
    owned: (hostId) =>
      labelled(
        "owned",
        ownedText(
          `group_concat(run_id || ' ' || attempt, ',')`,
          `FROM ${prefix}runs WHERE host_id = ? AND ${isActive}`
        ),
        [hostId, hostId]
      ),
    // Rule 11: the row stays while an active run names it.
    remove: (hostId) =>
      labelled(
        "remove",
        `DELETE FROM ${prefix}hosts WHERE host_id = ? ` +
          `AND NOT EXISTS (SELECT 1 FROM ${prefix}runs AS r WHERE r.host_id = ? AND r.${isActive}) RETURNING host_id`,
        [hostId, hostId]
      ),
    hosts: labelled("hosts", hostsSql),
    // Rule 6: by compare-and-set on the number that was observed.
    fence: (hostId, renewSeq) =>
      labelled(
        "fence",
        `UPDATE ${prefix}hosts SET state = 'fenced' WHERE host_id = ? AND renew_seq = ? AND state = 'live' RETURNING host_id`,
        [hostId, renewSeq]
      ),
    takeOver: (takeOver) =>
      labelled("takeOver", takeOverSql, [
        JSON.stringify([takeOverElement(takeOver)]),
        JSON.stringify(takeOver.names),
        takeOver.limit
      ]),
    ownedBy: (hostId, limit) =>
      labelled(
        "ownedBy",
        `SELECT ${columns} FROM ${prefix}runs AS r WHERE r.host_id IS ? AND r.${isActive} ` +
          "ORDER BY r.created_at, r.run_id LIMIT ?",
        [hostId, limit]
      )
  }
}

const columns = runColumns.map((column) => `r.${column}`).join(", ")

const register = (prefix: string, host: HostRegistration): SqlStatement =>
  labelled(
    "register",
    // A repeated registration, whose first answer was lost, must not revive a host that was fenced meanwhile.
    `INSERT INTO ${prefix}hosts (host_id, pid, boot_id, process_started_at, registered_at, lease_until, lease_millis) ` +
      "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (host_id) DO NOTHING RETURNING host_id",
    [
      host.hostId,
      host.pid,
      host.bootId,
      host.processStartedAt,
      ...[host.registeredAt, host.leaseUntil, host.leaseMillis].map(Math.round)
    ]
  )

const takeOverElement = ({ by, error, from, now, token }: TakeOver) => ({
  // Not under `id`: these are hosts, and the element carries no run.
  source: from as HostId | null,
  taker: by,
  now: Math.round(now),
  token,
  error
})

const isLost =
  "r.on_host_exit = 'fail' OR r.attempt >= r.attempt_max OR (r.restart_deadline IS NOT NULL AND r.restart_deadline <= p.now)"

/**
 * Rule 5: fence, then take: nothing is taken from a host that is live, nor by one that is not. What each row becomes
 * is one CASE, and the cancel comes first (rule 2: cancel in every hand-over).
 */
const takeOverText = (prefix: string): string => {
  const become = (cancelled: string, failed: string, running: string): string =>
    `CASE WHEN r.cancel_requested_at IS NOT NULL THEN ${cancelled} WHEN ${isLost} THEN ${failed} ELSE ${running} END`
  const fields = ["source", "taker", "now", "token", "error"].map((name) => `value->>'${name}' AS ${name}`).join(", ")
  return (
    `WITH p AS MATERIALIZED (SELECT ${fields} FROM json_each(?)), ` +
    "known AS MATERIALIZED (SELECT value AS name FROM json_each(?)), " +
    `o AS MATERIALIZED (SELECT r.run_id FROM p CROSS JOIN ${prefix}runs AS r ` +
    `WHERE r.host_id IS p.source AND r.${isActive} AND ${isLiveHost(prefix, "p.taker")} AND NOT ${isLiveHost(prefix, "p.source")} ` +
    "AND (p.source IS NOT NULL OR r.on_host_exit = 'restart') " +
    `AND (r.cancel_requested_at IS NOT NULL OR ${isLost} OR r.name IN (SELECT name FROM known)) LIMIT ?) ` +
    `UPDATE ${prefix}runs AS r SET status = ${become("'cancelled'", "'failed'", "'running'")}, ` +
    `host_id = ${become("r.host_id", "r.host_id", "p.taker")}, ` +
    `attempt = ${become("r.attempt", "r.attempt", "r.attempt + 1")}, ` +
    `started_at = ${become("r.started_at", "r.started_at", "p.now")}, ` +
    `work_outcome = ${become("'unknown'", "'unknown'", "NULL")}, ` +
    `finished_at = ${become("p.now", "p.now", "NULL")}, error = ${become("NULL", "p.error", "NULL")}, ` +
    `settle_token = ${become("p.token", "p.token", "NULL")}, ` +
    ["progress_current", "progress_total", "progress_step"]
      .map((column) => `${column} = ${become(`r.${column}`, `r.${column}`, "NULL")}`)
      .join(", ") +
    ` FROM p WHERE r.run_id IN (SELECT run_id FROM o) AND +r.${isActive} AND +r.host_id IS p.source ` +
    `RETURNING ${runColumns.join(", ")}`
  )
}
