/**
 * `npm run chaos:mutants`: shows that every mutant dies, by its own scenario and, as a measure of the
 * random explorer, by chance: how many executions of drawn lives it takes until one fails. Exits with 1
 * where a mutant survives its scenario.
 *
 * @since 0.1.0
 */

import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Outcome from "../cli/outcome.js"
import * as Explorer from "../Explorer.js"
import * as Scenario from "../Scenario.js"
import { mutants } from "./index.js"
import { loadMutated, type MutantError } from "./loadMutated.js"
import type { Mutant } from "./Mutant.js"

interface Death {
  readonly mutant: Mutant
  /** Executions of the scenario that is made for it; undefined where it survives. */
  readonly byScenario: number | undefined
  /** Executions that the random explorer needed; undefined where it did not find it. */
  readonly byChance: number | undefined
}

/** The ticket's own scenario tells a story that cannot go right with this defect: one execution. */
const byScenario = (mutant: Mutant) =>
  Effect.scoped(
    Effect.gen(function* () {
      const path = `/chaos/scenarios/${mutant.killedBy}.ts`
      const { default: scenario } = yield* loadMutated<{ readonly default: Scenario.Scenario }>([mutant], path)
      const { failure } = yield* Scenario.execute(scenario, { timeLimit: "60 seconds" })
      return failure === undefined ? undefined : 1
    })
  )

const byChanceIn = (mutant: Mutant, drawnMax: number, workload: "livesInMemory" | "livesOnSqlite") =>
  Effect.scoped(
    Effect.gen(function* () {
      const path = `/chaos/lives/${workload}.ts`
      const module = yield* loadMutated<Record<string, Scenario.Scenario>>([mutant], path)
      const scenario = module[workload]
      if (scenario === undefined) return undefined
      const options = { executionMax: drawnMax, findingMax: 1, isShrinking: false } as const
      const explored = yield* Effect.either(Explorer.random(scenario, options))
      return explored._tag === "Left" ? explored.left.report.executions : undefined
    })
  )

/** What only SQL has is broken in the lives on SQLite alone. */
const byChance = (mutant: Mutant, drawnMax: number): Effect.Effect<number | undefined, MutantError> =>
  Effect.catchIf(
    byChanceIn(mutant, drawnMax, "livesInMemory"),
    ({ reason }) => reason === "unused",
    () =>
      Effect.catchIf(
        byChanceIn(mutant, drawnMax, "livesOnSqlite"),
        ({ reason }) => reason === "unused",
        () => Effect.succeed(undefined)
      )
  )

const tableOf = (drawnMax: number, json: string | undefined) =>
  Effect.gen(function* () {
    const deaths: Array<Death> = []
    yield* Console.log("| mutant | breaks | killed by | executions | by chance |\n| --- | --- | --- | --- | --- |")
    for (const mutant of mutants) {
      const death = { mutant, byScenario: yield* byScenario(mutant), byChance: yield* byChance(mutant, drawnMax) }
      deaths.push(death)
      yield* Console.log(row(death))
    }
    const survivors = deaths.filter((death) => death.byScenario === undefined)
    const found = deaths.filter((death) => death.byChance !== undefined)
    yield* Console.log(
      `\n${deaths.length - survivors.length} of ${deaths.length} mutants die; ${found.length} of them also by chance, within ${drawnMax} executions.`
    )
    if (json !== undefined) {
      const files = yield* FileSystem.FileSystem
      const entries = deaths.map(({ mutant: { guarantee, killedBy, name }, ...counts }) => ({
        name,
        guarantee,
        killedBy,
        ...counts
      }))
      yield* files.writeFileString(json, `${JSON.stringify({ drawnMax, mutants: entries }, undefined, 2)}\n`)
    }
    if (survivors.length > 0) process.exitCode = 1
  })

const row = ({ byChance, byScenario, mutant }: Death): string =>
  `| ${mutant.name} | ${mutant.guarantee} | ${mutant.killedBy} | ${byScenario ?? "survives"} | ${byChance ?? "not found"} |`

const drawnMax = Args.integer({ name: "executions" }).pipe(
  Args.withSchema(Schema.Positive),
  Args.withDescription("of the random explorer, before it gives a mutant up"),
  Args.withDefault(2_000)
)
const json = Args.optional(Args.file({ name: "file", exists: "either" }))

const command = Command.make("mutants", { drawnMax, json }, (given) =>
  tableOf(given.drawnMax, Option.getOrUndefined(given.json))
).pipe(Command.withDescription("Makes the kernel wrong in one known way after the other: each must die."))

Command.run(command, { name: "mutants", version: "0.1.0", executable: "npm run chaos:mutants --" })(process.argv).pipe(
  Effect.catchIf(ValidationError.isValidationError, Outcome.refuse),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain
)
