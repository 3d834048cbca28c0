/**
 * `npm run chaos -- scenarios`: each ticket as it stands, by itself, on a SQLite file or on a real Postgres; and what other
 * commands need to go there.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import type { Fault } from "../FaultPlan.js"
import { startEmbedded } from "../postgres/embedded.js"
import * as Scenario from "../Scenario.js"
import { place } from "../scenarios/database.js"
import { scenarios as all } from "../scenarios/index.js"
import { meaningless } from "../scenarios/postgresExceptions.js"
import * as Catalogue from "./catalogue.js"
import { scenario } from "./options.js"

export const database = Options.choice("database", ["sqlite", "postgres"]).pipe(
  Options.withDescription(
    "what the scenarios are executed on: sqlite by default; postgres starts a server, or takes DATABASE_URL"
  ),
  Options.withDefault("sqlite" as const)
)

type Database = "sqlite" | "postgres"

/** Those that mean anything there, and start no processes: these run from the sources alone. */
export const those = (database: Database): ReadonlyArray<Scenario.Scenario> =>
  all.filter(({ isReal, name }) => isReal !== true && !(database === "postgres" && Object.hasOwn(meaningless, name)))

/** All that a statement on Postgres can meet and that passes by itself. */
export const postgresFaults: ReadonlyArray<Fault> = [
  "serialization",
  "deadlock",
  "queryCanceled",
  "adminShutdown",
  "readOnlyTransaction",
  "tooManyConnections",
  "connectionLost",
  "lateApply",
  "hang",
  "defect"
]

/** Scenarios that are executed meanwhile play on this database. */
export const on =
  (database: Database) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    if (database === "sqlite") return effect
    const given = process.env["DATABASE_URL"]
    if (given !== undefined) return Effect.locally(effect, place, { url: given })
    return Effect.acquireUseRelease(
      Effect.promise(() => startEmbedded([])),
      ({ url }) => Effect.locally(effect, place, { url }),
      (server) => Effect.promise(() => server.remove())
    )
  }

/** Ten thousand runs are seconds of work for a server. */
const timeLimit = "5 minutes"

export const scenarios = Command.make("scenarios", { scenario, database }, (given) =>
  Effect.gen(function* () {
    const chosen =
      given.scenario.length === 0 ? those(given.database) : yield* Effect.forEach(given.scenario, Catalogue.named)
    let broken = 0
    for (const scenario of chosen) {
      const { failure } = yield* Scenario.execute(scenario, { timeLimit })
      if (failure === undefined) continue
      broken++
      yield* Console.log(`${scenario.name} does not hold: ${failure}`)
    }
    yield* Console.log(`${chosen.length} scenarios on ${given.database}, ${broken} broken`)
    if (broken > 0) process.exitCode = 1
  }).pipe(on(given.database))
).pipe(Command.withDescription("each ticket as it stands, on a SQLite file or on a real Postgres"))
