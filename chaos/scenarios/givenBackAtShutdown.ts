/**
 * The ticket: each deployment failed all the runs that were under way, though their definition said that
 * they could be started again.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Run from "../../src/Run.js"
import * as RunKernel from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import { beside, scenario, World, within } from "./world.js"

const Import = Work.make("import", { onHostExit: "restart" })

export default scenario({
  name: "givenBackAtShutdown",
  promise: "at a shutdown the runs that may be restarted are given back, and go on at the next host that knows them",
  guarantees: ["G5", "G9"],
  kernel: { leaseDuration: "6 seconds" },
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const host = Import.toLayer(() =>
      Effect.flatMap(Run.CurrentRun, ({ attempt }) => (attempt === 1 ? Effect.sleep("1 hour") : Effect.void))
    )
    const first = yield* Layer.build(Layer.provideMerge(host, Layer.succeed(RunKernel.RunKernel, kernel)))
    const handle = yield* Effect.provide(Import.start(), first)
    yield* Effect.sleep("1 second")
    yield* within("10 seconds")(world.close)
    const row = yield* world.row(handle.id)
    assert.deepEqual([row?.["status"], row?.["host_id"], row?.["attempt"]], ["pending", null, 1])
    const next = Layer.provideMerge(host, RunKernel.layer()).pipe(Layer.provide(world.database.store))
    yield* beside(next, (context) =>
      Effect.gen(function* () {
        const there = yield* Effect.provide(Import.attach(handle.id), context)
        assert.equal((yield* within("5 seconds")(there.settled)).status, "completed")
      })
    )
    assert.equal((yield* world.row(handle.id))?.["attempt"], 2)
  }).pipe(Effect.scoped)
})
