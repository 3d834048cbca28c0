/**
 * `holdfast doctor`: what is wrong with a database of runs, or waits in the journals of its hosts, what it
 * means, and what to do.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { RunDatabase } from "../RunDatabase.js"
import * as DatabaseUrl from "./databaseUrl.js"
import { diagnose, type Finding } from "./diagnosis.js"
import { endWith } from "./exitCode.js"
import { diagnoseJournal } from "./journalDiagnosis.js"
import { databaseOption, json, optional } from "./options.js"
import { count, plural, printable } from "./printing.js"
import { Unusable } from "./unusable.js"

const journal = Options.text("journal").pipe(
  Options.withAlias("j"),
  Options.withDescription("the directory of a verdict journal; may be given several times"),
  Options.repeated
)

export const doctorCommand = Command.make("doctor", { database: optional(databaseOption), journal, json }, (given) =>
  Effect.scoped(
    Effect.gen(function* () {
      if (given.database === undefined && given.journal.length === 0) return yield* nothingToLookAt
      const { findings: ofDatabase, name, rowsOf } = yield* examine(given.database)
      const ofJournals = yield* Effect.forEach(given.journal, (directory) => diagnoseJournal(directory, rowsOf))
      const findings = [...ofDatabase, ...ofJournals.flat()]
      const names = [...(name === undefined ? [] : [name]), ...given.journal]
      yield* Console.log(given.json ? JSON.stringify(findings, undefined, 2) : findingsText(names, given, findings))
      if (findings.some(({ weight }) => weight === "problem")) yield* endWith(1)
    })
  )
).pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p(
        "Looks for damage, tables of another version, hosts that are gone and runs that nobody executes; in journals for verdicts that wait for a host, and beside a database for rows that have or contradict them. It changes nothing. Exits with 1 where it finds a problem."
      ),
      HelpDoc.p("holdfast doctor --database runs.db"),
      HelpDoc.p("holdfast doctor --database runs.db --journal runs.journal")
    ])
  )
)

const nothingToLookAt = new Unusable({
  problem: "There is nothing to look at. Name a database with --database, a journal with --journal, or both."
})

/** Of tables that are not as expected no row is compared. */
const isUnreadable = ({ kind }: Finding): boolean =>
  kind === "noTables" || kind === "olderTables" || kind === "newerTables" || kind === "damaged"

const examine = (url: string | undefined) =>
  Effect.gen(function* () {
    if (url === undefined) return { name: undefined, findings: [], rowsOf: undefined }
    const { name, reading } = yield* DatabaseUrl.storeOf(url)
    const database = yield* Effect.provide(RunDatabase, yield* Layer.build(reading))
    const findings = yield* diagnose(database, name)
    return { name, findings, rowsOf: findings.some(isUnreadable) ? undefined : database.storedAll }
  })

interface Given {
  readonly database: string | undefined
  readonly journal: ReadonlyArray<string>
}

const findingsText = (names: ReadonlyArray<string>, given: Given, findings: ReadonlyArray<Finding>): string => {
  const heading = printable(names.join(", "))
  if (findings.length > 0) {
    return [`${heading}: ${plural(findings.length, "finding")}`, ...findings.map(findingText)].join("\n\n")
  }
  const sound = [
    ...(given.database === undefined
      ? []
      : [
          "The database is sound, its tables are of this version, every host holds its lease, and no run is without its host."
        ]),
    ...(given.journal.length === 0 ? [] : ["No verdict waits in a journal."])
  ]
  return `${heading}: nothing found. ${sound.join(" ")}`
}

/** Of the runs that a finding concerns, those that are printed; `--json` has all. */
const printedMax = 5

const findingText = ({ found, means, runIds, todo, weight }: Finding): string =>
  [
    printable(weight === "note" ? `${found} (a note)` : found),
    ...runIds.slice(0, printedMax).map((id) => `    run ${id}`),
    ...(runIds.length > printedMax ? [`    and ${count(runIds.length - printedMax)} more`] : []),
    `  What it means: ${means}`,
    `  What to do: ${todo}`
  ].join("\n")
