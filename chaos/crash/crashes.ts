/**
 * The crash explorer: a host in a process of its own on a real file, killed with SIGKILL at each of its
 * database operations, before it and after it was applied, and again during the recovery that follows;
 * then a last life on the same file, and a look at whether anything that was promised is lost or
 * changed. What it finds is a plan, and `replayCrash` plays it again.
 *
 * @since 0.1.0
 */
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as FaultPlan from "../FaultPlan.js"
import { fraction } from "../internal/decisionHash.js"
import { temporaryDirectory } from "../internal/temporaryDirectory.js"
import type { Mutant } from "../mutants/Mutant.js"
import type { Report } from "../Report.js"
import * as HostProgram from "./hostProgram.js"
import type { ScriptName } from "./lifeInput.js"
import * as Lives from "./lives.js"
import { type Crash, scenarios, Tally, type TallyOptions } from "./tally.js"

export type { Progress } from "./tally.js"

/**
 * @since 0.1.0
 * @category options
 */
export interface Options extends TallyOptions {
  /** Where the first life is killed: at the operations of these labels. Defaults to every operation. */
  readonly labels?: ReadonlyArray<string> | undefined
  /** At how many of those places, before and after, drawn by the seed. Defaults to `"all"`. */
  readonly singles?: "all" | number | undefined
  /**
   * Where the life that recovers is killed as well: at every operation of every recovery, or at this many
   * of those places, drawn by the seed. Defaults to `0`.
   */
  readonly doubles?: "all" | number | undefined
  /** Of the order in which the host's fibers go on, and of the draw. Defaults to the order of arrival. */
  readonly seed?: number | undefined
  /** Processes at a time. Defaults to `2`. */
  readonly concurrency?: number | undefined
  /** Findings after which nothing more is looked at. Defaults to `10`. */
  readonly findingsMax?: number | undefined
  /** The kernel made wrong. Defaults to none. */
  readonly mutants?: ReadonlyArray<Mutant> | undefined
}

/**
 * Kills the host everywhere. The report counts in `fired` the processes that died by SIGKILL; a process
 * that should have died and did not is a gap.
 *
 * @since 0.1.0
 * @category combinators
 */
export const crashes = (options: Options = {}): Effect.Effect<Report> =>
  timed(new Tally("crash", options), (tally) =>
    Effect.gen(function* () {
      const concurrency = options.concurrency ?? 2
      const explorer = yield* makeExplorer(tally, options)
      const { labels } = options
      const everywhere = crashesAt(yield* explorer.undisturbed)
      if (everywhere.length === 0) tally.gap("a host that nothing happens to does nothing, or does not come to its end")
      const there = everywhere.filter(({ label }) => labels === undefined || labels.includes(label))
      const singles = drawn(there, "single", options.singles ?? "all", options.seed)
      tally.planned += singles.length
      const recoveries = yield* Effect.forEach(singles, explorer.single, { concurrency })
      const pairs = recoveries.flatMap(({ killed, operations }) =>
        crashesAt(operations).map((crash) => [killed, crash] as const)
      )
      const doubles = drawn(pairs, "double", options.doubles ?? 0, options.seed)
      if (singles.length === everywhere.length) tally.possible = 1 + singles.length + pairs.length
      tally.planned += doubles.length
      yield* Effect.forEach(doubles, explorer.double, { concurrency, discard: true })
    })
  )

/**
 * Plays the plan of a finding again, from the first life on.
 *
 * @since 0.1.0
 * @category combinators
 */
export const replayCrash = (
  plan: FaultPlan.FaultPlan,
  options: Pick<Options, "mutants"> = {}
): Effect.Effect<Report> => {
  const script = scriptOf(plan)
  const { laterLives, seed } = Schema.decodeUnknownSync(PlanInput)(plan.input ?? { laterLives: [] })
  return timed(new Tally("replay", { script, seed }), (tally) =>
    Effect.gen(function* () {
      const host = yield* HostProgram.make(options.mutants ?? [])
      let stage: Lives.Stage = { script, directory: yield* temporaryDirectory, lives: [] }
      for (const rules of [plan.rules.filter(isRule), ...laterLives]) {
        stage = yield* Lives.live(stage, rules, { host, seed })
        for (const crash of rules.flatMap(crashOf)) tally.ended(stage, crash)
      }
      yield* tally.judged(yield* Lives.live(stage, [], { host, seed }))
    })
  )
}

/** What the host does under a plan of this explorer. */
const scriptOf = ({ scenario }: FaultPlan.FaultPlan): ScriptName =>
  scenario === scenarios.outage ? "outage" : "ordinary"

/** Whether `replayCrash` is what plays it. */
export const isCrash = ({ scenario = "" }: FaultPlan.FaultPlan): boolean => Object.values(scenarios).includes(scenario)

/** The rules of a plan are those of the first life; these are those of the lives after it. */
const PlanInput = Schema.Struct({
  laterLives: Schema.Array(Schema.Array(FaultPlan.Rule)),
  seed: Schema.optionalWith(Schema.Int, { exact: true })
})

const timed = (
  tally: Tally,
  explore: (tally: Tally) => Effect.Effect<void, never, Scope.Scope>
): Effect.Effect<Report> =>
  Effect.map(Effect.timed(Effect.scoped(explore(tally))), ([elapsed]) => tally.report(Duration.toMillis(elapsed)))

// -- places -------------------------------------------------------------------------------------------

const crashesAt = (operations: ReadonlyArray<string>): ReadonlyArray<Crash & { readonly label: string }> =>
  operations.flatMap((label, index) =>
    (["before", "after"] as const).map((phase) => ({ operation: index + 1, phase, label }))
  )

const ruleOf = ({ operation, phase }: Crash): FaultPlan.Rule => FaultPlan.rule({ operation }, "crash", { phase })

const isRule = (rule: FaultPlan.Rule | FaultPlan.Storm): rule is FaultPlan.Rule => "place" in rule

const crashOf = ({ fault, phase, place }: FaultPlan.Rule): ReadonlyArray<Crash> =>
  fault === "crash" && "operation" in place ? [{ operation: place.operation, phase, label: undefined }] : []

const drawn = <A>(all: ReadonlyArray<A>, what: string, count: "all" | number, seed = 0): ReadonlyArray<A> => {
  if (count === "all") return all
  const draws = all.map((item, index) => [fraction(seed, what, index), item] as const)
  return draws
    .sort(([left], [right]) => left - right)
    .slice(0, count)
    .map(([, item]) => item)
}

// -- executions ---------------------------------------------------------------------------------------

/** The file as a killed host has left it, and the operations of the life that recovers it. */
interface Recovery {
  readonly killed: Lives.Stage
  readonly operations: ReadonlyArray<string>
}

/** Lives follow each other in one directory; what two of them are to follow is copied first. */
const makeExplorer = (tally: Tally, options: Options) =>
  Effect.gen(function* () {
    const host = yield* HostProgram.make(options.mutants ?? [])
    const root = yield* temporaryDirectory
    const empty: Lives.Stage = { script: options.script ?? "ordinary", directory: join(root, "0"), lives: [] }
    yield* Effect.sync(() => mkdirSync(empty.directory))
    let copies = 0
    const live = (stage: Lives.Stage) => Lives.live(stage, [], { host, seed: options.seed })
    const copyOf = (stage: Lives.Stage) => Effect.suspend(() => Lives.copyTo(stage, join(root, String(++copies))))
    const killedAt = (stage: Lives.Stage, crash: Crash) =>
      Effect.tap(Lives.live(stage, [ruleOf(crash)], { host, seed: options.seed }), (killed) =>
        Effect.sync(() => tally.ended(killed, crash))
      )
    const recovered = (killed: Lives.Stage) =>
      Effect.gen(function* () {
        const last = yield* live(killed)
        const isRight = yield* tally.judged(last)
        const operations = isRight ? yield* operationsOf(last) : []
        yield* Effect.sync(() => rmSync(last.directory, { recursive: true, force: true }))
        return operations
      })

    return {
      /** The operations of a first life that nothing happens to; none where it does not hold even so. */
      undisturbed: Effect.gen(function* () {
        const first = yield* live(yield* copyOf(empty))
        const operations = yield* operationsOf(first)
        return (yield* recovered(first)).length > 0 ? operations : []
      }),
      single: (crash: Crash) =>
        Effect.gen(function* () {
          if (tally.isDone) return nothing
          const killed = yield* killedAt(yield* copyOf(empty), crash)
          return { killed, operations: yield* recovered(yield* copyOf(killed)) }
        }),
      double: ([killed, crash]: readonly [killed: Lives.Stage, crash: Crash]) =>
        Effect.gen(function* () {
          if (!tally.isDone) yield* recovered(yield* killedAt(yield* copyOf(killed), crash))
        })
    }
  })

const nothing: Recovery = { killed: { script: "ordinary", directory: "", lives: [] }, operations: [] }

/** Of the life that was the last one so far. */
const operationsOf = (stage: Lives.Stage): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(Lives.evidenceOf(stage), ({ told }) => {
    const last = told.at(-1)
    return last?._tag === "Closed" ? last.operations : []
  })
