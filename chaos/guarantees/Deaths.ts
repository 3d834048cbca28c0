/**
 * How the mutants died, as `npm run chaos:mutants -- N chaos/mutants/deaths.json` leaves it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Guarantee } from "../../src/RunHistory.js"

const Count = Schema.Int.pipe(Schema.nonNegative())

export const Death = Schema.Struct({
  name: Schema.NonEmptyString,
  guarantee: Guarantee,
  killedBy: Schema.NonEmptyString,
  /** Executions of its scenario; absent where it survives. */
  byScenario: Schema.optionalWith(Count, { exact: true }),
  /** Executions of drawn lives until one failed; absent where none did. */
  byChance: Schema.optionalWith(Count, { exact: true })
})
export type Death = typeof Death.Type

export const Deaths = Schema.Struct({
  /** Executions of drawn lives after which a mutant was given up. */
  drawnMax: Count,
  mutants: Schema.Array(Death)
})
export type Deaths = typeof Deaths.Type

export const FromJson = Schema.parseJson(Deaths)
