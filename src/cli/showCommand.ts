/**
 * `holdfast show ID`: one run whole, as its row has it, with what its hosts' logs say of it.
 *
 * @since 0.1.0
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { RunId } from "../RunId.js"
import type { StoredRun } from "../RunStore.js"
import * as DatabaseUrl from "./databaseUrl.js"
import { endWith } from "./exitCode.js"
import { inspect } from "./inspection.js"
import { inspectionText, violationCount } from "./inspectionText.js"
import { logOf } from "./logOf.js"
import { databaseOption, json, runIdOf } from "./options.js"
import { columns, count, printable, time } from "./printing.js"
import { Unusable } from "./unusable.js"

const id = Args.text({ name: "ID" }).pipe(Args.withDescription("the id of the run"))
const log = Options.text("log").pipe(
  Options.withDescription("a log in which its history is looked up and checked; may be given several times"),
  Options.repeated
)

export const showCommand = Command.make("show", { id, database: databaseOption, log, json }, (given) =>
  Effect.scoped(
    Effect.gen(function* () {
      const runId = yield* runIdOf(given.id)
      const logs = yield* Effect.forEach(given.log, logOf)
      const database = yield* DatabaseUrl.reader(given.database)
      const row = yield* database.stored(runId)
      if (row === undefined) return yield* noRow(runId, database.name)
      const inspection =
        logs.length === 0
          ? undefined
          : yield* inspect(logs, { runId, isFinal: false, rowsOf: database.getAll, entryMax: 0 })
      if (given.json) {
        const history = inspection && { timeline: inspection.timeline, findings: inspection.report.findings }
        yield* Console.log(JSON.stringify({ ...row, ...history }, undefined, 2))
      } else {
        yield* Console.log(rowText(row).join("\n"))
        if (inspection !== undefined) yield* Console.log(`\n${inspectionText(inspection)}`)
      }
      if (inspection !== undefined && violationCount(inspection) > 0) yield* endWith(1)
    })
  )
).pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p("Shows one run whole: every column of its row, and its history where a log is given."),
      HelpDoc.p("holdfast show --database runs.db --log run.ndjson 0198c5a4-7e1f-7c3a-9d58-3f2b6a1c4e70")
    ])
  )
)

export const noRow = (runId: RunId, name: string) =>
  new Unusable({ problem: `"${name}" has no run ${runId}. Check the id, and that this is the database of its host.` })

const isTime = (column: string): boolean => column.endsWith("At") || column === "restartDeadline"

/** A payload, a result and an error may be of any size. */
const lengthMax = 2_000

const textOf = (value: string): string =>
  value.length <= lengthMax
    ? printable(value)
    : `${printable(value.slice(0, lengthMax))}… (the first ${count(lengthMax)} of ${count(value.length)} characters; --json prints all)`

const rowText = (row: StoredRun): ReadonlyArray<string> =>
  columns(
    Object.entries(row)
      .filter(([, value]) => value !== null)
      .map(([column, value]) => [column, isTime(column) ? `${time(Number(value))}  (${value})` : textOf(String(value))])
  )
