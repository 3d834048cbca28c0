/**
 * The ticket: the database was away altogether, so that the fallback write had no connection either.
 * The run waits, parked, for a connection that can be opened.
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
  name: "databaseGone",
  promise: "a run whose database goes away is parked, and is written over the first connection that opens again",
  guarantees: ["G1", "G4", "G5"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule("settle", "connectionLost"),
    FaultPlan.rule({ label: "connect", attempt: 2 }, "cantOpen", { window: "untilHealed" })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.succeed(10))
    const parked = yield* within("15 seconds")(Effect.flip(handle.settled))
    assert.ok(parked._tag === "VerdictParked", parked.message)
    assert.deepEqual([parked.verdict, parked.lastFailure.code], ["completed", world.codeOf("cantOpen")])
    assert.equal((yield* world.row(handle.id))?.["status"], "running")
    const read = yield* within("10 seconds")(Effect.flip(kernel.get(handle.id)))
    assert.equal(read._tag, "StoreFailure")

    yield* (yield* Chaos).heal
    yield* Effect.sleep("5 seconds")
    assert.equal(yield* within(0)(handle.result), 10)
    assert.equal((yield* world.row(handle.id))?.["status"], "completed")
  })
})
