/**
 * Runs any Effect program on a scheduler with a seed and on a clock of its own: which fiber goes on is
 * chosen by the seed, time passes when none can, and the same seed gives the same execution.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Interleaving from "./internal/interleaving.js"
import { simulated } from "./internal/simulation.js"

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Chooses among the fibers that could go on, and seeds `Random`. Defaults to none: the order of arrival. */
  readonly seed?: number | undefined
  /**
   * The share of all operations after which a fiber is made to yield, from 0 to 1, on top of the places
   * where it yields by itself. Only with a seed. Defaults to `0`.
   */
  readonly preemptRate?: number | undefined
  /** Of simulated time, after which the program dies. Defaults to `1 hour`. */
  readonly limit?: Duration.DurationInput | undefined
}

/**
 * Simulates a program: sleeps, timeouts and schedules cost no real time, and a seed explores one of the
 * orders in which its fibers could take their turns. Real input and output has no place in it, since time
 * passes as soon as no fiber is ready; promises that resolve by themselves, and synchronous drivers such
 * as better-sqlite3, have. Dies where the program does not come to its end.
 *
 * @since 0.1.0
 * @category combinators
 * @example
 * import { Effect } from "effect"
 * import { Simulation } from "effect-holdfast/chaos"
 *
 * export const anHour = Effect.sleep("59 minutes").pipe(Simulation.simulate({ seed: 1 }))
 */
export const simulate =
  (options: Options = {}) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const { limit = "1 hour", preemptRate, seed } = options
    const order: Interleaving.Order =
      seed === undefined ? { kind: "choices", choices: [] } : { kind: "random", seed, preemptRate }
    // A policy is for one execution, and an effect may be executed more than once.
    return Effect.suspend(() =>
      simulated(self, { policy: Interleaving.policyOf(order), limit, randomSeed: seed ?? 0, startMillis: 0 })
    ).pipe(Effect.flatMap(([exit]) => exit))
  }
