/**
 * Who Holdfast is measured beside, and on what.
 *
 * @since 0.1.0
 */

export interface Peer {
  /** As the table calls it. */
  readonly name: string
  /** In `peers`. */
  readonly file: string
  /** Whose version is told. */
  readonly package: string
  readonly database: "sqlite" | "postgres" | "redis"
  /** Where it is told what to sync; what it does by itself where it is not said. */
  readonly synchronous?: "NORMAL" | "FULL"
  /** Needs a newer Node than the one that is supported here; it gets the one from the package `node`. */
  readonly needsNode22?: boolean
}

export const peers: ReadonlyArray<Peer> = [
  { name: "plainjob", file: "plainjob.js", package: "plainjob", database: "sqlite", synchronous: "NORMAL" },
  { name: "plainjob at FULL", file: "plainjob.js", package: "plainjob", database: "sqlite", synchronous: "FULL" },
  {
    name: "openworkflow",
    file: "openworkflowSqlite.js",
    package: "openworkflow",
    database: "sqlite",
    needsNode22: true
  },
  { name: "@effect/workflow", file: "effectWorkflow.js", package: "@effect/workflow", database: "sqlite" },
  { name: "pg-boss", file: "pgBoss.js", package: "pg-boss", database: "postgres", needsNode22: true },
  {
    name: "graphile-worker",
    file: "graphileWorker.js",
    package: "graphile-worker",
    database: "postgres",
    needsNode22: true
  },
  { name: "DBOS", file: "dbos.js", package: "@dbos-inc/dbos-sdk", database: "postgres" },
  { name: "openworkflow on Postgres", file: "openworkflowPostgres.js", package: "openworkflow", database: "postgres" },
  { name: "BullMQ", file: "bullmq.js", package: "bullmq", database: "redis" }
]
