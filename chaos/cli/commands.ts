/**
 * The commands: each says what it takes, hands it to its explorer, and leaves the reports.
 *
 * @since 0.1.0
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { gapsOf } from "../Coverage.js"
import { crashes, isCrash, replayCrash } from "../crash/crashes.js"
import * as Explorer from "../Explorer.js"
import * as FaultPlan from "../FaultPlan.js"
import { outages } from "../outage/outages.js"
import * as Report from "../Report.js"
import type { Scenario } from "../Scenario.js"
import * as Catalogue from "./catalogue.js"
import {
  budget,
  executions,
  fault,
  findings,
  limitsOf,
  once,
  optional,
  places,
  scenario,
  seed,
  slice,
  sliceOf
} from "./options.js"
import * as Outcome from "./outcome.js"
import * as OnDatabase from "./scenariosCommand.js"

type Explore = (
  scenario: Scenario,
  options: Explorer.Options
) => Effect.Effect<Report.Report, Explorer.ExplorationFailed>

/** Explores each scenario and prints each report as it comes. */
const explored = (
  names: ReadonlyArray<string>,
  otherwise: ReadonlyArray<Scenario>,
  limits: Explorer.Options,
  explore: Explore
) =>
  Effect.gen(function* () {
    const scenarios = names.length === 0 ? otherwise : yield* Effect.forEach(names, Catalogue.named)
    const screen = Outcome.progress()
    return yield* Effect.forEach(scenarios, (scenario) =>
      explore(scenario, { ...limits, onProgress: screen.tell(scenario.name) }).pipe(
        Effect.catchTag("ExplorationFailed", ({ report }) => Effect.succeed(report)),
        Effect.tap((report) => {
          screen.end()
          return Console.log(Report.render(report))
        })
      )
    )
  })

/** Explores each scenario, prints each report as it comes, and leaves all of them. */
const exploreAll = (
  names: ReadonlyArray<string>,
  otherwise: ReadonlyArray<Scenario>,
  limits: Explorer.Options,
  places: Outcome.Places,
  explore: Explore
) => Effect.flatMap(explored(names, otherwise, limits, explore), (reports) => finish(reports, places))

/** The exit code tells, also where nobody reads the output. */
const finish = (reports: ReadonlyArray<Report.Report>, places: Outcome.Places) =>
  Effect.flatMap(Outcome.leave(reports, places), (isClean) =>
    Effect.sync(() => {
      if (!isClean) process.exitCode = 1
    })
  )

export const sweep = Command.make(
  "sweep",
  { scenario, slice, database: OnDatabase.database, budget, executions, findings, fault, once, ...places },
  (given) =>
    Effect.gen(function* () {
      const { database } = given
      const those = database === "sqlite" ? Catalogue.swept : OnDatabase.those(database).filter(Catalogue.isSwept)
      const { faults = database === "sqlite" ? undefined : OnDatabase.postgresFaults, ...limits } = limitsOf(given)
      const reports = yield* explored(
        given.scenario,
        sliceOf(those, given.slice),
        { ...limits, faults },
        (scenario, limits) => Explorer.sweep(scenario, { ...limits, windows: given.once ? ["once"] : undefined })
      )
      yield* finish(reports, given)
      const isWhole = given.scenario.length + given.fault.length === 0 && given.slice[1] === 1
      if (isWhole && database === "sqlite") yield* judgeCoverage(reports)
    }).pipe(OnDatabase.on(given.database))
).pipe(Command.withDescription("every fault at every operation, in every phase, once and for a period"))

/** Of a sweep that left nothing out, in one piece or in slices. */
const judgeCoverage = (reports: ReadonlyArray<Report.Report>) =>
  Effect.gen(function* () {
    const gaps = gapsOf(reports)
    yield* Console.log(gaps.length === 0 ? "coverage: complete" : `coverage has gaps:\n  ${gaps.join("\n  ")}`)
    if (gaps.length > 0) process.exitCode = 1
  })

export const coverage = Command.make("coverage", { reports: Args.repeated(Args.text({ name: "reports" })) }, (given) =>
  Effect.flatMap(Effect.forEach(given.reports, Outcome.read), (reports) => judgeCoverage(reports.flat()))
).pipe(
  Command.withDescription("whether sweeps whose reports were kept with --json reached all that they must, together")
)

const oneOf = optional(Options.integer("one-of").pipe(Options.withDescription("looks at one pair of so many only")))

export const pairs = Command.make(
  "pairs",
  { scenario, budget, executions, findings, fault, oneOf, ...places },
  (given) =>
    exploreAll(given.scenario, [Catalogue.main], limitsOf(given), given, (scenario, limits) =>
      Explorer.pairs(scenario, { ...limits, oneOf: given.oneOf })
    )
).pipe(Command.withDescription("every pair of faults at every two operations"))

const twice = Options.boolean("twice").pipe(
  Options.withDescription("executes each plan twice, and demands the same trace to the byte")
)

export const random = Command.make(
  "random",
  { scenario, seed, twice, budget, executions, findings, fault, ...places },
  (given) =>
    Effect.zipRight(
      Console.log(`seed ${given.seed}`),
      exploreAll(given.scenario, Catalogue.drawn, limitsOf(given), given, (scenario, limits) =>
        Explorer.random(scenario, { ...limits, seed: given.seed, isRepeated: given.twice })
      )
    )
).pipe(Command.withDescription("inputs, storms and orders of fibers that seeds stand for"))

const mode = Options.choice("mode", ["random", "pct", "deep", "complete"]).pipe(
  Options.withDescription("how the orders of fibers are chosen"),
  Options.withDefault("random" as const)
)
const depth = optional(Options.integer("depth").pipe(Options.withDescription("of pct; 3 by default")))
const passes = optional(
  Options.integer("passes").pipe(
    Options.withDescription("of complete: how often the first in line is passed over; 2 by default")
  )
)
const plan = optional(
  Options.text("plan").pipe(Options.withDescription("the faults meanwhile: a plan as JSON, or a file"))
)

export const interleave = Command.make(
  "interleave",
  { scenario, seed, budget, executions, findings, fault, mode, depth, passes, plan, ...places },
  (given) =>
    Effect.gen(function* () {
      yield* Console.log(`seed ${given.seed}`)
      const faults = given.plan === undefined ? undefined : yield* readPlan(given.plan)
      const { depth, mode, passes, seed } = given
      yield* exploreAll(given.scenario, Catalogue.swept, limitsOf(given), given, (scenario, limits) =>
        Explorer.interleave(scenario, { ...limits, seed, mode, depth, passes, plan: faults })
      )
    })
).pipe(Command.withDescription("orders in which the fibers could take their turns"))

const doubles = Options.integer("doubles").pipe(
  Options.withDescription("how many recoveries are killed as well, drawn by the seed; -1 for all"),
  Options.withDefault(0)
)

const script = Options.choice("script", ["ordinary", "outage"]).pipe(
  Options.withDescription(
    "what the host does: with a database that is well, or with an outage and a journal; both by default"
  ),
  Options.optional,
  Options.map(Option.match({ onNone: () => ["ordinary", "outage"] as const, onSome: (one) => [one] as const }))
)

export const crash = Command.make(
  "crash",
  { script, doubles, seed: optional(Options.integer("seed")), findings, ...places },
  (given) =>
    Effect.gen(function* () {
      const screen = Outcome.progress()
      const reports = yield* Effect.forEach(given.script, (script) =>
        Effect.gen(function* () {
          const tell = screen.tell(`crash ${script}`)
          const report = yield* crashes({
            script,
            doubles: given.doubles < 0 ? "all" : given.doubles,
            seed: given.seed,
            findingsMax: given.findings,
            onProgress: ({ executions, planned }) => tell(executions, planned)
          })
          screen.end()
          yield* Console.log(Report.render(report))
          return report
        })
      )
      yield* finish(reports, given)
    })
).pipe(Command.withDescription("SIGKILL at every operation of a real process, and again while it recovers"))

const trials = Options.integer("trials").pipe(
  Options.withDescription("hosts that are killed in the middle of an outage; 200 by default"),
  Options.withDefault(200)
)

const isFull = Options.boolean("full-disk").pipe(
  Options.withDescription("the disk of the journal is full before all verdicts are on it")
)

export const outage = Command.make("outage", { trials, seed, isFull }, (given) =>
  Effect.gen(function* () {
    const screen = Outcome.progress()
    const tell = screen.tell("outage")
    let ended = 0
    const found = yield* outages({ ...given, onTrial: () => tell(++ended, given.trials) })
    screen.end()
    const { findings, ...sums } = found
    yield* Console.log(JSON.stringify(sums))
    for (const finding of findings) yield* Console.log(finding)
    if (sums.right < sums.trials) process.exitCode = 1
  })
).pipe(
  Command.withDescription("SIGKILL at random moments of an outage, with a verdict journal, and a restart after it")
)

export const replay = Command.make("replay", { plan: Args.text({ name: "plan" }), ...places }, (given) =>
  Effect.gen(function* () {
    const plan = yield* readPlan(given.plan)
    const report = yield* isCrash(plan) ? replayCrash(plan) : replayScenario(plan)
    yield* Console.log(Report.render(report))
    yield* finish([report], given)
  })
).pipe(Command.withDescription("executes one plan again, given as JSON or as a file"))

const replayScenario = (plan: FaultPlan.FaultPlan) =>
  Effect.flatMap(Catalogue.named(plan.scenario ?? ""), (scenario) =>
    Effect.catchTag(Explorer.replay(scenario, plan), "ExplorationFailed", ({ report }) => Effect.succeed(report))
  )

/** A plan as it stands, or the file that holds one. */
const readPlan = (given: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const isText = given.trimStart().startsWith("{")
    const text = isText
      ? given
      : yield* Effect.mapError(
          files.readFileString(given),
          (error) =>
            new Catalogue.UsageError({
              problem: `Expected a plan as JSON, or a file that holds one; "${given}" cannot be read: ${error.message}`
            })
        )
    return yield* Effect.mapError(
      Schema.decode(FaultPlan.FromJson)(text),
      (error) =>
        new Catalogue.UsageError({
          problem: `This is not a fault plan. ${error.message}`
        })
    )
  })
