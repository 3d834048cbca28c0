/**
 * The runs while they live: bars that are redrawn where the output is a terminal, one plain line for
 * each piece of news where it is not. Shows what subscribers are told, and nothing else.
 */
import { Effect, Schedule, type Scope } from "effect"
import { createLogUpdate } from "log-update"
import * as Columns from "./columns.js"
import type { Told } from "./manager.js"
import { name } from "./report.js"

export type Side = "holdfast" | "naive"

export interface Display {
  readonly show: (side: Side, document: string, told: Told) => Effect.Effect<void>
}

export const make = (documents: ReadonlyArray<string>): Effect.Effect<Display, never, Scope.Scope> =>
  process.stdout.isTTY ? bars(documents) : plain

// -- a terminal -----------------------------------------------------------------------------------------

export interface Line {
  readonly name: string
  share: number
  note: string
  /** What each manager has told. */
  readonly told: Record<Side, string>
}

const bars = (documents: ReadonlyArray<string>): Effect.Effect<Display, never, Scope.Scope> =>
  Effect.gen(function* () {
    const lines = new Map(documents.map((document) => [document, emptyLine(document)]))
    const screen = createLogUpdate(process.stdout)
    const draw = Effect.sync(() => {
      // One row and one column stay free: a line that fills the screen would scroll it.
      const rows = (process.stdout.rows ?? 24) - 1
      screen(render([...lines.values()], (process.stdout.columns ?? 80) - 1, rows).join("\n"))
    })
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        draw,
        Effect.sync(() => screen.done())
      )
    )
    yield* Effect.forkScoped(Effect.repeat(draw, Schedule.spaced("100 millis")))
    return {
      show: (side, document, told) =>
        Effect.sync(() => {
          const line = lines.get(document)
          if (line !== undefined) update(line, side, told)
        })
    }
  })

export const emptyLine = (document: string): Line => ({
  name: name(document),
  share: 0,
  note: "",
  told: { holdfast: "", naive: "" }
})

export const update = (line: Line, side: Side, told: Told): void => {
  switch (told._tag) {
    case "Status":
      line.told[side] = told.status
      if (side === "holdfast") line.note = ""
      return
    case "Refused":
      line.told[side] = "refused"
      return
    case "Progress":
      if (side !== "holdfast") return
      line.share = told.progress.total === undefined ? 0 : told.progress.current / told.progress.total
      line.note = Columns.clean(told.progress.step ?? "")
      return
    case "Note":
      if (side === "holdfast") line.note = Columns.clean(told.text)
      return
  }
}

/** Runs that live come first, so that a small terminal shows where something happens. */
export const render = (lines: ReadonlyArray<Line>, columns: number, rows: number): ReadonlyArray<string> => {
  const nameColumns = Math.max(...lines.map((line) => Columns.width(line.name)))
  const shown =
    lines.length < rows
      ? lines
      : [...lines].sort((a, b) => Number(isOver(a)) - Number(isOver(b))).slice(0, Math.max(1, rows - 2))
  const hidden = lines.length - shown.length
  return [
    Columns.cut(`${Columns.fit("", nameColumns + barColumns + 8)}Holdfast   naive`, columns),
    ...shown.map((line) => Columns.cut(lineText(line, nameColumns), columns)),
    ...(hidden > 0 ? [`… and ${hidden} more`] : [])
  ]
}

const isOver = (line: Line): boolean => line.told.holdfast !== "" && line.told.naive !== ""

const barColumns = 20

const lineText = ({ name, note, share, told }: Line, nameColumns: number): string => {
  const full = Math.round(share * barColumns)
  const bar = "█".repeat(full) + "░".repeat(barColumns - full)
  const percent = `${Math.round(share * 100)}%`.padStart(4)
  const status = (side: Side) => Columns.fit(told[side] || "…", 9)
  return `${Columns.fit(name, nameColumns)}  ${bar} ${percent} ${status("holdfast")}  ${status("naive")}  ${note}`
}

// -- anything else --------------------------------------------------------------------------------------

const plain: Effect.Effect<Display> = Effect.sync(() => {
  const halfway = new Set<string>()
  return {
    show: (side, document, told) =>
      Effect.sync(() => {
        const news = newsOf(side, document, told, halfway)
        if (news !== undefined) process.stdout.write(`${side.padEnd(8)}  ${name(document)}: ${news}\n`)
      })
  }
})

/** A log is no place for every paragraph: progress is told once, at half. */
const newsOf = (side: Side, document: string, told: Told, halfway: Set<string>): string | undefined => {
  switch (told._tag) {
    case "Status":
      return told.status
    case "Refused":
      return `not started: ${Columns.clean(told.reason)}`
    case "Note":
      return Columns.clean(told.text)
    case "Progress": {
      const { current, total } = told.progress
      if (side !== "holdfast" || total === undefined || current * 2 < total || halfway.has(document)) return undefined
      halfway.add(document)
      return `${current} of ${total} paragraphs`
    }
  }
}
