/**
 * The two rules about batches and queries that every store keeps alike: a run is named at most once
 * in a batch, and a query is bounded. Both stores import them, so that they cannot drift apart.
 *
 * @since 0.1.0
 */
import type { RunId } from "../../RunId.js"
import type { RunQuery } from "../../RunStore.js"

/** Rows that `list` answers with where the query says nothing. @internal */
export const listLimitDefault: number = 100

/** Rows that `list` answers with at most: a page is held in memory as a whole. @internal */
export const listLimitMax: number = 10_000

/** @internal */
export const listLimit = (query: RunQuery): number =>
  Math.min(listLimitMax, Math.max(0, Math.trunc(query.limit ?? listLimitDefault)))

/**
 * Throws, as a defect, when a run is named twice. One of two elements for a row would be dropped in
 * silence, another one on each database.
 *
 * @internal
 */
export const assertDistinct = (operation: string, ids: ReadonlyArray<RunId>): void => {
  const seen = new Set<RunId>()
  for (const id of ids) {
    if (seen.has(id)) {
      throw new Error(
        `RunStore.${operation} was given run ${id} twice in one batch. A batch names each run at most once: send the second one with the next batch.`
      )
    }
    seen.add(id)
  }
}
