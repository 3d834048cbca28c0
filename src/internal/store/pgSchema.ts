/**
 * The tables, indexes and triggers on Postgres: the same columns and the same promises as on SQLite. A
 * terminal row is never changed, and a run never moves to another id, whoever tries; deleting old rows
 * stays allowed. Postgres has no REPLACE that walks past an update trigger, so an insert over a
 * terminal row meets the unique index, or as an upsert the trigger, and needs no trigger of its own.
 *
 * @since 0.1.0
 */
import { indexes } from "./sqlIndexes.js"
import { isActive, type SqlMigration } from "./sqlStatements.js"

/** @internal */
export const pgMigrations = (prefix: string): ReadonlyArray<SqlMigration> => [
  {
    id: 1,
    name: "runs_and_hosts",
    statements: [runsTable(prefix), hostsTable(prefix), ...indexes(prefix), ...triggers(prefix)]
  }
]

/**
 * What is compared or sorted is compared byte by byte: an index in the order of a locale is damaged when
 * an upgrade of the operating system changes that order.
 */
const key = 'TEXT COLLATE "C"'

const runsTable = (prefix: string): string => `
CREATE TABLE ${prefix}runs (
  run_id ${key} PRIMARY KEY,
  name ${key} NOT NULL,
  run_key ${key},
  idempotency_key ${key},
  payload TEXT,
  payload_hash TEXT,
  status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
  host_id ${key},
  attempt INTEGER NOT NULL CHECK (attempt >= 0),
  attempt_max INTEGER NOT NULL CHECK (attempt_max >= 1),
  on_host_exit TEXT NOT NULL CHECK (on_host_exit IN ('fail', 'restart')),
  restart_deadline BIGINT,
  cancel_requested_at BIGINT,
  cancel_reason TEXT,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  finished_at BIGINT,
  work_outcome TEXT CHECK (work_outcome IN ('succeeded', 'failed', 'interrupted', 'notStarted', 'unknown')),
  result TEXT,
  error TEXT,
  settle_token TEXT,
  progress_current DOUBLE PRECISION,
  progress_total DOUBLE PRECISION,
  progress_step TEXT,
  CHECK ((finished_at IS NULL) = (${isActive})),
  CHECK ((work_outcome IS NULL) = (${isActive})),
  CHECK (status <> 'running' OR host_id IS NOT NULL)
)`

// Leases are in the server's time. The duration is kept, so that a renewal needs no clock of its host.
const hostsTable = (prefix: string): string => `
CREATE TABLE ${prefix}hosts (
  host_id ${key} PRIMARY KEY,
  pid INTEGER NOT NULL,
  boot_id TEXT,
  process_started_at BIGINT,
  registered_at BIGINT NOT NULL,
  lease_millis BIGINT NOT NULL,
  lease_until BIGINT NOT NULL,
  renew_seq BIGINT NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'fenced'))
)`

const triggers = (prefix: string): ReadonlyArray<string> => [
  `CREATE FUNCTION ${prefix}refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$`,
  // G3, terminal is final.
  `CREATE TRIGGER ${prefix}runs_terminal_is_final BEFORE UPDATE ON ${prefix}runs FOR EACH ROW
WHEN (OLD.status NOT IN ('pending', 'running'))
EXECUTE FUNCTION ${prefix}refuse('holdfast: this run is terminal, and a terminal row never changes')`,
  `CREATE TRIGGER ${prefix}runs_identity BEFORE UPDATE ON ${prefix}runs FOR EACH ROW
WHEN (
  NEW.run_id IS DISTINCT FROM OLD.run_id OR NEW.name IS DISTINCT FROM OLD.name
  OR (NEW.idempotency_key IS NOT NULL AND NEW.idempotency_key IS DISTINCT FROM OLD.idempotency_key)
)
EXECUTE FUNCTION ${prefix}refuse('holdfast: the id, the name and the idempotency key of a run never change')`,
  // Promptness only: who must know of a cancel or of an end polls as well.
  `CREATE FUNCTION ${prefix}tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('${prefix}runs_' || TG_RELID, NEW.run_id);
  RETURN NULL;
END $$`,
  `CREATE TRIGGER ${prefix}runs_tell AFTER UPDATE ON ${prefix}runs FOR EACH ROW
WHEN (OLD.status <> NEW.status OR OLD.cancel_requested_at IS DISTINCT FROM NEW.cancel_requested_at)
EXECUTE FUNCTION ${prefix}tell()`
]
