/**
 * What a command leaves behind: lines for people, reports as JSON, the plan, the log and a page of each
 * finding as files, and the exit code.
 *
 * @since 0.1.0
 */
import * as ValidationError from "@effect/cli/ValidationError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createLogUpdate } from "log-update"
import * as RunHistory from "../../src/RunHistory.js"
import * as RunReport from "../../src/RunReport.js"
import * as FaultPlan from "../FaultPlan.js"
import * as Report from "../Report.js"
import { UsageError } from "./catalogue.js"

export interface Places {
  /** A file for all reports, as JSON. */
  readonly json: string | undefined
  /** A folder for the plans and logs of findings. */
  readonly folder: string
}

const Reports = Schema.parseJson(Schema.Array(Report.Report), { space: 2 })

/** Prints and keeps the reports. True where all are clean. */
export const leave = (reports: ReadonlyArray<Report.Report>, { folder, json }: Places) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    if (json !== undefined) yield* files.writeFileString(json, yield* Schema.encode(Reports)(reports))
    for (const report of reports) {
      for (const [index, finding] of report.findings.entries()) yield* leaveFinding(report, finding, index, folder)
    }
    const executions = reports.reduce((sum, report) => sum + report.executions, 0)
    const millis = reports.reduce((sum, report) => sum + report.millis, 0)
    const unclean = reports.filter((report) => !report.isClean)
    const rate = millis === 0 ? 0 : Math.round((1000 * executions) / millis)
    yield* Console.log(
      `${executions} executions in ${(millis / 1000).toFixed(1)} s, ${rate} per second; ${unclean.length} of ${reports.length} reports are not clean`
    )
    return unclean.length === 0
  })

/** What `leave` kept in a file. */
export const read = (file: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    return yield* Schema.decode(Reports)(yield* files.readFileString(file))
  }).pipe(
    Effect.mapError((error) => new UsageError({ problem: `There are no reports in "${file}": ${error.message}` }))
  )

const leaveFinding = (report: Report.Report, { log, plan }: Report.Finding, index: number, folder: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const base = path.join(folder, `${report.explorer}-${report.scenario}-${index + 1}`)
    yield* files.makeDirectory(folder, { recursive: true })
    yield* files.writeFileString(`${base}.plan.json`, `${yield* Schema.encode(FaultPlan.FromJson)(plan)}\n`)
    yield* files.writeFileString(`${base}.log.ndjson`, log.map((line) => `${line}\n`).join(""))
    yield* files.writeFileString(`${base}.html`, pageOf(log, `${report.explorer} ${report.scenario} ${index + 1}`))
    yield* Console.log(
      `The plan is in ${base}.plan.json, the log in ${base}.log.ndjson, and as a page in ${base}.html.`
    )
  })

/** The log as a page; what an execution on a simulated clock says comes on time. */
const pageOf = (log: ReadonlyArray<string>, title: string): string =>
  RunReport.html(RunReport.fromHistory(RunHistory.fromLog(log.join("\n")), { title, toleranceMillis: 1 }))

/** Redrawn where somebody looks at a terminal; a line now and then where the output goes elsewhere. */
export const progress = (every = plainEvery): { readonly tell: Progress; readonly end: () => void } => {
  const screen = process.stderr.isTTY ? createLogUpdate(process.stderr) : undefined
  return {
    tell: (what) => (done, possible) => {
      const text = `${what}: ${done}${possible === undefined ? "" : ` of ${possible}`}`
      if (screen !== undefined) screen(text)
      else if (done % every === 0) process.stderr.write(`${text}\n`)
    },
    end: () => screen?.clear()
  }
}

export type Progress = (what: string) => (done: number, possible: number | undefined) => void

const plainEvery = 10_000

/** The command makes no sense: it exits with 2. What the command line itself does not understand it has said already. */
export const refuse = (error: Error | ValidationError.ValidationError): Effect.Effect<void> =>
  Effect.andThen(
    ValidationError.isValidationError(error) ? Effect.void : Console.error(error.message),
    Effect.sync(() => {
      process.exitCode = 2
    })
  )
