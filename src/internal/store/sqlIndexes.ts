/**
 * The indexes of the runs table: the same for every SQL dialect.
 *
 * @since 0.1.0
 */
import { isActive } from "./sqlStatements.js"

/** @internal */
export const indexes = (prefix: string): ReadonlyArray<string> => [
  // G8, single active: the key is taken as long as its run is active.
  `CREATE UNIQUE INDEX ${prefix}runs_active_key ON ${prefix}runs (name, run_key) WHERE run_key IS NOT NULL AND ${isActive}`,
  `CREATE UNIQUE INDEX ${prefix}runs_idempotency_key ON ${prefix}runs (name, idempotency_key) WHERE idempotency_key IS NOT NULL`,
  `CREATE INDEX ${prefix}runs_active_host ON ${prefix}runs (host_id) WHERE ${isActive}`,
  `CREATE INDEX ${prefix}runs_newest ON ${prefix}runs (created_at, run_id)`
]
