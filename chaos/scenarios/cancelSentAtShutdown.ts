/**
 * The ticket: a cancel of a run of another host was on its way when its kernel shut down. Its caller was told that nothing
 * had been asked of the database; the row had the cancel, and the run ended by it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as RunKernel from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { beside, scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelSentAtShutdown",
  promise: "a cancel that was sent when its kernel shuts down is told as in doubt; one that was not is never sent",
  guarantees: ["G2", "G10"],
  plan: FaultPlan.fromRules(FaultPlan.rule("cancel", "ioError", { phase: "after" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const elsewhere = RunKernel.layer().pipe(Layer.provide(world.database.store))
    yield* beside(elsewhere, (context) =>
      Effect.gen(function* () {
        const { start } = Context.get(context, RunKernel.RunKernel)
        const one = yield* start("import", Effect.sleep("1 minute"))
        const other = yield* start("import", Effect.sleep("1 minute"))
        const sent = yield* Effect.fork(Effect.flip(kernel.cancel(one.id)))
        yield* Effect.sleep("10 millis")
        // The lane waits until it tries again.
        const waiting = yield* Effect.fork(Effect.flip(kernel.cancel(other.id)))
        yield* Effect.sleep("10 millis")
        yield* world.close
        const answers = yield* within("1 second")(Effect.all([Fiber.join(sent), Fiber.join(waiting)]))
        assert.deepEqual(
          answers.map((error) => [error._tag, "inDoubt" in error && error.inDoubt]),
          [
            ["StoreFailure", true],
            ["StoreFailure", false]
          ]
        )
        assert.equal((yield* within("2 minutes")(one.settled)).status, "cancelled")
        assert.equal((yield* within("2 minutes")(other.settled)).status, "completed")
      })
    )
  })
})
