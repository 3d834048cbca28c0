/**
 * The database of a fleet as its test sees it, past every proxy: what the hosts are given, what it remembers of each row,
 * and what can be done to it. Each version of a row is kept by triggers of the test, in the order in which they came to be.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { RunId } from "../../src/RunId.js"
import { isTerminal, type RunStatus } from "../../src/RunStatus.js"
import type { StoredRun } from "../../src/RunStore.js"
import type { Adversity } from "./adversity.js"
import type { Database } from "./hostInput.js"

/** One version of a row. */
export interface Change {
  /** Rises with each version of any row. */
  readonly sequence: number
  readonly isInsert: boolean
  readonly id: RunId
  readonly name: string
  readonly key: string | null
  readonly status: RunStatus
  readonly hostId: string | null
  readonly attempt: number
}

export interface FleetDatabase {
  readonly kind: "sqlite" | "postgres"
  /** What the host of this slot is given. */
  readonly of: (slot: number) => Database
  /** From now on each version of a row is kept. To be called when the tables are there. */
  readonly watch: Effect.Effect<void>
  readonly activeCount: Effect.Effect<number>
  readonly changesAfter: (sequence: number) => Effect.Effect<ReadonlyArray<Change>>
  readonly rows: Effect.Effect<ReadonlyArray<StoredRun>>
  /** Deletes rows that ended before this time, and what was kept of changes up to this sequence. */
  readonly forget: (finishedBefore: number, sequence: number) => Effect.Effect<void>
  /** Carries out what is done to the database, or to the way there, and heals it again. */
  readonly harm: (adversity: Adversity) => Effect.Effect<void>
}

/** What both dialects read a change from. */
export const columns = "sequence, is_insert, run_id, name, run_key, status, host_id, attempt"

export const changeOf = (row: { readonly [column: string]: unknown }): Change => ({
  sequence: Number(row["sequence"]),
  isInsert: Number(row["is_insert"]) === 1,
  id: row["run_id"] as RunId,
  name: row["name"] as string,
  key: (row["run_key"] ?? null) as string | null,
  status: row["status"] as RunStatus,
  hostId: (row["host_id"] ?? null) as string | null,
  attempt: Number(row["attempt"])
})

export const isActive = ({ status }: { readonly status: RunStatus }): boolean => !isTerminal(status)
