/**
 * The ticket: a cancel came while the completion was being retried, was acknowledged, and the run
 * ended as `completed`: the verdict had been frozen when the work ended.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelBeforeCommit",
  promise: "a cancel between the end of the work and the commit of its completion ends the run as cancelled",
  guarantees: ["G2", "G4"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "busy", { window: { times: 3 } })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.succeed(10))
    const subscriber = yield* Effect.fork(Stream.runCollect(handle.events))
    yield* Effect.sleep("20 millis")
    const told = (yield* world.lines).map(({ _tag }) => _tag)
    assert.ok(told.includes("WorkEnded") && told.includes("WriteFailed"), "the completion is being retried")
    assert.equal((yield* world.row(handle.id))?.status, "running")

    const answer = yield* within("5 seconds")(handle.cancel({ reason: "not wanted any more" }))
    assert.deepEqual(answer, { _tag: "Requested", durable: true })
    const row = yield* world.row(handle.id)
    assert.equal(row?.status, "cancelled")
    assert.equal(row.work_outcome, "succeeded")
    assert.equal(row.cancel_reason, "not wanted any more")
    const failure = yield* Effect.flip(handle.result)
    assert.equal(failure._tag, "RunCancelled")
    const events = Chunk.toReadonlyArray(yield* within("1 second")(Fiber.join(subscriber)))
    assert.deepEqual(
      events.map(({ _tag }) => _tag),
      ["Snapshot", "CancelRequested", "Settled"]
    )
    const last = events.at(-1)
    assert.ok(last?._tag === "Settled" && last.status === "cancelled")
  })
})
