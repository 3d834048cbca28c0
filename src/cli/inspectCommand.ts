/**
 * `holdfast inspect LOG...`: what a log says happened, and whether it kept the guarantees.
 *
 * @since 0.1.0
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as RunReport from "../RunReport.js"
import * as DatabaseUrl from "./databaseUrl.js"
import { endWith } from "./exitCode.js"
import { type Inspection, inspect } from "./inspection.js"
import { inspectionText, violationCount } from "./inspectionText.js"
import { logOf } from "./logOf.js"
import { databaseOption, json, optional, runIdOf } from "./options.js"
import { Unusable } from "./unusable.js"

const logs = Args.text({ name: "LOG" }).pipe(
  Args.withDescription(
    "an NDJSON log of a host, or - for standard input; several are read as one, in the order of time"
  ),
  Args.atLeast(1)
)
const run = optional(Options.text("run").pipe(Options.withDescription("judges and shows this run only")))
const html = optional(Options.text("html").pipe(Options.withDescription("writes a report for a browser to this file")))
const isFinal = Options.boolean("final").pipe(
  Options.withDescription("demands that every run came to its end, also those of hosts that did not stop")
)

export const inspectCommand = Command.make(
  "inspect",
  { logs, database: optional(databaseOption), run, html, isFinal, json },
  (given) =>
    Effect.scoped(
      Effect.gen(function* () {
        const runId = given.run === undefined ? undefined : yield* runIdOf(given.run)
        const reader = given.database === undefined ? undefined : yield* DatabaseUrl.reader(given.database)
        const inspection = yield* inspect(yield* Effect.forEach(given.logs, logOf), {
          runId,
          isFinal: given.isFinal,
          rowsOf: reader?.getAll,
          entryMax: given.html === undefined ? 0 : undefined
        })
        if (given.html !== undefined) yield* write(given.html, RunReport.html(inspection.report))
        yield* Console.log(given.json ? jsonOf(inspection) : inspectionText(inspection))
        if (violationCount(inspection) > 0) yield* endWith(1)
      })
    )
).pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p(
        "Rebuilds each run's history from the log of its host, and checks it against the guarantees G1 to G12."
      ),
      HelpDoc.p("Exits with 0 when all hold, 1 on a violation, 2 when the input cannot be used."),
      HelpDoc.p("holdfast inspect run.ndjson"),
      HelpDoc.p("holdfast inspect --database runs.db --html report.html host-1.ndjson host-2.ndjson"),
      HelpDoc.p("zcat run.ndjson.gz | holdfast inspect --json -")
    ])
  )
)

const write = (file: string, text: string): Effect.Effect<void, Unusable, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    Effect.mapError(
      files.writeFileString(file, text),
      (error) => new Unusable({ problem: `The report cannot be written to "${file}": ${error.message}` })
    )
  )

const jsonOf = ({ compared, foreignCount, report, timeline, tornCount }: Inspection): string => {
  const { entries: _, ...rest } = report
  return JSON.stringify({ ...rest, foreignCount, tornCount, compared, timeline }, undefined, 2)
}
