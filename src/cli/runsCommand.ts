/**
 * `holdfast runs`: the rows of the database, newest first.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { nowMillis } from "../internal/wallClock.js"
import { RunStatus } from "../RunStatus.js"
import type { RunQuery } from "../RunStore.js"
import * as DatabaseUrl from "./databaseUrl.js"
import { databaseOption, json, optional } from "./options.js"
import { count } from "./printing.js"
import { runTable } from "./runTable.js"
import { Unusable } from "./unusable.js"

/** What the store answers with at most. */
const limitMax = 10_000

/** Which rows; `runs` and `watch` take the same. */
export const filters = {
  name: optional(Options.text("name").pipe(Options.withDescription("of this work only"))),
  status: optional(Options.choice("status", RunStatus.literals).pipe(Options.withDescription("with this status only"))),
  key: optional(Options.text("key").pipe(Options.withDescription("with this key only"))),
  limit: Options.integer("limit").pipe(
    Options.withAlias("n"),
    Options.withDescription(`rows at most, up to ${limitMax}`),
    Options.withDefault(20)
  )
}

export const queryOf = ({ key, limit, name, status }: RunQuery & { readonly limit: number }) =>
  limit >= 1 && limit <= limitMax
    ? Effect.succeed({ key, limit, name, status })
    : Effect.fail(new Unusable({ problem: `--limit is ${limit}. Expected a whole number from 1 to ${limitMax}.` }))

export const runsCommand = Command.make("runs", { database: databaseOption, ...filters, json }, (given) =>
  Effect.scoped(
    Effect.gen(function* () {
      const query = yield* queryOf(given)
      const database = yield* DatabaseUrl.reader(given.database)
      const runs = yield* database.list(query)
      if (given.json) return yield* Console.log(JSON.stringify(runs, undefined, 2))
      if (runs.length === 0) return yield* Console.log("There are no such runs.")
      yield* Console.log(runTable(runs, yield* nowMillis).join("\n"))
      if (runs.length === given.limit) {
        yield* Console.log(`\nThese are the newest ${count(runs.length)}; --limit shows more.`)
      }
    })
  )
).pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p("Lists runs, newest first."),
      HelpDoc.p("holdfast runs --database runs.db --status failed --limit 5")
    ])
  )
)
