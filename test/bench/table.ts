/**
 * Entries as a table: one text for the terminal and for the page, in Markdown.
 *
 * @since 0.1.0
 */
import type { Entry } from "./entry.js"

const header = ["what", "median", "spread", "unit", "baseline", "median", "ratio", "target", "met"] as const

/** `0.0123`, `4.56`, `12.3`, `12,345`. */
export const figure = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)))

const cellsOf = (entry: Entry): ReadonlyArray<string> => [
  entry.name,
  figure(entry.value),
  `${figure(entry.min)} to ${figure(entry.max)}`,
  entry.unit,
  entry.baseline?.name ?? "",
  entry.baseline === null ? "" : figure(entry.baseline.value),
  entry.ratio === null ? "" : `${figure(entry.ratio)}×`,
  entry.target ?? "",
  entry.met === null ? "" : entry.met ? "yes" : "no"
]

/** Markdown, with its columns aligned so that it can be read as it is. */
export const tableOf = (entries: ReadonlyArray<Entry>): string => {
  const rows = [header, ...entries.map(cellsOf)]
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0), 3))
  const line = (cells: ReadonlyArray<string>): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.slice(1).map(line)].join("\n")
}
