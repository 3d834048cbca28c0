/**
 * Work that is restarted when its host is lost: `ghost` leaves runs of it, and whoever registers it here
 * takes them over.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Run from "../../src/Run.js"
import type { StartError } from "../../src/RunError.js"
import { RunKernel } from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"

const Import = Work.make("import", { onHostExit: "restart" })

interface Registered {
  /** At which its work has begun, as they come. */
  readonly attempts: ReadonlyArray<number>
  readonly start: Effect.Effect<Run.RunHandle<void, never>, StartError>
}

/** Registers the definition with the kernel of the story. */
export const registerImport = (
  lasts: Effect.Effect<void> = Effect.void
): Effect.Effect<Registered, never, RunKernel | Scope.Scope> =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel
    const attempts: Array<number> = []
    const importing = Import.toLayer(() =>
      Effect.flatMap(Run.CurrentRun, ({ attempt }) => {
        attempts.push(attempt)
        return lasts
      })
    )
    const context = yield* Layer.build(Layer.provideMerge(importing, Layer.succeed(RunKernel, kernel)))
    return { attempts, start: Effect.provide(Import.start(), context) }
  })
