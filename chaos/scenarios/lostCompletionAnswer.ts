/**
 * The ticket: the completion was committed, its answer was lost, and the retry met a row that was
 * terminal already: recorded as a failed write, counted twice, or told to subscribers a second time.
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
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

const completed = Metric.tagged(RunMetrics.settled, "status", "completed")

export default scenario({
  name: "lostCompletionAnswer",
  promise: "a completion whose answer was lost after the commit is recognised as this host's own, and told once",
  guarantees: ["G1", "G3", "G4", "G10"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "connectionLost", { phase: "after", window: { times: 2 } })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const before = (yield* Metric.value(completed)).count
    const handle = yield* kernel.start("import", Effect.succeed(10))
    const subscriber = yield* Effect.fork(Stream.runCollect(handle.events))
    assert.equal(yield* within("5 seconds")(handle.result), 10)
    assert.equal((yield* handle.settled).attempts, 3)
    const events = Chunk.toReadonlyArray(yield* within("1 second")(Fiber.join(subscriber)))
    assert.deepEqual(
      events.map(({ _tag }) => _tag),
      ["Snapshot", "Settled"]
    )
    assert.equal((yield* world.row(handle.id))?.status, "completed")
    const written = (yield* world.lines).filter((line) => line._tag === "VerdictWritten")
    assert.deepEqual(
      written.map(({ outcome, status }) => [outcome, status]),
      [["AlreadyApplied", "completed"]]
    )
    assert.equal((yield* Metric.value(completed)).count - before, 1)
  })
})
