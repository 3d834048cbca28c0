/**
 * What the program says to whoever started it: 0 where all is well, 1 where something was found, 2 where
 * it could not do what it was asked for.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

export const endWith = (code: 1 | 2): Effect.Effect<void> =>
  Effect.sync(() => {
    process.exitCode = code
  })
