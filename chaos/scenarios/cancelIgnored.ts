/**
 * The ticket: a run was shown as `cancelled` the moment somebody asked for it, while its work went on
 * writing files for another minute. Until the work has stopped, the row says what is true.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import { RunKernel } from "../../src/RunKernel.js"
import * as RunMetrics from "../../src/RunMetrics.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelIgnored",
  promise: "a run is not cancelled before its work has stopped, and one that takes longer than its grace is told of",
  guarantees: ["G2", "G4"],
  kernel: { cancelGrace: "30 seconds" },
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const exceeded = Effect.map(world.lines, (lines) => lines.filter(({ _tag }) => _tag === "GraceExceeded").length)
    const before = (yield* Metric.value(RunMetrics.graceExceeded)).count
    const handle = yield* kernel.start("import", Effect.uninterruptible(Effect.sleep("1 minute")))
    const subscriber = yield* Effect.fork(Stream.runCollect(handle.events))
    yield* Effect.sleep("1 second")
    assert.deepEqual(yield* within("1 second")(handle.cancel()), { _tag: "Requested", durable: true })

    const stillRunning = Effect.gen(function* () {
      const row = yield* world.row(handle.id)
      assert.deepEqual([row?.status, row?.finished_at], ["running", null])
      assert.equal(row?.cancel_requested_at, 1000)
      assert.equal((yield* Fiber.poll(subscriber))._tag, "None")
    })
    yield* stillRunning
    yield* Effect.sleep("28 seconds")
    yield* stillRunning
    assert.equal(yield* exceeded, 0)
    yield* Effect.sleep("10 seconds")
    yield* stillRunning
    assert.equal(yield* exceeded, 1)
    assert.equal((yield* Metric.value(RunMetrics.graceExceeded)).count - before, 1)

    const events = Chunk.toReadonlyArray(yield* within("1 minute")(Fiber.join(subscriber)))
    assert.deepEqual(
      events.map(({ _tag }) => _tag),
      ["Snapshot", "CancelRequested", "Settled"]
    )
    const row = yield* world.row(handle.id)
    assert.deepEqual([row?.status, row?.finished_at], ["cancelled", 60_000])
  })
})
