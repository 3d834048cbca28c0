/**
 * Which database operation fails, how and for how long: as data, JSON in and JSON out, so that a plan
 * can be printed, kept, shrunk and replayed. A plan decides nothing by chance when it runs: even a
 * storm hashes what it sees (label, run, attempt), so that another interleaving does not move its
 * faults. `Chaos` carries plans out.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { canHappen, Fault, faults, Phase, phases } from "./internal/fault.js"
import type * as Interleaving from "./internal/interleaving.js"

export { canHappen, Fault, faults, Phase, phases }

// -- models -------------------------------------------------------------------------------------------

/**
 * Where a rule opens. It opens once and then stays open for its window.
 *
 * - `{ label, run?, attempt? }`: at the `attempt`-th operation of this label, counted from 1 over all
 *   operations or, where `run` is given, over those that carry this run: the `run`-th, from 1, by its
 *   first appearance. An open rule then meets each further operation of this label (and run).
 *   `attempt` defaults to `1`; the label `*` is every label.
 * - `{ operation }`: at the n-th operation of all, from 1, for sweeps. An open rule then meets the
 *   further operations of that operation's own label, that is its retries; with `label: "*"`, all.
 *
 * @since 0.1.0
 * @category models
 */
export type Place =
  | { readonly label: string; readonly run?: number; readonly attempt?: number }
  | { readonly operation: number; readonly label?: "*" }

/**
 * How long an open rule goes on: `once`, for `times` operations, for `millis` milliseconds on the Clock
 * from its first firing, or `untilHealed`. Healing ends every window.
 *
 * @since 0.1.0
 * @category models
 */
export type Window = "once" | "untilHealed" | { readonly times: number } | { readonly millis: number }

/**
 * One fault at one place. Where several rules are open at an operation, the first of the plan fires and
 * the others stay open.
 *
 * `after` is in milliseconds on the Clock: how long a `latency` lasts (defaults to `100`), or when a
 * late statement lands (defaults to: at the next operation, or when healed).
 *
 * @since 0.1.0
 * @category models
 */
export interface Rule {
  readonly place: Place
  readonly fault: Fault
  readonly phase: Phase
  readonly window: Window
  readonly after?: number
}

/**
 * Faults by a random decision at every operation: a hash of `seed`, label, run and attempt, never a
 * count of what other fibers did. `rate` is from 0 to 1; `labels` defaults to all of them. It lasts
 * until healed. `after` as in `Rule`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Storm {
  readonly storm: {
    readonly seed: number
    readonly rate: number
    readonly faults: readonly [Fault, ...Array<Fault>]
    readonly phases: readonly [Phase, ...Array<Phase>]
    readonly labels?: ReadonlyArray<string>
    readonly after?: number
  }
}

// -- schemas ------------------------------------------------------------------------------------------

const Ordinal = Schema.Int.pipe(Schema.positive())
const Millis = Schema.Int.pipe(Schema.nonNegative())
const Ordinal0 = Schema.Int.pipe(Schema.nonNegative())
const optional = <A>(schema: Schema.Schema<A>) => Schema.optionalWith(schema, { exact: true })

/**
 * @since 0.1.0
 * @category schemas
 */
export const Place: Schema.Schema<Place> = Schema.Union(
  Schema.Struct({ operation: Ordinal, label: optional(Schema.Literal("*")) }),
  Schema.Struct({ label: Schema.NonEmptyString, run: optional(Ordinal), attempt: optional(Ordinal) })
).annotations({ identifier: "Place" })

/**
 * @since 0.1.0
 * @category schemas
 */
export const Window: Schema.Schema<Window> = Schema.Union(
  Schema.Literal("once", "untilHealed"),
  Schema.Struct({ times: Ordinal }),
  Schema.Struct({ millis: Millis })
).annotations({ identifier: "Window" })

/**
 * @since 0.1.0
 * @category schemas
 */
export const Rule: Schema.Schema<Rule> = Schema.Struct({
  place: Place,
  fault: Fault,
  phase: Phase,
  window: Window,
  after: optional(Millis)
}).annotations({ identifier: "Rule" })

/**
 * @since 0.1.0
 * @category schemas
 */
export const Storm: Schema.Schema<Storm> = Schema.Struct({
  storm: Schema.Struct({
    seed: Schema.Int,
    rate: Schema.Number.pipe(Schema.between(0, 1)),
    faults: Schema.NonEmptyArray(Fault),
    phases: Schema.NonEmptyArray(Phase),
    labels: optional(Schema.Array(Schema.NonEmptyString)),
    after: optional(Millis)
  })
}).annotations({ identifier: "Storm" })

/**
 * A point at which an execution left the order in which fibers became ready.
 *
 * @since 0.1.0
 * @category models
 */
export type Choice = Interleaving.Choice

/**
 * @since 0.1.0
 * @category schemas
 */
export const Choice: Schema.Schema<Interleaving.Choice> = Schema.Union(
  Schema.Struct({ at: Ordinal0, take: Ordinal }),
  Schema.Struct({ preempt: Ordinal0 })
).annotations({ identifier: "Choice" })

/**
 * A plan. `scenario` names the program that it is for, `input` is what that program is given, `choices`
 * are the scheduling choices that an explorer made, and `seed` says where all that came from: provenance
 * only, nothing reads it.
 *
 * @since 0.1.0
 * @category models
 */
export class FaultPlan extends Schema.Class<FaultPlan>("effect-holdfast/chaos/FaultPlan")({
  scenario: Schema.optionalWith(Schema.String, { exact: true }),
  rules: Schema.Array(Schema.Union(Rule, Storm)),
  input: Schema.optionalWith(Schema.Unknown, { exact: true }),
  choices: Schema.optionalWith(Schema.Array(Choice), { exact: true }),
  seed: Schema.optionalWith(Schema.Int, { exact: true })
}) {}

/**
 * A plan as JSON text. Unknown fields are refused, so that a
 * misspelt `attempt` is an error and not a rule that fires elsewhere.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FromJson: Schema.Schema<FaultPlan, string> = Schema.parseJson(FaultPlan).annotations({
  parseOptions: { onExcessProperty: "error" }
})

// -- constructors -------------------------------------------------------------------------------------

/**
 * The plan in which nothing goes wrong.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: FaultPlan = new FaultPlan({ rules: [] })

/**
 * A rule. `phase` defaults to `"before"` (`"late"` for `lateApply`), `window` to `"once"`. A place may
 * be given as its label alone.
 *
 * @since 0.1.0
 * @category constructors
 */
export const rule = (
  place: Place | string,
  fault: Fault,
  options?: {
    readonly phase?: Phase | undefined
    readonly window?: Window | undefined
    /** Milliseconds; see `Rule`. */
    readonly after?: number | undefined
  }
): Rule => ({
  place: typeof place === "string" ? { label: place } : place,
  fault,
  phase: options?.phase ?? (fault === "lateApply" ? "late" : "before"),
  window: options?.window ?? "once",
  ...(options?.after === undefined ? {} : { after: options.after })
})

/**
 * A plan of these rules; the first that is open at an operation fires.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromRules = (...rules: ReadonlyArray<Rule | Storm>): FaultPlan => new FaultPlan({ rules })

/**
 * One fault, at the first operation of this label. `phase` defaults as in `rule`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const once = (label: string, fault: Fault, phase?: Phase): FaultPlan => fromRules(rule(label, fault, { phase }))

/**
 * A storm of faults that a host must survive, until it is healed. `light`: one operation in ten fails,
 * with what a busy database does by itself. `heavy`: one in three, with lost answers, statements that
 * land late, hangs and lost connections. `rate`, `faults`, `phases` and `labels` replace those of the
 * intensity; `intensity` defaults to `"light"`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const storm = (options: {
  readonly seed: number
  readonly intensity?: "light" | "heavy" | undefined
  /** From 0 to 1. */
  readonly rate?: number | undefined
  readonly faults?: readonly [Fault, ...Array<Fault>] | undefined
  readonly phases?: readonly [Phase, ...Array<Phase>] | undefined
  readonly labels?: ReadonlyArray<string> | undefined
  /** Milliseconds; see `Rule`. */
  readonly after?: number | undefined
}): FaultPlan => {
  const weather = options.intensity === "heavy" ? heavy : light
  return new FaultPlan({
    rules: [
      {
        storm: {
          seed: options.seed,
          rate: options.rate ?? weather.rate,
          faults: options.faults ?? weather.faults,
          phases: options.phases ?? weather.phases,
          ...(options.labels === undefined ? {} : { labels: options.labels }),
          ...(options.after === undefined ? {} : { after: options.after })
        }
      }
    ],
    seed: options.seed
  })
}

const light: Omit<Storm["storm"], "seed"> = {
  rate: 0.1,
  faults: ["busy", "locked", "busySnapshot", "ioError", "latency"],
  phases: ["before"]
}

const heavy: Omit<Storm["storm"], "seed"> = {
  rate: 0.35,
  faults: ["busy", "locked", "busySnapshot", "ioError", "cantOpen", "connectionLost", "defect", "hang", "lateApply"],
  phases: ["before", "after", "late"]
}
