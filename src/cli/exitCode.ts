/**
 * What the program says to whoever started it: 0 where all is well, 1 where something was found, 2 where
 * it could not do what it was asked for.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** Who is told. Defaults to the process; a test that calls a command in its own process listens by itself. */
export class ExitCode extends Context.Reference<ExitCode>()("effect-holdfast/cli/ExitCode", {
  defaultValue: () => ({
    set: (code: 1 | 2): void => {
      process.exitCode = code
    }
  })
}) {}

export const endWith = (code: 1 | 2): Effect.Effect<void> => Effect.map(ExitCode, ({ set }) => set(code))
