/**
 * What the judge of crashes knows: all that the lives left, and the questions that its checks ask of it.
 * Nothing here judges.
 *
 * @since 0.1.0
 */
import * as RunHistory from "../../src/RunHistory.js"
import type { StoredRun } from "../../src/RunStore.js"
import type { Evidence, Snapshot } from "./lives.js"
import type { Told, ToldOf } from "./told.js"

export interface Facts extends Evidence {
  readonly history: RunHistory.RunHistory
  /** After the last life. */
  readonly final: Snapshot
}

/** What does not hold; empty where all does. */
export type Check = (facts: Facts) => ReadonlyArray<string>

const nothing: Snapshot = { rows: new Map(), hosts: new Map(), integrity: "no life", journal: [] }

export const factsOf = (evidence: Evidence): Facts => ({
  ...evidence,
  history: RunHistory.fromLog(evidence.log),
  final: evidence.lives.at(-1)?.after ?? nothing
})

export const allTold = <Tag extends Told["_tag"]>({ told }: Facts, tag: Tag): ReadonlyArray<ToldOf<Tag>> =>
  told.filter((one): one is ToldOf<Tag> => one._tag === tag)

export const rowsOf = ({ rows }: Snapshot): ReadonlyArray<StoredRun> => [...rows.values()]

export const show = (row: StoredRun | undefined): string =>
  row === undefined ? "no row" : [row.status, row.workOutcome, row.error].filter((part) => part !== null).join(", ")

export const duplicatesOf = (ids: ReadonlyArray<string>): ReadonlyArray<string> =>
  ids.filter((id, index) => ids.indexOf(id) !== index)
