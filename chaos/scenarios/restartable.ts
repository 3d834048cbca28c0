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
import { RunKernel } from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"

const Import = Work.make("import", { onHostExit: "restart" })

/** Registers the definition with the kernel of the story. Gives the attempts at which its work has begun, as they come. */
export const registerImport: Effect.Effect<ReadonlyArray<number>, never, RunKernel | Scope.Scope> = Effect.gen(
  function* () {
    const kernel = yield* RunKernel
    const attempts: Array<number> = []
    const importing = Import.toLayer(() =>
      Effect.map(Run.CurrentRun, ({ attempt }) => {
        attempts.push(attempt)
      })
    ).pipe(Layer.provide(Layer.succeed(RunKernel, kernel)))
    yield* Layer.build(importing)
    return attempts
  }
)
