/**
 * The ticket: a host took its row with it when it left, round work that had not stopped. The next one found
 * runs without a host, and did that work again beside it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RunKernel from "../../src/RunKernel.js"
import { beside, scenario, World, within } from "./world.js"

export default scenario({
  name: "hostRowStays",
  promise: "the row of a host stays while a run of its is active, so that nobody takes over work which still goes on",
  guarantees: ["G9"],
  kernel: { leaseDuration: "6 seconds", shutdownGrace: "1 second" },
  // Without a journal the verdict of work that outlives its host is lost.
  breaks: ["G6"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.uninterruptible(Effect.sleep("5 seconds")))
    yield* within("5 seconds")(world.close)
    const next = RunKernel.layer({ leaseDuration: "6 seconds" }).pipe(Layer.provide(world.database.store))
    yield* beside(next, (context) =>
      Effect.gen(function* () {
        const there = Context.get(context, RunKernel.RunKernel)
        yield* Effect.sleep("5 seconds")
        assert.equal((yield* there.get(handle.id)).status, "running")
        yield* Effect.sleep("15 seconds")
        assert.equal((yield* there.get(handle.id)).failure?.reason, "HostLost")
      })
    )
  })
})
