/**
 * What a hand-written loop over `pg` makes of the same work, on one connection: a run is inserted as
 * `running` and updated to `completed`.
 *
 * @since 0.1.0
 */
import { createRequire } from "node:module"

/** As much of `pg` as is used here. It comes with `@effect/sql-pg`, and brings no types. */
interface Client {
  readonly connect: () => Promise<void>
  readonly query: (
    query: string | { readonly name: string; readonly text: string; readonly values: ReadonlyArray<unknown> }
  ) => Promise<unknown>
  readonly end: () => Promise<void>
}

const require = createRequire(import.meta.url)
// The copy that the kernel's own client uses.
const { Client: PgClient } = createRequire(require.resolve("@effect/sql-pg"))("pg") as {
  readonly Client: new (options: { readonly connectionString: string }) => Client
}

/** Both go on until it is over, and give the number of runs. */
export interface RawPostgres {
  /** A commit for each of a run's two writes. */
  readonly commitPerWrite: (isOver: () => boolean) => Promise<number>
  /** The same statements, a commit for so many of them. */
  readonly commitPer: (writes: number, isOver: () => boolean) => Promise<number>
  readonly close: () => Promise<void>
}

export const open = async (url: string): Promise<RawPostgres> => {
  const client = new PgClient({ connectionString: url })
  await client.connect()
  await client.query(
    "CREATE TABLE raw_runs (id TEXT PRIMARY KEY, name TEXT, status TEXT, created_at BIGINT, finished_at BIGINT)"
  )
  let last = 0
  const next = () => `run-${String(++last).padStart(12, "0")}`
  const insert = (id: string) =>
    client.query({
      name: "insert",
      text: "INSERT INTO raw_runs VALUES ($1, 'bench', 'running', $2, NULL)",
      values: [id, last]
    })
  const update = (id: string) =>
    client.query({
      name: "update",
      text: "UPDATE raw_runs SET status = 'completed', finished_at = $1 WHERE id = $2 AND status = 'running'",
      values: [last, id]
    })
  return {
    commitPerWrite: async (isOver) => {
      let runs = 0
      for (; !isOver(); runs++) {
        const id = next()
        await insert(id)
        await update(id)
      }
      return runs
    },
    commitPer: async (writes, isOver) => {
      let runs = 0
      for (; !isOver(); runs += writes / 2) {
        const ids = Array.from({ length: writes / 2 }, next)
        await client.query("BEGIN")
        for (const id of ids) await insert(id)
        for (const id of ids) await update(id)
        await client.query("COMMIT")
      }
      return runs
    },
    close: () => client.end()
  }
}
