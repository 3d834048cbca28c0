/**
 * The ticket: a dashboard on another host showed a run as ended as soon as its cancel was asked for,
 * or never showed its end at all. There, too, the row comes first and `Settled` last.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as RunKernel from "../../src/RunKernel.js"
import { beside, scenario, World, within } from "./world.js"

export default scenario({
  name: "followedFromAnotherHost",
  promise: "another host follows a run from its row: what it is, the cancel, and its end when the row has it",
  guarantees: ["G4"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.uninterruptible(Effect.sleep("20 seconds")))
    const elsewhere = RunKernel.layer().pipe(Layer.provide(world.database.store))
    yield* beside(elsewhere, (context) =>
      Effect.gen(function* () {
        const other = Context.get(context, RunKernel.RunKernel)
        const subscriber = yield* Effect.fork(Stream.runCollect(other.events(handle.id)))
        const waiter = yield* Effect.fork(other.settled(handle.id))
        yield* Effect.sleep("2 seconds")
        yield* within("1 second")(handle.cancel({ reason: "not needed" }))
        yield* Effect.sleep("5 seconds")
        assert.equal((yield* world.row(handle.id))?.status, "running")
        for (const fiber of [subscriber, waiter])
          assert.equal((yield* Fiber.poll<unknown, unknown>(fiber))._tag, "None")

        const settled = yield* within("20 seconds")(Fiber.join(waiter))
        assert.equal((yield* world.row(handle.id))?.status, "cancelled")
        assert.equal(settled.status, "cancelled")
        const events = Chunk.toReadonlyArray(yield* within("2 seconds")(Fiber.join(subscriber)))
        assert.deepEqual(
          events.map(({ _tag, sequence }) => [_tag, sequence]),
          [
            ["Snapshot", 0],
            ["CancelRequested", 1],
            ["Settled", 2]
          ]
        )
        assert.equal(events[0]?._tag === "Snapshot" && events[0].run.status, "running")
        assert.equal(events[2]?._tag === "Settled" && events[2].status, "cancelled")
        const afterwards = Chunk.toReadonlyArray(yield* within("1 second")(Stream.runCollect(other.events(handle.id))))
        assert.deepEqual(
          afterwards.map(({ _tag }) => _tag),
          ["Snapshot", "Settled"]
        )
      })
    )
  })
})
