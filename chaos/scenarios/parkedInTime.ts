/**
 * The ticket: the database did not even answer, so the write neither failed nor ended, and nobody was
 * ever told anything. A word comes after `parkAfter`, although a statement is still in flight.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "parkedInTime",
  promise: "a verdict whose write is never answered is parked when its budget ends, and not later",
  guarantees: ["G4", "G5"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "hang", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.succeed(10))
    const told = world.lines.pipe(Effect.map((lines) => lines.filter(({ _tag }) => _tag === "VerdictParked")))
    yield* Effect.sleep("14999 millis")
    assert.equal((yield* told).length, 0)
    yield* Effect.sleep("1 millis")
    assert.equal((yield* told).length, 1)
    const parked = yield* within(0)(Effect.flip(handle.settled))
    assert.ok(parked._tag === "VerdictParked", parked.message)
    assert.equal(parked.verdict, "completed")
    assert.equal((yield* world.row(handle.id))?.["status"], "running")

    yield* (yield* Chaos).heal
    // What hangs goes on hanging until its attempt times out; then one delay at most.
    yield* Effect.sleep("15 seconds")
    assert.equal(yield* within(0)(handle.result), 10)
    assert.equal((yield* world.row(handle.id))?.["status"], "completed")
  })
})
