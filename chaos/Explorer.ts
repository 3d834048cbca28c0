/**
 * Executes a scenario many times, each time under other faults or in another order of its fibers, and
 * makes what it finds small. Each explorer succeeds with its report, or fails with it where the promise
 * was not kept or the exploration was not what it should be, so that it is a test as it stands.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Fault, FaultPlan, none, type Window } from "./FaultPlan.js"
import { oneMore } from "./internal/enumeration.js"
import type { Order } from "./internal/interleaving.js"
import * as Plans from "./internal/plans.js"
import { Session } from "./internal/session.js"
import { Report, render } from "./Report.js"
import type { Execution, Scenario } from "./Scenario.js"

// -- errors -------------------------------------------------------------------------------------------

/**
 * The promise was not kept, or the exploration has gaps. The message is the report for people.
 *
 * @since 0.1.0
 * @category errors
 */
export class ExplorationFailed extends Schema.TaggedError<ExplorationFailed>("effect-holdfast/chaos/ExplorationFailed")(
  "ExplorationFailed",
  { report: Report }
) {
  override get message(): string {
    return render(this.report)
  }
}

// -- options ------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Of real time, after which an exploration that has no end of its own, or has not come to it, stops. Defaults to none. */
  readonly timeBudget?: Duration.DurationInput | undefined
  /** Executions after which it stops. Defaults to none, and to `1000` where there is no other end. */
  readonly executionMax?: number | undefined
  /** Defaults to all but `crash` in sweeps, and elsewhere to those that pass by themselves. */
  readonly faults?: ReadonlyArray<Fault> | undefined
  /**
   * Failures that are made small and reported; those that come out the same are one. The exploration ends with the
   * last of them, or after five times as many failures. Defaults to `3`.
   */
  readonly findingMax?: number | undefined
  /** Whether what fails is made small, which takes executions of its own. Defaults to `true`. */
  readonly isShrinking?: boolean | undefined
  /** Called after each execution with the number of executions so far, and how many there are where that is known. */
  readonly onProgress?: ((done: number, possible: number | undefined) => void) | undefined
  /** Called with each execution that is counted, whose log is gone afterwards; those of shrinking are not. */
  readonly onExecution?: ((execution: Execution) => void) | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface SweepOptions extends Options {
  /** How long a fault goes on. Defaults to once, and for five seconds. */
  readonly windows?: ReadonlyArray<Window> | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface PairsOptions extends SweepOptions {
  /** Looks at one pair of so many, for a slice; the report says so. Defaults to `1`, all of them. */
  readonly oneOf?: number | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface RandomOptions extends Options {
  /** The first of the seeds; each execution has the next one. Defaults to `1`. */
  readonly seed?: number | undefined
  /** Executes each plan once more, and demands the same trace to the byte. Defaults to `false`. */
  readonly isRepeated?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category options
 */
export interface InterleaveOptions extends RandomOptions {
  /**
   * - `random` (the default): each ready fiber as likely as the others.
   * - `pct`: priorities that change at `depth - 1` points.
   * - `deep`: `random`, and fibers are made to yield between any two operations. It looks into Effect's own
   *   code as well, and may find what is not yours.
   * - `complete`: every order with at most `passes` points at which the fiber that is first in line is passed over.
   */
  readonly mode?: "random" | "pct" | "deep" | "complete" | undefined
  /** Of `pct`. Defaults to `3`. */
  readonly depth?: number | undefined
  /** Of `complete`. Defaults to `2`. */
  readonly passes?: number | undefined
  /** The faults under which the orders are tried. Defaults to none. */
  readonly plan?: FaultPlan | undefined
}

// -- explorers ----------------------------------------------------------------------------------------

/**
 * Every fault, at every operation of the undisturbed execution, in every phase and for every window. Each
 * must fire, or the report has a gap.
 *
 * @since 0.1.0
 * @category combinators
 */
export const sweep = (scenario: Scenario, options: SweepOptions = {}): Effect.Effect<Report, ExplorationFailed> =>
  Effect.gen(function* () {
    const session = new Session("sweep", scenario, options)
    const { operations } = yield* session.undisturbed
    const failures = Plans.failuresOf(options.faults ?? Plans.survivable, options.windows ?? Plans.windows)
    session.possible = operations.length * failures.length
    for (const rules of Plans.singles(operations.length, failures)) {
      if (session.isOver) break
      yield* tryRules(session, rules)
    }
    return yield* judged(complete(session))
  })

/**
 * Every pair of faults, at every two operations: the second among those that there are once the first
 * has happened. Only once each, unless `windows` says otherwise.
 *
 * @since 0.1.0
 * @category combinators
 */
export const pairs = (scenario: Scenario, options: PairsOptions = {}): Effect.Effect<Report, ExplorationFailed> =>
  Effect.gen(function* () {
    const session = new Session("pairs", scenario, options)
    const { operations } = yield* session.undisturbed
    const failures = Plans.failuresOf(options.faults ?? Plans.survivable, options.windows ?? ["once"])
    const firsts = [...Plans.singles(operations.length, failures)]
    let possible = 0
    for (const [index, first] of firsts.entries()) {
      if (session.isOver) break
      const after = yield* tryRules(session, first)
      const position = 1 + Math.floor(index / failures.length)
      for (const both of Plans.pairsOf(first, position, after.operations, failures)) {
        if (session.isOver) break
        if (possible++ % (options.oneOf ?? 1) === 0) yield* tryRules(session, both)
      }
    }
    session.possible = firsts.length + possible
    return yield* judged(options.oneOf === undefined ? complete(session) : session.report())
  })

/**
 * Plans that seeds stand for: inputs of the scenario, storms in which whole kinds of faults are switched
 * on or off, orders of fibers.
 *
 * @since 0.1.0
 * @category combinators
 */
export const random = (scenario: Scenario, options: RandomOptions = {}): Effect.Effect<Report, ExplorationFailed> =>
  Effect.gen(function* () {
    const seed = options.seed ?? 1
    const session = new Session("random", scenario, withEnd(options))
    const { branching } = yield* session.undisturbed
    for (let next = seed; !session.isOver; next++) {
      const input = scenario.inputs?.generate(next)
      const kinds = options.faults ?? Plans.passing
      const drawn = Plans.drawPlan(next, { scenario: scenario.name, input, kinds, decisions: branching.length })
      const execution = yield* session.try(drawn.plan, drawn.order)
      if (options.isRepeated === true) yield* session.repeat(drawn.plan, execution)
    }
    return yield* judged(session.report({ seed }))
  })

/**
 * Orders in which the fibers could take their turns, with the faults that a plan says.
 *
 * @since 0.1.0
 * @category combinators
 */
export const interleave = (
  scenario: Scenario,
  options: InterleaveOptions = {}
): Effect.Effect<Report, ExplorationFailed> => {
  const mode = options.mode ?? "random"
  return mode === "complete" ? everyOrder(scenario, options) : someOrders(scenario, options, mode)
}

/**
 * Executes one plan twice. What was found must be found again, and both traces must be the same to the
 * byte; else the report says that the scenario depends on something that is not simulated.
 *
 * @since 0.1.0
 * @category combinators
 */
export const replay = (scenario: Scenario, plan: FaultPlan): Effect.Effect<Report, ExplorationFailed> =>
  Effect.gen(function* () {
    const session = new Session("replay", scenario, { findingMax: 0 })
    const execution = yield* session.execute(plan)
    if (execution.failure !== undefined) session.keep(plan, execution, execution.failure)
    session.tally.expectFired(plan, execution)
    if (scenario.isReal !== true) yield* session.repeat(plan, execution)
    return yield* judged(session.report())
  })

// -- internals ----------------------------------------------------------------------------------------

const judged = (report: Report): Effect.Effect<Report, ExplorationFailed> =>
  report.isClean ? Effect.succeed(report) : new ExplorationFailed({ report })

/** A sweep that ended early, for want of time or because it found enough, says so. */
const complete = (session: Session): Report => {
  const { possible, tally } = session
  if (possible !== undefined && tally.executions < possible && tally.findings.length === 0) {
    tally.gap(`only ${tally.executions} of ${possible} plans were executed`)
  }
  return session.report()
}

const tryRules = (session: Session, rules: FaultPlan["rules"]): Effect.Effect<Execution> => {
  const plan = new FaultPlan({ rules })
  return Effect.tap(session.try(plan), (execution) => Effect.sync(() => session.tally.expectFired(plan, execution)))
}

const executionMaxDefault = 1_000

const withEnd = (options: Options): Options =>
  options.timeBudget === undefined && options.executionMax === undefined
    ? { ...options, executionMax: executionMaxDefault }
    : options

const everyOrder = (scenario: Scenario, options: InterleaveOptions): Effect.Effect<Report, ExplorationFailed> =>
  Effect.gen(function* () {
    const session = new Session("interleave", scenario, options)
    const plan = options.plan ?? none
    let possible = 0
    const explore = (execution: Execution, passesLeft: number): Effect.Effect<void> =>
      Effect.gen(function* () {
        if (passesLeft === 0) return
        for (const choices of oneMore(execution.choices, execution)) {
          possible++
          if (session.isOver) continue
          const next = yield* session.try(new FaultPlan({ ...plan, choices }))
          yield* explore(next, passesLeft - 1)
        }
      })
    const first = yield* session.try(plan)
    yield* explore(first, options.passes ?? 2)
    session.possible = possible + 1
    return yield* judged(complete(session))
  })

const someOrders = (
  scenario: Scenario,
  options: InterleaveOptions,
  mode: "random" | "pct" | "deep"
): Effect.Effect<Report, ExplorationFailed> =>
  Effect.gen(function* () {
    const seed = options.seed ?? 1
    const session = new Session("interleave", scenario, withEnd(options))
    const plan = options.plan ?? none
    const { branching } = yield* session.undisturbed
    const orderOf = (seed: number): Order =>
      mode === "pct"
        ? { kind: "pct", seed, depth: options.depth ?? 3, length: branching.length }
        : { kind: "random", seed, ...(mode === "deep" ? { preemptRate: 0.01 } : {}) }
    for (let next = seed; !session.isOver; next++) {
      yield* session.try(new FaultPlan({ ...plan, seed: next }), orderOf(next))
    }
    return yield* judged(session.report({ seed }))
  })
