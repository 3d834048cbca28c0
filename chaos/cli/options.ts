/**
 * What the commands take, and what it stands for.
 *
 * @since 0.1.0
 */
import * as Options from "@effect/cli/Options"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Explorer from "../Explorer.js"
import * as FaultPlan from "../FaultPlan.js"

const durationOf = (text: string): Option.Option<Duration.Duration> => Duration.decodeUnknown(text)

const DurationText = Schema.String.pipe(
  Schema.filter((text) => Option.isSome(durationOf(text)), {
    message: () => 'expected a duration such as "10 minutes"'
  })
)

export const optional = <A>(option: Options.Options<A>) => Options.map(Options.optional(option), Option.getOrUndefined)

export const scenario = Options.text("scenario").pipe(
  Options.withAlias("s"),
  Options.withDescription("a scenario's name; may be given several times"),
  Options.repeated
)
export const budget = optional(
  Options.text("budget").pipe(
    Options.withDescription('time for each scenario, such as "10 minutes"'),
    Options.withSchema(DurationText)
  )
)
export const executions = optional(
  Options.integer("executions").pipe(Options.withDescription("executions of each scenario at most"))
)
export const seed = Options.integer("seed").pipe(
  Options.withDescription("the first seed; each execution takes the next one"),
  Options.withDefault(1)
)
export const findings = optional(
  Options.integer("findings").pipe(Options.withDescription("failures after which it stops; 3 by default"))
)
export const fault = Options.choice("fault", FaultPlan.faults).pipe(
  Options.withDescription("a kind of fault; may be given several times; otherwise all that fit"),
  Options.repeated
)
export const once = Options.boolean("once").pipe(
  Options.withDescription("faults happen once only, and not for a period as well")
)
const json = optional(Options.text("json").pipe(Options.withDescription("writes the reports to this file")))
const folder = Options.text("out").pipe(
  Options.withDescription("the folder for plans and logs of what was found"),
  Options.withDefault("chaos-findings")
)
export const places = { json, folder }

/** What every explorer takes, from what was written. */
export const limitsOf = (given: {
  readonly budget: string | undefined
  readonly executions: number | undefined
  readonly findings: number | undefined
  readonly fault: ReadonlyArray<FaultPlan.Fault>
}): Explorer.Options => ({
  timeBudget: given.budget === undefined ? undefined : Option.getOrUndefined(durationOf(given.budget)),
  executionMax: given.executions,
  findingMax: given.findings,
  faults: given.fault.length === 0 ? undefined : given.fault
})
