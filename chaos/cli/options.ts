/**
 * What the commands take, and what it stands for.
 *
 * @since 0.1.0
 */
import * as Options from "@effect/cli/Options"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as Explorer from "../Explorer.js"
import * as FaultPlan from "../FaultPlan.js"

const durationOf = (text: string): Option.Option<Duration.Duration> => Duration.decodeUnknown(text)

const DurationText = Schema.String.pipe(
  Schema.filter((text) => Option.isSome(durationOf(text)), {
    message: () => 'expected a duration such as "10 minutes"'
  })
)

/** The first of two parts is `1/2`. */
const Slice = Schema.transformOrFail(Schema.String, Schema.Tuple(Schema.Int, Schema.Int), {
  strict: true,
  decode: (text, _, ast) => {
    const [, part, of] = /^(\d+)\/(\d+)$/.exec(text) ?? []
    const slice = [Number(part), Number(of)] as const
    return slice[0] >= 1 && slice[0] <= slice[1]
      ? ParseResult.succeed(slice)
      : ParseResult.fail(new ParseResult.Type(ast, text, `expected a part such as 1/2, found "${text}"`))
  },
  encode: ([part, of]) => ParseResult.succeed(`${part}/${of}`)
})

export const sliceOf = <A>(items: ReadonlyArray<A>, [part, of]: readonly [number, number]): ReadonlyArray<A> =>
  items.filter((_, index) => index % of === part - 1)

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
export const slice = Options.text("slice").pipe(
  Options.withDescription("a part of the scenarios, such as 1/2, for several processes"),
  Options.withSchema(Slice),
  Options.withDefault([1, 1] as const)
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
