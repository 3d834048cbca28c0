/**
 * The ticket: the database went away while a completion was in doubt, and a cancel was answered from
 * memory. Nobody could know how the row ends, and only that may be said.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelWhileAway",
  promise: "a cancel after a terminal write was sent to a database that stays away answers that it is in doubt",
  guarantees: ["G2", "G4", "G5"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule("settle", "connectionLost", { phase: "after" }),
    FaultPlan.rule({ label: "settle", attempt: 2 }, "busy", { window: "untilHealed" })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.succeed(10))
    const subscriber = yield* Effect.fork(Stream.runCollect(handle.events))
    yield* Effect.sleep("20 millis")
    assert.equal((yield* world.row(handle.id))?.status, "completed")

    const waited = yield* within("20 seconds")(Effect.flip(handle.cancel()))
    assert.ok(waited._tag === "StoreFailure" && waited.inDoubt, `${waited}`)
    assert.equal(waited.operation, "cancel")
    const parked = yield* Effect.flip(handle.settled)
    assert.equal(parked._tag, "VerdictParked")
    const atOnce = yield* Effect.flip(kernel.cancel(handle.id))
    assert.ok(atOnce._tag === "StoreFailure" && atOnce.inDoubt, "nobody waits for a verdict that is known to be parked")

    yield* Effect.flatMap(Chaos, ({ heal }) => heal)
    const events = Chunk.toReadonlyArray(yield* within("10 seconds")(Fiber.join(subscriber)))
    assert.deepEqual(
      events.map(({ _tag }) => _tag),
      ["Snapshot", "CancelRequested", "Parked", "Settled"]
    )
    assert.equal((yield* handle.settled).status, "completed")
    assert.deepEqual(yield* handle.cancel(), { _tag: "AlreadyTerminal", status: "completed" })
  })
})
