/**
 * The statements about hosts on Postgres: registration and renewal, what an observer reads, and the
 * take-over. Leases stand in the server's time, for people to read: whether a host is out is observed,
 * by the number of its renewals, and never read off a clock.
 *
 * @since 0.1.0
 */
import type { HostId } from "../../RunId.js"
import type { HostRegistration } from "../../RunStore.js"
import {
  type HostStatements,
  hostsText,
  isActive,
  isLiveHost,
  isUnfinished,
  labelled,
  ownedText,
  runColumns,
  type SqlStatement
} from "./sqlStatements.js"

/** @internal */
export const pgHosts = (prefix: string): HostStatements => {
  const takeOverSql = { ofHost: takeOverText(prefix, "r.host_id = $1"), ofNobody: takeOverText(prefix, ofNobody) }
  const hostsSql = hostsText(prefix)
  return {
    register: (host) => register(prefix, host),
    renew: (hostId) =>
      labelled(
        "renew",
        `UPDATE ${prefix}hosts SET renew_seq = renew_seq + 1, ` +
          `lease_until = GREATEST(lease_until, ${nowMillis} + lease_millis) ` +
          "WHERE host_id = $1 AND state = 'live' RETURNING host_id",
        [hostId]
      ),
    owned: (hostId) =>
      labelled(
        "owned",
        ownedText(`string_agg(run_id || ' ' || attempt, ',')`, `FROM ${prefix}runs WHERE host_id = $1 AND ${isActive}`),
        [hostId]
      ),
    // Rule 11: the row stays while an active run names it.
    remove: (hostId) =>
      labelled(
        "remove",
        `DELETE FROM ${prefix}hosts WHERE host_id = $1 ` +
          `AND NOT EXISTS (SELECT 1 FROM ${prefix}runs AS r WHERE r.host_id = $1 AND r.${isActive}) RETURNING host_id`,
        [hostId]
      ),
    hosts: labelled("hosts", hostsSql),
    // Rule 6: by compare-and-set on the number that was observed.
    fence: (hostId, renewSeq) =>
      labelled(
        "fence",
        `UPDATE ${prefix}hosts SET state = 'fenced' WHERE host_id = $1 AND renew_seq = $2 AND state = 'live' RETURNING host_id`,
        [hostId, renewSeq]
      ),
    takeOver: (takeOver) => {
      const { by, error, from, limit, names, now, token } = takeOver
      const sql = from === null ? takeOverSql.ofNobody : takeOverSql.ofHost
      return labelled("takeOver", sql, [from, by, Math.round(now), token, error, JSON.stringify(names), limit])
    },
    ownedBy: (hostId, limit) => ownedBy(prefix, hostId, limit)
  }
}

const columns = runColumns.map((column) => `r.${column}`).join(", ")

/** By the server's clock. @internal */
export const nowMillis = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint"

/** The parameter is named all the same, so that both texts take the same ones. */
const ofNobody = "r.host_id IS NULL AND $1::text IS NULL"

const register = (prefix: string, host: HostRegistration): SqlStatement =>
  labelled(
    "register",
    // A repeated registration, whose first answer was lost, must not revive a host that was fenced meanwhile.
    `INSERT INTO ${prefix}hosts (host_id, pid, boot_id, process_started_at, registered_at, lease_millis, lease_until) ` +
      "SELECT $1::text, $2::integer, $3::text, $4::bigint, now_millis, $5::bigint, now_millis + $5::bigint " +
      `FROM (SELECT ${nowMillis} AS now_millis) AS server ON CONFLICT (host_id) DO NOTHING RETURNING host_id`,
    [host.hostId, host.pid, host.bootId, host.processStartedAt, Math.round(host.leaseMillis)]
  )

const ownedBy = (prefix: string, hostId: HostId | null, limit: number): SqlStatement =>
  labelled(
    "ownedBy",
    `SELECT ${columns} FROM ${prefix}runs AS r WHERE ${hostId === null ? ofNobody : "r.host_id = $1"} AND r.${isActive} ` +
      "ORDER BY r.created_at, r.run_id LIMIT $2",
    [hostId, limit]
  )

const isLost =
  "r.on_host_exit = 'fail' OR r.attempt >= r.attempt_max OR (r.restart_deadline IS NOT NULL AND r.restart_deadline <= $3::bigint)"

/**
 * Rule 5: fence, then take: nothing is taken from a host that is live, nor by one that is not, and the taker's own row
 * is held, so that nobody fences it meanwhile. What each row becomes is one CASE, and the cancel comes first (rule 2:
 * cancel in every hand-over). Some rows are found, and then locked in the order of their ids: to find those with the
 * lowest ids each batch would sort all that are left. What somebody has locked is left to the next look, and does not hold
 * up the others.
 */
const takeOverText = (prefix: string, isFrom: string): string => {
  const become = (cancelled: string, failed: string, running: string): string =>
    `CASE WHEN r.cancel_requested_at IS NOT NULL THEN ${cancelled} WHEN ${isLost} THEN ${failed} ELSE ${running} END`
  const among = (rows: string): string =>
    `r.run_id = ANY(ARRAY(SELECT run_id FROM ${rows})) AND r.${isUnfinished} AND ${isFrom}`
  return (
    `WITH taker AS MATERIALIZED (SELECT host_id FROM ${prefix}hosts WHERE host_id = $2::text AND state = 'live' FOR SHARE), ` +
    "known AS MATERIALIZED (SELECT json_array_elements_text($6::json) AS name), " +
    `found AS MATERIALIZED (SELECT r.run_id FROM ${prefix}runs AS r ` +
    `WHERE ${isFrom} AND r.${isActive} AND EXISTS (SELECT 1 FROM taker) AND NOT ${isLiveHost(prefix, "$1::text")} ` +
    "AND ($1::text IS NOT NULL OR r.on_host_exit = 'restart') " +
    `AND (r.cancel_requested_at IS NOT NULL OR ${isLost} OR r.name IN (SELECT name FROM known)) LIMIT $7), ` +
    `o AS MATERIALIZED (SELECT r.run_id FROM ${prefix}runs AS r WHERE ${among("found")} ` +
    "ORDER BY r.run_id FOR NO KEY UPDATE OF r SKIP LOCKED) " +
    `UPDATE ${prefix}runs AS r SET status = ${become("'cancelled'", "'failed'", "'running'")}, ` +
    `host_id = ${become("r.host_id", "r.host_id", "$2::text")}, ` +
    `attempt = ${become("r.attempt", "r.attempt", "r.attempt + 1")}, ` +
    `started_at = ${become("r.started_at", "r.started_at", "$3::bigint")}, ` +
    `work_outcome = ${become("'unknown'", "'unknown'", "NULL")}, ` +
    `finished_at = ${become("$3::bigint", "$3::bigint", "NULL")}, error = ${become("NULL", "$5::text", "NULL")}, ` +
    `settle_token = ${become("$4::text", "$4::text", "NULL")}, ` +
    ["progress_current", "progress_total", "progress_step"]
      .map((column) => `${column} = ${become(`r.${column}`, `r.${column}`, "NULL")}`)
      .join(", ") +
    ` WHERE ${among("o")} RETURNING ${columns}`
  )
}
