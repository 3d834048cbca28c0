/**
 * The tables, indexes and triggers on SQLite. What no write may ever do is refused here, by the
 * database itself, so that a foreign client with the file in its hands cannot do it either: change a
 * terminal row, replace one, or move a run to another id. Deleting old rows stays allowed.
 *
 * @since 0.1.0
 */
import { indexes } from "./sqlIndexes.js"
import { isActive, type SqlMigration } from "./sqlStatements.js"

/** @internal */
export const sqliteMigrations = (prefix: string): ReadonlyArray<SqlMigration> => [
  {
    id: 1,
    name: "runs_and_hosts",
    statements: [runsTable(prefix), hostsTable(prefix), ...indexes(prefix), ...triggers(prefix)]
  }
]

const runsTable = (prefix: string): string => `
CREATE TABLE ${prefix}runs (
  run_id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  run_key TEXT,
  idempotency_key TEXT,
  payload TEXT,
  payload_hash TEXT,
  status TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
  host_id TEXT,
  attempt INTEGER NOT NULL CHECK (attempt >= 0),
  attempt_max INTEGER NOT NULL CHECK (attempt_max >= 1),
  on_host_exit TEXT NOT NULL CHECK (on_host_exit IN ('fail', 'restart')),
  restart_deadline INTEGER,
  cancel_requested_at INTEGER,
  cancel_reason TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  work_outcome TEXT CHECK (work_outcome IN ('succeeded', 'failed', 'interrupted', 'notStarted', 'unknown')),
  result TEXT,
  error TEXT,
  settle_token TEXT,
  progress_current REAL,
  progress_total REAL,
  progress_step TEXT,
  CHECK ((finished_at IS NULL) = (${isActive})),
  CHECK ((work_outcome IS NULL) = (${isActive})),
  CHECK (status <> 'running' OR host_id IS NOT NULL)
) STRICT`

const hostsTable = (prefix: string): string => `
CREATE TABLE ${prefix}hosts (
  host_id TEXT PRIMARY KEY NOT NULL,
  pid INTEGER NOT NULL,
  boot_id TEXT,
  process_started_at INTEGER,
  registered_at INTEGER NOT NULL,
  lease_until INTEGER NOT NULL,
  lease_millis INTEGER NOT NULL,
  renew_seq INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'fenced'))
) STRICT`

const triggers = (prefix: string): ReadonlyArray<string> => [
  // G3, terminal is final.
  `CREATE TRIGGER ${prefix}runs_terminal_is_final BEFORE UPDATE ON ${prefix}runs
WHEN OLD.status NOT IN ('pending', 'running')
BEGIN
  SELECT RAISE(ABORT, 'holdfast: this run is terminal, and a terminal row never changes');
END`,
  // UPDATE OR REPLACE deletes the row that it collides with, a terminal one too: nothing that it could collide by may change.
  `CREATE TRIGGER ${prefix}runs_identity BEFORE UPDATE ON ${prefix}runs
WHEN NEW.run_id IS NOT OLD.run_id OR NEW.name IS NOT OLD.name
  OR (NEW.idempotency_key IS NOT NULL AND NEW.idempotency_key IS NOT OLD.idempotency_key)
BEGIN
  SELECT RAISE(ABORT, 'holdfast: the id, the name and the idempotency key of a run never change');
END`,
  // INSERT OR REPLACE deletes and inserts, past every update trigger (measured): such an insert is ignored.
  `CREATE TRIGGER ${prefix}runs_insert_meets_terminal BEFORE INSERT ON ${prefix}runs
WHEN EXISTS (SELECT 1 FROM ${prefix}runs AS r WHERE r.run_id = NEW.run_id AND +r.status NOT IN ('pending', 'running'))
BEGIN
  SELECT RAISE(IGNORE);
END`,
  `CREATE TRIGGER ${prefix}runs_insert_meets_idempotency_key BEFORE INSERT ON ${prefix}runs
WHEN NEW.idempotency_key IS NOT NULL AND EXISTS (
  SELECT 1 FROM ${prefix}runs AS r WHERE r.name = NEW.name AND r.idempotency_key = NEW.idempotency_key
)
BEGIN
  SELECT RAISE(IGNORE);
END`
]
