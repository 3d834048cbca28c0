/**
 * What a hand-written better-sqlite3 loop makes of the same work: a run is inserted as `running` and
 * updated to `completed`, in a write-ahead log with `synchronous = FULL`, and nothing else. There is no
 * supervision, no retry, no cancel and no second run at a time: these are the physical lines.
 *
 * @since 0.1.0
 */
import Sqlite from "better-sqlite3"

/** Both go on until it is over, and give the number of runs. */
export interface RawSqlite {
  /** A commit for each of a run's two writes. */
  readonly commitPerWrite: (isOver: () => boolean) => number
  /** The same statements, a commit for so many of them. */
  readonly commitPer: (writes: number, isOver: () => boolean) => number
  /** One run, two commits. */
  readonly one: () => void
  readonly close: () => void
}

/** A table with as little as a run can do with. */
export const openTable = (filename: string, synchronous: "FULL" | "NORMAL"): Sqlite.Database => {
  const database = new Sqlite(filename)
  database.pragma("journal_mode = WAL")
  database.pragma(`synchronous = ${synchronous}`)
  database.exec(
    "CREATE TABLE runs (id TEXT PRIMARY KEY, name TEXT, status TEXT, created_at INTEGER, finished_at INTEGER) STRICT"
  )
  return database
}

export const open = (filename: string, synchronous: "FULL" | "NORMAL" = "FULL"): RawSqlite => {
  const database = openTable(filename, synchronous)
  const insert = database.prepare("INSERT INTO runs VALUES (?, 'bench', 'running', ?, NULL)")
  const update = database.prepare(
    "UPDATE runs SET status = 'completed', finished_at = ? WHERE id = ? AND status = 'running'"
  )
  let last = 0
  const next = () => `run-${String(++last).padStart(12, "0")}`
  const batch = database.transaction((ids: ReadonlyArray<string>) => {
    for (const id of ids) insert.run(id, last)
    for (const id of ids) update.run(last, id)
  })
  const one = () => {
    const id = next()
    insert.run(id, last)
    update.run(last, id)
  }
  return {
    one,
    commitPerWrite: (isOver) => {
      let runs = 0
      for (; !isOver(); runs++) one()
      return runs
    },
    commitPer: (writes, isOver) => {
      let runs = 0
      for (; !isOver(); runs += writes / 2) batch(Array.from({ length: writes / 2 }, next))
      return runs
    },
    close: () => database.close()
  }
}
