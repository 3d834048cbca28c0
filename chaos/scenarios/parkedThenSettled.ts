/**
 * The ticket: the first write failed, its fallback failed too, and the run stayed active for ever, while
 * subscribers had been told that it was completed.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "parkedThenSettled",
  promise: "a verdict that no write can store is parked as what it is, and settles when the database heals",
  guarantees: ["G1", "G4", "G5"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const gate = yield* Deferred.make<void>()
    const handles = [
      yield* kernel.start("succeeds", Effect.as(Deferred.await(gate), 10)),
      yield* kernel.start("fails", Effect.zipRight(Deferred.await(gate), Effect.fail("no such file"))),
      yield* kernel.start("waits", Effect.never)
    ] as const
    const verdicts = ["completed", "failed", "cancelled"] as const
    const listeners = yield* Effect.forEach(handles, ({ events }) => Effect.fork(Stream.runCollect(events)))
    yield* Effect.sleep(0)
    yield* Deferred.succeed(gate, undefined)
    const cancelling = yield* Effect.fork(handles[2].cancel())

    for (const [index, handle] of handles.entries()) {
      const parked = yield* within("15 seconds")(Effect.flip(handle.settled))
      assert.ok(parked._tag === "VerdictParked", parked.message)
      assert.equal(parked.verdict, verdicts[index])
      assert.equal(parked.lastFailure.code, world.codeOf("busy"))
      // Whoever asks from now on is told at once, by whatever way it asks.
      for (const asked of [handle.settled, handle.result, kernel.settled(handle.id)]) {
        assert.equal((yield* within(0)(Effect.flip<unknown, unknown, never>(asked))) as unknown, parked)
      }
      assert.equal((yield* world.row(handle.id))?.["status"], "running")
    }
    // Whether its mark got into the row before the work had stopped depends on who came first; the answer must be true.
    const isMarked = typeof (yield* world.row(handles[2].id))?.["cancel_requested_at"] === "number"
    assert.deepEqual(yield* within(0)(Fiber.join(cancelling)), { _tag: "Requested", durable: isMarked })

    yield* (yield* Chaos).heal
    yield* Effect.sleep("5 seconds")
    for (const [index, listener] of listeners.entries()) {
      const events = Chunk.toReadonlyArray(yield* within(0)(Fiber.join(listener)))
      const cancelled = index === 2 ? ["CancelRequested"] : []
      assert.deepEqual(
        events.map(({ _tag }) => _tag),
        ["Snapshot", ...cancelled, "Parked", "Settled"]
      )
      const told = events.flatMap((event) => ("verdict" in event ? [event.verdict] : []))
      const settled = events.flatMap((event) => (event._tag === "Settled" ? [event.status] : []))
      assert.deepEqual([told, settled], [[verdicts[index]], [verdicts[index]]])
    }
    for (const [index, { id }] of handles.entries()) assert.equal((yield* world.row(id))?.["status"], verdicts[index])
    assert.equal(yield* handles[0].result, 10)
    assert.equal(yield* Effect.flip(handles[1].result), "no such file")
  })
})
