/**
 * Text for a terminal: columns, times, durations. What comes from a log or a database is printed without
 * its control characters, so that no run's name can move the cursor or colour the screen.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"

/** Control characters and the marks that turn the direction of text, each as one visible character. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, "\ufffd")

export const cut = (text: string, lengthMax: number): string => {
  const characters = [...text]
  return characters.length <= lengthMax ? text : `${characters.slice(0, Math.max(0, lengthMax - 1)).join("")}…`
}

/** Columns as wide as their widest cell, two spaces apart. */
export const columns = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const widths: Array<number> = []
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, [...cell].length)
  }
  const pad = (cell: string, index: number) => cell + " ".repeat(Math.max(0, (widths[index] ?? 0) - [...cell].length))
  return rows.map((row) => row.map(pad).join("  ").trimEnd())
}

export const count = (number: number): string => number.toLocaleString("en-US")

export const plural = (number: number, one: string, many: string = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`

/** Milliseconds, as a person says them. */
export const duration = (millis: number): string => {
  if (millis < 1_000) return `${Math.round(millis)} ms`
  if (millis < 120_000) return `${(millis / 1_000).toFixed(1)} s`
  if (millis < 7_200_000) return `${(millis / 60_000).toFixed(1)} min`
  if (millis < 172_800_000) return `${(millis / 3_600_000).toFixed(1)} h`
  return `${(millis / 86_400_000).toFixed(1)} days`
}

/** A time beyond what a calendar has comes from a damaged or foreign row. */
export const time = (millis: number): string =>
  Math.abs(millis) <= 8.64e15 ? DateTime.formatIso(DateTime.unsafeMake(millis)) : String(millis)
