/**
 * The scenarios by their names, as the command line takes them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  livesInMemory,
  livesOnSqlite,
  oneRunOnSqlite,
  sharedLivesInMemory,
  sharedLivesOnSqlite
} from "../lives/index.js"
import type { Scenario } from "../Scenario.js"
import { scenarios } from "../scenarios/index.js"

/** What the command line was given does not make sense; the message says what would. */
export class UsageError extends Schema.TaggedError<UsageError>("effect-holdfast/chaos/UsageError")("UsageError", {
  problem: Schema.String
}) {
  override get message(): string {
    return this.problem
  }
}

/** The tickets' scenarios and the workloads that are drawn. */
export const everything: ReadonlyArray<Scenario> = [
  ...scenarios,
  livesInMemory,
  livesOnSqlite,
  sharedLivesInMemory,
  sharedLivesOnSqlite,
  oneRunOnSqlite
]

/**
 * Those that sweeps go over: one that starts processes cannot be simulated, and ten thousand runs would
 * take a day, as long as each of its few hundred statements is failed in each way.
 */
export const isSwept = ({ isReal, name }: Scenario): boolean => isReal !== true && name !== "tenThousand"

export const swept: ReadonlyArray<Scenario> = everything.filter(isSwept)

/** Those whose behaviour is drawn by a seed. */
export const drawn: ReadonlyArray<Scenario> = [livesInMemory, livesOnSqlite, sharedLivesInMemory, sharedLivesOnSqlite]

/** The main job at its smallest, on the default database: what pairs and complete orders go over. */
export const main: Scenario = oneRunOnSqlite

export const named = (name: string): Effect.Effect<Scenario, UsageError> =>
  Effect.suspend(() => {
    const found = everything.find((scenario) => scenario.name === name)
    if (found !== undefined) return Effect.succeed(found)
    const names = everything.map((scenario) => scenario.name).join(", ")
    return new UsageError({ problem: `There is no scenario "${name}". There are: ${names}.` })
  })
