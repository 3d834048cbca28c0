/**
 * What an explorer did and found, as data: printed for people, kept as JSON, and added up by the docs.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Fault, FaultPlan, Phase } from "./FaultPlan.js"

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
  /** Of real time, shrinking not counted. */
  millis: Schema.Number,
  simulatedMillis: Schema.Number,
  fired: Schema.Array(Fired),
  /** What makes the exploration itself worth nothing: faults that never fired, an undisturbed execution that fails. */
  gaps: Schema.Array(Schema.String),
  findings: Schema.Array(Finding)
}) {
  /** Whether all of it was looked at and nothing was found. */
  get isClean(): boolean {
    return this.findings.length === 0 && this.gaps.length === 0
  }
}
