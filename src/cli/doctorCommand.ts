/**
 * `holdfast doctor`: what is wrong with a database of runs, what it means, and what to do.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { nowMillis } from "../internal/wallClock.js"
import { RunDatabase } from "../RunDatabase.js"
import * as DatabaseUrl from "./databaseUrl.js"
import { diagnose, type Finding } from "./diagnosis.js"
import { endWith } from "./exitCode.js"
import { databaseOption, json } from "./options.js"
import { plural, printable } from "./printing.js"

export const doctorCommand = Command.make("doctor", { database: databaseOption, json }, (given) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { name, reading } = yield* DatabaseUrl.storeOf(given.database)
      const database = yield* Effect.provide(RunDatabase, yield* Layer.build(reading))
      const findings = yield* diagnose(database, name, yield* nowMillis)
      yield* Console.log(given.json ? JSON.stringify(findings, undefined, 2) : findingsText(name, findings))
      if (findings.some(({ weight }) => weight === "problem")) yield* endWith(1)
    })
  )
).pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p(
        "Looks for damage, tables of another version, hosts that are gone and runs that nobody executes. It changes nothing. Exits with 1 where it finds a problem."
      ),
      HelpDoc.p("holdfast doctor --database runs.db")
    ])
  )
)

const findingsText = (name: string, findings: ReadonlyArray<Finding>): string =>
  findings.length === 0
    ? `${printable(name)}: nothing found. The database is sound, its tables are of this version, every host holds its lease, and no run is without its host.`
    : [`${printable(name)}: ${plural(findings.length, "finding")}`, ...findings.map(findingText)].join("\n\n")

const findingText = ({ found, means, runIds, todo, weight }: Finding): string =>
  [
    printable(weight === "note" ? `${found} (a note)` : found),
    ...runIds.map((id) => `    run ${id}`),
    `  What it means: ${means}`,
    `  What to do: ${todo}`
  ].join("\n")
