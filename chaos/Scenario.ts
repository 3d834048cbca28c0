/**
 * A scenario: a small program, the promise that it shows, and the guarantees that it must keep. It
 * brings all that it needs, its chaos layers too, so that it can be executed again and again: alone, or
 * under the faults and the schedules that an explorer puts over it.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Guarantee } from "../src/RunHistory.js"
import type { FiredFault, Operation } from "./Chaos.js"
import * as FaultPlan from "./FaultPlan.js"
import * as Exploration from "./internal/exploration.js"
import * as Interleaving from "./internal/interleaving.js"
import { type Schedule, simulated } from "./internal/simulation.js"
import { TraceLog } from "./internal/traceLog.js"

export type { Schedule } from "./internal/simulation.js"

// -- models -------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export interface Scenario {
  /** Unique among those that are explored together; Holdfast's own are called as their file. */
  readonly name: string
  /** A sentence that is true when it holds. */
  readonly promise: string
  /** Those of Holdfast that it shows; empty for code that is not about runs. */
  readonly guarantees: ReadonlyArray<Guarantee>
  /**
   * Brings all that it needs. It fails, or dies, where the promise is not kept. `heal` must be part of
   * it where it may meet faults that do not pass; `make` sees to that.
   */
  readonly program: Effect.Effect<void, unknown>
  /** What the program does differently from one execution to the next, as JSON that `input` gives it. */
  readonly inputs?: Inputs | undefined
  /** It starts processes or does other real input and output, and cannot be simulated. */
  readonly isReal?: true | undefined
}

/**
 * Inputs that an explorer makes up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Inputs {
  /** A JSON value; the same for the same seed. */
  readonly generate: (seed: number) => unknown
  /** Smaller inputs than this one, the smallest first, for shrinking what failed. */
  readonly simplify: (input: unknown) => Iterable<unknown>
}

/**
 * What one execution did.
 *
 * @since 0.1.0
 * @category models
 */
export interface Execution extends Schedule {
  /** Why the promise was not kept; undefined where it was. */
  readonly failure: string | undefined
  /** What passed the chaos layers before they were healed: the first ten thousand operations. */
  readonly operations: ReadonlyArray<Operation>
  /** The faults of the explorer's plan that fired, and the rules of it that did not. */
  readonly fired: ReadonlyArray<FiredFault>
  readonly unfired: ReadonlyArray<FaultPlan.Rule>
  /** The log as NDJSON lines: equal, byte for byte, when the execution is. */
  readonly log: () => ReadonlyArray<string>
}

/**
 * The promise was not kept.
 *
 * @since 0.1.0
 * @category errors
 */
export class ScenarioBroken extends Schema.TaggedError<ScenarioBroken>("effect-holdfast/chaos/ScenarioBroken")(
  "ScenarioBroken",
  { scenario: Schema.String, why: Schema.String }
) {
  override get message(): string {
    return `Scenario "${this.scenario}" does not hold: ${this.why}`
  }
}

// -- constructors -------------------------------------------------------------------------------------

/**
 * A scenario on code of your own. The program runs under faults, and may fail by them; then the database
 * is healed, and `verify` says whether all is right, the program's exit given. It defaults to: the
 * program succeeded, faults or not. A layer that cannot be built under faults is built again when they
 * are over, as a host would be started again; `verify` is then given that failure.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <A, E, R, LE>(options: {
  readonly name: string
  readonly promise: string
  readonly guarantees?: ReadonlyArray<Guarantee> | undefined
  /** Fresh for each execution; the chaos layer is part of it, with no plan of its own. */
  readonly layer: Layer.Layer<R, LE>
  readonly program: Effect.Effect<A, E, R | Scope.Scope>
  readonly verify?: ((exit: Exit.Exit<A, E | LE>) => Effect.Effect<unknown, unknown, R | Scope.Scope>) | undefined
  readonly inputs?: Inputs | undefined
}): Scenario => ({
  name: options.name,
  promise: options.promise,
  guarantees: options.guarantees ?? [],
  inputs: options.inputs,
  program: Effect.scoped(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const build = Layer.buildWithScope(Layer.fresh(options.layer), scope)
      const built = yield* toItsEnd(build)
      const exit = Exit.isSuccess(built)
        ? yield* toItsEnd(Effect.provide(options.program, built.value))
        : Exit.failCause(built.cause)
      yield* heal
      const context = Exit.isSuccess(built) ? built.value : yield* build
      const verify = options.verify ?? ((exit) => exit)
      yield* Effect.provide(verify(exit), context)
    })
  ).pipe(Effect.asVoid)
})

// -- combinators --------------------------------------------------------------------------------------

/**
 * The input that the explorer gives to this execution; undefined where there is none.
 *
 * @since 0.1.0
 * @category combinators
 */
export const input: Effect.Effect<unknown> = Effect.map(
  FiberRef.get(Exploration.current),
  (exploration) => exploration?.plan.input
)

/**
 * Ends all faults of an exploration. Without one it does nothing.
 *
 * @since 0.1.0
 * @category combinators
 */
export const heal: Effect.Effect<void> = Effect.flatMap(
  FiberRef.get(Exploration.current),
  (exploration) => exploration?.heal ?? Effect.void
)

/** How long a program may take under faults before they end, and after that. */
const patience: Duration.DurationInput = "10 minutes"

/**
 * The exit of an effect. Where it does not end under the faults of an exploration they are healed; one
 * that does not end then is broken, and dies.
 *
 * @since 0.1.0
 * @category combinators
 */
export const toItsEnd = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<Exit.Exit<A, E>, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    const early = yield* Effect.timeoutOption(fiber.await, patience)
    if (Option.isSome(early)) return early.value
    yield* heal
    const late = yield* Effect.timeoutOption(fiber.await, patience)
    return Option.getOrElse(late, () =>
      Exit.die(new Error("it does not come to its end, though the database has healed"))
    )
  })

/**
 * @since 0.1.0
 * @category options
 */
export interface ExecuteOptions {
  /** Put over the scenario's own. Its choices are taken where `order` says nothing. Defaults to no faults. */
  readonly plan?: FaultPlan.FaultPlan | undefined
  /** Which fiber goes on where several could. Defaults to the plan's choices, or else the order of arrival. */
  readonly order?: Interleaving.Order | undefined
  /** Of real time, whatever clock the program runs on. Defaults to `30 seconds`. */
  readonly timeLimit?: Duration.DurationInput | undefined
}

/**
 * One execution, in simulation where the scenario allows it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const execute = (scenario: Scenario, options?: ExecuteOptions): Effect.Effect<Execution> =>
  Effect.gen(function* () {
    const plan = options?.plan ?? FaultPlan.none
    const order = options?.order ?? { kind: "choices", choices: plan.choices ?? [] }
    const isReordered = order.kind !== "choices" || order.choices.length > 0
    const exploration = new Exploration.Exploration(plan, isReordered)
    const trace = new TraceLog(logMax)
    const program = scenario.program.pipe(
      Effect.locally(Exploration.current, exploration),
      // In place of all loggers, whatever the program around it has set up.
      Effect.locally(FiberRef.currentLoggers, HashSet.make(trace.logger))
    )
    const policy = Interleaving.policyOf(order)
    const simulation = { policy, limit: "2 hours", randomSeed: scenario.name, startMillis: 0 } as const
    const played = scenario.isReal ? Effect.map(Effect.exit(program), unscheduled) : simulated(program, simulation)
    const end = yield* Effect.timeoutOption(Effect.disconnect(played), options?.timeLimit ?? "30 seconds")
    const [exit, schedule] = Option.getOrElse(end, () => unscheduled(Exit.die("it does not come to an end")))
    const { operations } = exploration
    const { fired, unfired } = exploration.engine
    const failure = Exit.isFailure(exit) ? Cause.pretty(exit.cause) : undefined
    return { ...schedule, failure, operations, fired, unfired, log: () => trace.lines }
  })

const logMax = 100_000

const unscheduled = (exit: Exit.Exit<void, unknown>) =>
  [exit, { choices: [], branching: [], simulatedMillis: 0 } satisfies Schedule] as const

/**
 * Executes a scenario by itself: no faults but its own, fibers in the order of arrival.
 *
 * @since 0.1.0
 * @category combinators
 */
export const run = (
  scenario: Scenario,
  options?: Pick<ExecuteOptions, "timeLimit">
): Effect.Effect<void, ScenarioBroken> =>
  Effect.flatMap(execute(scenario, options), ({ failure }) =>
    failure === undefined ? Effect.void : new ScenarioBroken({ scenario: scenario.name, why: failure })
  )
