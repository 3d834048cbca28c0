/**
 * The database, seen from outside: a connection of its own, without the storm, that asks whether the
 * file can be written to before the contest, and what the rows say after it.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import type { RunId } from "effect-holdfast"
import * as SqlConnector from "effect-holdfast/SqlConnector"
import * as SqliteRunStore from "effect-holdfast/SqliteRunStore"
import * as Naive from "./naive.js"
import type { Row } from "./verdict.js"

const connected = <A, E>(filename: string, use: (sql: SqlClient) => Effect.Effect<A, E>) =>
  SqlConnector.SqlConnector.pipe(
    Effect.flatMap((connector) => connector.connect),
    Effect.flatMap(use),
    Effect.scoped,
    Effect.provide(SqliteRunStore.connector({ filename }))
  )

export const prepare = (filename: string) => connected(filename, Naive.createTable)

/** The rows of both managers since an id was made: ids sort by time, and the file may hold older runs. */
export const read = (filename: string, since: RunId.RunId) => {
  const moment = since.slice(0, 13)
  return connected(filename, (sql) =>
    Effect.all({
      holdfast: sql<Row>`SELECT run_id AS id, run_key AS document, status, result FROM holdfast_runs
        WHERE name = 'glossary' AND run_id >= ${moment} ORDER BY run_id`,
      naive: sql<Row>`SELECT run_id AS id, path AS document, status, result FROM naive_runs
        WHERE run_id >= ${moment} ORDER BY run_id`
    })
  )
}
