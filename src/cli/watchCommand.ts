/**
 * `holdfast watch`: the rows as they change, read again and again. In a terminal the table is drawn over
 * itself; elsewhere each change of a run is one line.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { createLogUpdate } from "log-update"
import { nowMillis } from "../internal/wallClock.js"
import type { Run } from "../Run.js"
import * as DatabaseUrl from "./databaseUrl.js"
import { databaseOption, durationOf, json, optional } from "./options.js"
import { cut, plural, printable, time } from "./printing.js"
import { filters, queryOf } from "./runsCommand.js"
import { progressOf, runTable, statusOf } from "./runTable.js"
import { Unusable } from "./unusable.js"

const every = Options.text("every").pipe(
  Options.withDescription('between two readings, such as "500 millis"'),
  Options.withDefault("1 second")
)
const times = optional(
  Options.integer("times").pipe(Options.withDescription("readings, after which it ends; otherwise it goes on"))
)

const everyMin = Duration.millis(50)

export const watchCommand = Command.make(
  "watch",
  { database: databaseOption, ...filters, every, times, json },
  (given) =>
    Effect.scoped(
      Effect.gen(function* () {
        const query = yield* queryOf(given)
        const pause = yield* durationOf(given.every, "--every")
        if (Duration.lessThan(pause, everyMin)) return yield* tooOften(given.every)
        if (given.times !== undefined && given.times < 1) return yield* tooFew(given.times)
        const database = yield* DatabaseUrl.reader(given.database)
        const screen = process.stdout.isTTY && !given.json ? terminal(process.stdout) : lines(given.json)
        for (let reading = 1; ; reading++) {
          // A lock that passes is waited for there.
          yield* screen.show(yield* database.list(query), yield* nowMillis)
          if (reading === given.times) break
          yield* Effect.sleep(pause)
        }
        screen.end()
      })
    )
).pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p("Shows runs as they change, until it is stopped."),
      HelpDoc.p("holdfast watch --database runs.db --status running")
    ])
  )
)

const tooOften = (given: string) =>
  new Unusable({ problem: `--every is "${given}". Expected ${Duration.format(everyMin)} or more.` })
const tooFew = (given: number) => new Unusable({ problem: `--times is ${given}. Expected 1 or more.` })

interface Screen {
  readonly show: (runs: ReadonlyArray<Run>, now: number) => Effect.Effect<void>
  readonly end: () => void
}

/** @internal */
export const terminal = (output: NodeJS.WriteStream): Screen => {
  const update = createLogUpdate(output)
  return {
    show: (runs, now) =>
      Effect.sync(() => {
        const { columns = 80, rows = 24 } = output
        const table = runTable(runs, now).slice(0, Math.max(1, rows - 3))
        const heading = `${time(now)}  ${plural(runs.length, "run")}`
        update([heading, "", ...table].map((line) => cut(line, columns)).join("\n"))
      }),
    end: () => update.done()
  }
}

/** One line for each run that is new or says something else than at the last reading. */
const lines = (isJson: boolean): Screen => {
  let before = new Map<string, string>()
  return {
    show: (runs, now) => {
      const told = before
      before = new Map(runs.map((run) => [run.id as string, JSON.stringify(run)]))
      const changed = runs.filter(({ id }) => told.get(id) !== before.get(id))
      // The oldest first, as it happened.
      return Effect.forEach(changed.reverse(), (run) => Console.log(isJson ? JSON.stringify(run) : line(run, now)), {
        discard: true
      })
    },
    end: () => {}
  }
}

const line = (run: Run, now: number): string =>
  `${time(now)}  ${run.id}  ${printable(run.name)}  ${statusOf(run)}  ${progressOf(run)}`.trimEnd()
