/**
 * The judgement of one run: what its row should say, by what the work did and what the cancel was
 * answered, and whether the row and the subscriber say so. The same rule for both managers.
 */
import type { Account } from "./contest.js"

/** A row, as a connection of its own reads it when everything is over. */
export interface Row {
  readonly id: string
  readonly document: string
  readonly status: string
  readonly result: string | null
}

export interface Verdict extends Account {
  readonly row: string
  readonly isRowWrong: boolean
  /** The subscriber was told what the row does not say, or waits for ever. */
  readonly isTellingWrong: boolean
}

export const judge = (account: Account, row: Row | undefined): Verdict => {
  const status = row?.status ?? "none"
  const isNotStarted = account.deed === "not started"
  const lastTold = account.told.at(-1)
  return {
    ...account,
    row: status,
    isRowWrong: !expected(account).includes(status),
    isTellingWrong:
      lastTold === undefined ? row !== undefined && !isNotStarted : account.told.some((told) => told !== status)
  }
}

export const isWrong = (verdict: Verdict): boolean => verdict.isRowWrong || verdict.isTellingWrong

/** The statuses that tell the truth. There is more than one only where a cancel was not answered. */
const expected = ({ cancel, deed }: Account): ReadonlyArray<string> => {
  if (cancel === "accepted") return ["cancelled"]
  const truth = ofDeed[deed]
  return cancel === "unanswered" ? [...truth, "cancelled"] : truth
}

const ofDeed: Record<Account["deed"], ReadonlyArray<string>> = {
  succeeded: ["completed"],
  failed: ["failed"],
  interrupted: ["cancelled"],
  // The start was refused: there is no run, or one that says so.
  "not started": ["none", "failed"]
}
