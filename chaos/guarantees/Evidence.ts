/**
 * The totals of long explorations, as the repository keeps them in `chaos/evidence.json`: what was
 * executed, how often, and how it ended. They are added from reports, never written by hand.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Report } from "../Report.js"

const Count = Schema.Int.pipe(Schema.nonNegative())
const optional = <A>(schema: Schema.Schema<A>) => Schema.optionalWith(schema, { exact: true })

/** How `interleave` chose its orders; a report does not say. */
export const Mode = Schema.Literal("random", "pct", "deep", "complete")
export type Mode = typeof Mode.Type

/** One exploration of one scenario. */
export const Entry = Schema.Struct({
  explorer: Schema.Literal("sweep", "pairs", "random", "interleave", "crash"),
  scenario: Schema.NonEmptyString,
  mode: optional(Mode),
  executions: Count,
  /** How many there are in all; absent where there is no end of them. */
  possible: optional(Count),
  /** Faults that fired; of `crash`, processes that died by SIGKILL. */
  faults: Count,
  /** Of real time. */
  seconds: Schema.Number.pipe(Schema.nonNegative()),
  /** Absent where nothing was drawn. */
  seedFirst: optional(Schema.Int),
  /** Of explorers whose executions take one seed after the other; too high where each was executed twice. */
  seedLast: optional(Schema.Int),
  /** Executions that did not keep the promise. */
  failed: Count,
  /** What the exploration itself left open, as the report counts it. */
  gaps: Count
})
export type Entry = typeof Entry.Type

export const Evidence = Schema.Array(Entry)
export type Evidence = typeof Evidence.Type

/** The file's text. Unknown fields are refused: the file is made by a command, not by hand. */
export const FromJson = Schema.parseJson(Evidence, { space: 2 }).annotations({
  parseOptions: { onExcessProperty: "error" }
})

/** A file that `--json` leaves. */
export const ReportsFromJson = Schema.parseJson(Schema.Array(Report))

/** What a report adds; undefined of a replay, which explores nothing. */
export const entryOf = (report: Report, mode: Mode | undefined): Entry | undefined => {
  const { executions, explorer, failed, fired, gaps, millis, possible, scenario, seed } = report
  if (explorer === "replay") return undefined
  return {
    explorer,
    scenario,
    ...(explorer === "interleave" && mode !== undefined ? { mode } : {}),
    executions,
    ...(possible === undefined ? {} : { possible }),
    faults: fired.reduce((sum, { times }) => sum + times, 0),
    seconds: Math.round(millis / 100) / 10,
    ...(seed === undefined ? {} : { seedFirst: seed }),
    // A crash exploration has one seed for all of its executions.
    ...(seed === undefined || explorer === "crash" ? {} : { seedLast: seed + Math.max(executions - 1, 0) }),
    failed,
    gaps: gaps.length
  }
}

/**
 * The evidence with what was found since. A new entry replaces those of the same exploration that share a
 * seed with it, so that nothing is counted twice; the others stay.
 */
export const add = (evidence: Evidence, entries: ReadonlyArray<Entry>): Evidence =>
  entries
    .reduce<Evidence>((kept, entry) => [...kept.filter((other) => !isAgain(entry, other)), entry], evidence)
    .toSorted((left, right) => {
      const [one, other] = [placeOf(left), placeOf(right)]
      return one < other ? -1 : one > other ? 1 : (left.seedFirst ?? 0) - (right.seedFirst ?? 0)
    })

const placeOf = ({ explorer, mode, scenario }: Entry): string => [explorer, mode ?? "", scenario].join(" ")

const isAgain = (entry: Entry, other: Entry): boolean =>
  placeOf(entry) === placeOf(other) && firstOf(entry) <= lastOf(other) && firstOf(other) <= lastOf(entry)

const firstOf = ({ seedFirst }: Entry): number => seedFirst ?? 0
const lastOf = ({ seedFirst, seedLast }: Entry): number => seedLast ?? seedFirst ?? 0
