/**
 * What a database dialect gives to `SqlRunStore`: one guarded statement per operation, as text and
 * parameters, and the migrations that make its tables. Every write is one autocommit statement that
 * may be repeated; every statement begins with a comment that names it, by which the chaos layer and
 * a reader of the database's own log know it.
 *
 * @since 0.1.0
 */
import type { StoreFailure } from "../../RunError.js"
import type { HostId, RunId } from "../../RunId.js"
import type {
  CancelRequest,
  HostRegistration,
  NewRun,
  ProgressReport,
  Release,
  RunQuery,
  Settlement,
  TakeOver,
  Tombstone
} from "../../RunStore.js"

/** @internal */
export type StatementLabel =
  | "insert"
  | "settle"
  | "entomb"
  | "release"
  | "cancel"
  | "progress"
  | "readBack"
  | "read"
  | "list"
  | "register"
  | "renew"
  | "owned"
  | "remove"
  | "hosts"
  | "fence"
  | "takeOver"
  | "ownedBy"
  | "check"
  | "listen"

/** @internal */
export interface SqlStatement {
  readonly label: StatementLabel
  readonly sql: string
  readonly params: ReadonlyArray<unknown>
}

/** A migration: its statements run one by one, in one transaction. @internal */
export interface SqlMigration {
  readonly id: number
  readonly name: string
  readonly statements: ReadonlyArray<string>
}

/** @internal */
export interface SqlDialect {
  readonly tablePrefix: string
  readonly migrations: ReadonlyArray<SqlMigration>
  /** Begins a transaction that may write: it must not fail half-way because a reader became a writer. */
  readonly beginTransaction: string
  /**
   * Whether statements go over a network, where one that was given up may hold its connection for as
   * long as it likes: the next one then needs a fresh client. SQLite's calls cannot be given up.
   */
  readonly isRemote: boolean
  /** What a kernel does, where it is not told, when its lease ends and it could not renew it. */
  readonly onLeaseEnd: "stop" | "continue"
  /** Whether only another connection can do better, though this one is alive: it leads to a standby, say. */
  readonly needsFreshClient: (failure: StoreFailure) => boolean
  /** Whether a migration failed with this code because another process made the same thing at the same time. */
  readonly isMigrationRace: (code: string) => boolean

  /** Gives `run_id` of the rows that are new. A taken key skips its row and no other. */
  readonly insert: (runs: ReadonlyArray<NewRun>) => SqlStatement
  /**
   * Gives each row that is in the way of one of these runs: the row, the `position` of the run in
   * the batch, and `via` (`id`, `idempotencyKey` or `key`).
   */
  readonly insertReadBack: (runs: ReadonlyArray<NewRun>) => SqlStatement
  /** Gives `run_id`, `status` and `work_outcome` of the rows that it changed. */
  readonly settle: (settlements: ReadonlyArray<Settlement>) => SqlStatement
  /** As `settle`. */
  readonly entomb: (tombstones: ReadonlyArray<Tombstone>) => SqlStatement
  /** As `settle`, where the row became `cancelled`; else `status` is `pending`. */
  readonly release: (releases: ReadonlyArray<Release>) => SqlStatement
  /** Gives `run_id` and `status` of the rows that it changed. */
  readonly cancel: (requests: ReadonlyArray<CancelRequest>) => SqlStatement
  readonly progress: (reports: ReadonlyArray<ProgressReport>) => SqlStatement
  /** Gives the whole rows of these ids. */
  readonly readBack: (ids: ReadonlyArray<RunId>) => SqlStatement
  readonly read: (id: RunId) => SqlStatement
  readonly list: (query: RunQuery) => SqlStatement

  readonly register: (host: HostRegistration) => SqlStatement
  /** Gives a row where the host is live. */
  readonly renew: (hostId: HostId, leaseUntil: number) => SqlStatement
  /** Gives what `ownedText` says, of the host's active rows. */
  readonly owned: (hostId: HostId) => SqlStatement
  readonly remove: (hostId: HostId) => SqlStatement
  /**
   * Gives the whole rows of live hosts, and one row for each owner in `lost` and each host in `spent`: its `host_id`, and
   * that word as its `state`.
   */
  readonly hosts: SqlStatement
  /** Gives a row where it is this statement that has fenced the host. */
  readonly fence: (hostId: HostId, renewSeq: number) => SqlStatement
  /** Gives the whole rows that it changed. */
  readonly takeOver: (takeOver: TakeOver) => SqlStatement
  /** Gives the whole active rows of a host, or of nobody, oldest first. */
  readonly ownedBy: (hostId: HostId | null, limit: number) => SqlStatement
  /** Gives one row whose `verdict` is `ok` when the database is sound. */
  readonly check: SqlStatement
  /**
   * Gives the `name` of each of our tables that is there, and where another table of that name is out of reach, its
   * `place`: the schema that it stands in.
   */
  readonly tables: SqlStatement
  /** Gives the `now` that leases are measured by, in milliseconds; none where that is the clock of the host. */
  readonly now: SqlStatement | undefined
  /** Gives the name of the `channel` on which the database tells of runs that changed, where it can. */
  readonly channel: SqlStatement | undefined
}

/** Those of a dialect that are about hosts. @internal */
export type HostStatements = Pick<
  SqlDialect,
  "register" | "renew" | "owned" | "remove" | "hosts" | "fence" | "takeOver" | "ownedBy"
>

/** A statement with its label. @internal */
export const labelled = (label: StatementLabel, sql: string, params: ReadonlyArray<unknown> = []): SqlStatement => ({
  label,
  sql: `/* holdfast:${label} */ ${sql}`,
  params
})

/**
 * The condition of the partial indexes. SQLite uses them only where a statement says it word for word.
 *
 * @internal
 */
export const isActive = "status IN ('pending', 'running')"

/** @internal */
export const tableNames = (prefix: string): ReadonlyArray<string> =>
  ["migrations", "runs", "hosts"].map((name) => `${prefix}${name}`)

/**
 * By a check of the table the same, and for Postgres no reason to use one of those indexes: to find a batch of rows
 * by their ids it would walk through all that are active, or all of a host.
 *
 * @internal
 */
export const isUnfinished = "finished_at IS NULL"

/** What a tombstone makes of a row that it finds: of the same run, and active. @internal */
export const entombedRow =
  "status = CASE WHEN r.cancel_requested_at IS NULL THEN excluded.status ELSE 'cancelled' END, " +
  "cancel_reason = CASE WHEN r.cancel_requested_at IS NULL THEN excluded.cancel_reason ELSE r.cancel_reason END, " +
  "cancel_requested_at = COALESCE(r.cancel_requested_at, excluded.cancel_requested_at), idempotency_key = NULL, " +
  "started_at = NULL, work_outcome = excluded.work_outcome, finished_at = excluded.finished_at, " +
  "result = excluded.result, error = excluded.error, settle_token = excluded.settle_token "

/** All columns of the runs table, in order. @internal */
export const runColumns: ReadonlyArray<string> = [
  "run_id",
  "name",
  "run_key",
  "idempotency_key",
  "payload",
  "payload_hash",
  "status",
  "host_id",
  "attempt",
  "attempt_max",
  "on_host_exit",
  "restart_deadline",
  "cancel_requested_at",
  "cancel_reason",
  "created_at",
  "started_at",
  "finished_at",
  "work_outcome",
  "result",
  "error",
  "settle_token",
  "progress_current",
  "progress_total",
  "progress_step"
]

/** @internal */
export const isLiveHost = (prefix: string, hostId: string): string =>
  `EXISTS (SELECT 1 FROM ${prefix}hosts AS h WHERE h.host_id = ${hostId} AND h.state = 'live')`

/**
 * The active rows of a host for its renewal, which has them all read each time (rule 9): in one text, `runs`, each as
 * its id, a space and its attempt, since ten thousand rows cost a driver three times as much. Those that have a
 * cancel follow as rows, with `run_id`, `cancel_requested_at` and `cancel_reason`.
 *
 * @internal
 */
export const ownedText = (aggregate: string, fromOwned: string): string =>
  `SELECT ${aggregate} AS runs, NULL AS run_id, NULL AS cancel_requested_at, NULL AS cancel_reason ${fromOwned} ` +
  `UNION ALL SELECT NULL, run_id, cancel_requested_at, cancel_reason ${fromOwned} AND cancel_requested_at IS NOT NULL`

/** Of the hosts whose rows may go, in one look. */
const spentMax = 100

/**
 * Live hosts, owners that are not live, and fenced hosts that own nothing any more. A host whose row is gone counts as
 * lost: an insert of its may have landed after it had left.
 *
 * @internal
 */
export const hostsText = (prefix: string): string =>
  "SELECT host_id, pid, boot_id, process_started_at, registered_at, lease_until, lease_millis, renew_seq, state " +
  `FROM ${prefix}hosts WHERE state = 'live' UNION ALL ` +
  "SELECT o.host_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'lost' " +
  `FROM (SELECT DISTINCT host_id FROM ${prefix}runs WHERE ${isActive}) AS o WHERE NOT ${isLiveHost(prefix, "o.host_id")} ` +
  "UNION ALL SELECT s.host_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'spent' " +
  `FROM (SELECT h.host_id FROM ${prefix}hosts AS h WHERE h.state = 'fenced' AND NOT EXISTS ` +
  `(SELECT 1 FROM ${prefix}runs AS r WHERE r.host_id = h.host_id AND r.${isActive}) LIMIT ${spentMax}) AS s`
