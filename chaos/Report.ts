/**
 * What an explorer did and found, as data: printed for people, kept as JSON, and added up by the docs.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Fault, FaultPlan, FromJson, Phase } from "./FaultPlan.js"

const Count = Schema.Int.pipe(Schema.nonNegative())
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/**
 * How often a fault fired at the operations of a label.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Fired = Schema.Struct({ label: Schema.String, fault: Fault, phase: Phase, times: Count })

/**
 * A plan under which the promise was not kept, made as small as it could be.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Finding = Schema.Struct({
  /** As data, and enough to execute it again. */
  plan: FaultPlan,
  /** Why the promise was not kept. */
  failure: Schema.String,
  /** The plan as it was found. */
  found: FaultPlan,
  /** What making it small took. */
  shrinking: Schema.Struct({ executions: Count, millis: Schema.Number }),
  /** NDJSON lines of the execution under the small plan. */
  log: Schema.Array(Schema.String)
})
/**
 * @since 0.1.0
 * @category models
 */
export type Finding = typeof Finding.Type

/**
 * @since 0.1.0
 * @category models
 */
export class Report extends Schema.Class<Report>("effect-holdfast/chaos/Report")({
  explorer: Schema.Literal("sweep", "pairs", "random", "interleave", "crash", "replay"),
  scenario: Schema.String,
  /** Of what was drawn; absent where nothing was. */
  seed: optional(Schema.Int),
  executions: Count,
  /** How many there would be; absent where there is no end of them. */
  possible: optional(Count),
  /** How many of them did not keep the promise. The first few are among `findings`. */
  failed: Count,
  /** Of real time, shrinking not counted. */
  millis: Schema.Number,
  simulatedMillis: Schema.Number,
  fired: Schema.Array(Fired),
  /** Of a sweep: the branches of retry, classification and answer that the logs of its executions show; see `Coverage`. */
  branches: optional(Schema.Array(Schema.String)),
  /** What makes the exploration itself worth nothing: faults that never fired, an undisturbed execution that fails. */
  gaps: Schema.Array(Schema.String),
  findings: Schema.Array(Finding)
}) {
  /** Whether the exploration was what it says and nothing was found. */
  get isClean(): boolean {
    return this.failed === 0 && this.gaps.length === 0
  }
}

// -- printing -----------------------------------------------------------------------------------------

/** Lines of a log that are printed; the whole log goes to a file. */
const logLinesMax = 60

/**
 * A report for people: the counts, then what was found, each as a plan to read, the reason, and the
 * history that led there.
 *
 * @since 0.1.0
 * @category combinators
 */
export const render = (report: Report): string =>
  [summary(report), ...report.gaps.map((gap) => `gap: ${gap}`), ...report.findings.map(renderFinding)].join("\n")

/**
 * One line: what was done, how much of it, and how it ended.
 *
 * @since 0.1.0
 * @category combinators
 */
export const summary = (report: Report): string => {
  const { executions, explorer, failed, fired, gaps, millis, possible, scenario, seed, simulatedMillis } = report
  const faults = fired.reduce((sum, { times }) => sum + times, 0)
  return [
    `${explorer} of ${scenario}: ${executions}${possible === undefined ? "" : ` of ${possible}`} executions`,
    ...(seed === undefined ? [] : [`from seed ${seed}`]),
    `${faults} faults`,
    `${(millis / 1000).toFixed(1)} s (${Math.round(simulatedMillis / 1000)} s simulated)`,
    gaps.length === 0 ? `${failed} failed` : `${failed} failed, ${gaps.length} gaps`
  ].join(", ")
}

/** What replays a finding, to be pasted into a shell; hosts replay with `replay` of `Explorer`. */
export const commandOf = (plan: FaultPlan): string =>
  `npm run chaos -- replay '${toJson(plan).replaceAll("'", "'\\''")}'`

const toJson = Schema.encodeSync(FromJson)

const renderFinding = ({ failure, found, log, plan, shrinking }: Finding): string => {
  const left = log.length - logLinesMax
  return [
    "",
    failure,
    "",
    `The smallest plan found (${plan.rules.length} faults, ${plan.choices?.length ?? 0} choices; was ${found.rules.length} and more; ${shrinking.executions} executions, ${(shrinking.millis / 1000).toFixed(1)} s):`,
    `  ${toJson(plan)}`,
    "To execute it again (elsewhere than in Holdfast's repository: with replay, from a test):",
    `  ${commandOf(plan)}`,
    `Its log${left > 0 ? `, without the first ${left} lines` : ""}:`,
    ...log.slice(-logLinesMax).map((line) => `  ${line}`)
  ].join("\n")
}
