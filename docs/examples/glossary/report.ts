/**
 * The end of the example, as text: the glossaries, the table of both managers side by side, and how
 * many statuses each got wrong.
 */
import { basename } from "node:path"
import * as Columns from "./columns.js"
import { isWrong, type Verdict } from "./verdict.js"

export interface Side {
  readonly title: string
  readonly verdicts: ReadonlyArray<Verdict>
  readonly faults: number
}

/** Side by side where `columnsMax` allows it, else one below the other. */
export const table = (left: Side, right: Side, columnsMax: number): string => {
  const documents = ["", "document", ...left.verdicts.map(({ document }) => name(document))]
  const beside = join(documents, lines(left), lines(right))
  return beside.every((line) => Columns.width(line) <= columnsMax)
    ? beside.join("\n")
    : [...join(documents, lines(left)), "", ...join(documents, lines(right))].join("\n")
}

export const countWrong = (side: Side): number => side.verdicts.filter(isWrong).length

export const summary = (side: Side): string =>
  `${side.title}: ${countWrong(side)} of ${side.verdicts.length} runs recorded wrongly; ${side.faults} faults met`

/** One line of JSON for each glossary that was stored, with its most frequent terms. */
export const glossary = (document: string, result: { readonly terms: ReadonlyArray<unknown> }): string =>
  JSON.stringify({ document: name(document), ...result, terms: result.terms.slice(0, 4) })

export const name = (document: string): string => Columns.cut(Columns.clean(basename(document)), 32)

// -- layout ---------------------------------------------------------------------------------------------

const header = ["work did", "row says", "was told", "writes"]

/** The lines of one side: its title, its header, then one for each run. */
const lines = ({ title, verdicts }: Side): ReadonlyArray<string> => {
  const cells = [header, ...verdicts.map(cellsOf)]
  const widths = header.map((_, column) => Math.max(...cells.map((row) => Columns.width(row[column] ?? ""))))
  return [title, ...cells.map((row) => row.map((cell, column) => Columns.fit(cell, widths[column] ?? 0)).join("  "))]
}

const cellsOf = (verdict: Verdict): ReadonlyArray<string> => [
  workOf(verdict),
  verdict.row + mark(verdict.isRowWrong),
  (verdict.told.join(", ") || "nothing") + mark(verdict.isTellingWrong),
  String(verdict.writes)
]

/** An interruption is the cancel's doing where the cancel was accepted. */
const workOf = ({ cancel, deed }: Verdict): string => {
  if (cancel === undefined) return deed
  if (cancel === "accepted") return deed === "interrupted" ? "cancelled" : `${deed}, cancelled`
  return `${deed}, cancel ${cancel}`
}

const mark = (isBad: boolean): string => (isBad ? " ✗" : "")

const join = (...parts: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths = parts.map((part) => Math.max(...part.map(Columns.width)))
  const height = Math.max(...parts.map((part) => part.length))
  const rows = globalThis.Array.from({ length: height }, (_, line) =>
    parts
      .map((part, index) => Columns.fit(part[line] ?? "", widths[index] ?? 0))
      .join(" │ ")
      .trimEnd()
  )
  const rule = widths.map((columns) => "─".repeat(columns)).join("─┼─")
  return [...rows.slice(0, 2), rule, ...rows.slice(2)]
}
