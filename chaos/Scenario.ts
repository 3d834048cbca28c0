/**
 * A scenario: a small program against the public surface, the promise that it shows, and the
 * guarantees that it must keep. Running one tells whether it held, and if not, why; a scenario that
 * does not come to an end has not held.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Guarantee } from "../src/RunHistory.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Scenario {
  /** Its file's name, without the ending. */
  readonly name: string
  /** A sentence that is true when it holds. */
  readonly promise: string
  readonly guarantees: ReadonlyArray<Guarantee>
  /** Brings all that it needs. It fails, or dies, where the promise is not kept. */
  readonly program: Effect.Effect<void, unknown>
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

/**
 * Runs a scenario. `timeLimit` is of real time, whatever clock the program runs on; defaults to `30 seconds`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const run = (
  scenario: Scenario,
  options?: { readonly timeLimit?: Duration.DurationInput | undefined }
): Effect.Effect<void, ScenarioBroken> => {
  const broken = (why: string) => new ScenarioBroken({ scenario: scenario.name, why })
  return scenario.program.pipe(
    Effect.sandbox,
    Effect.mapError((cause) => broken(Cause.pretty(cause))),
    Effect.disconnect,
    Effect.timeoutFail({
      duration: options?.timeLimit ?? "30 seconds",
      onTimeout: () => broken("it does not come to an end")
    })
  )
}
