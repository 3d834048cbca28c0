/**
 * The ticket: somebody held a lock on the row of one run, in a session that was left open, and every run of that host that
 * had come to its end was parked for as long, since its verdict stood in the same statement. The row comes to stand alone;
 * the others are settled meanwhile, and so is a run that comes later.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "lockedRow",
  promise:
    "a row that keeps its statement waiting comes to stand alone, and parks alone; the others are settled in time",
  guarantees: ["G1", "G4", "G5"],
  kernel: { persist: { attemptTimeout: "1 second" } },
  plan: FaultPlan.fromRules(FaultPlan.rule({ label: "settle", run: 3 }, "hang", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const gate = yield* Deferred.make<void>()
    const handles = yield* Effect.forEach(
      Array.from({ length: 8 }, (_, index) => index),
      (index) => kernel.start("import", Effect.as(Deferred.await(gate), index))
    )
    const locked = handles[2] ?? assert.fail()
    yield* Deferred.succeed(gate, undefined)
    // Three statements on the way to it wait for a second each.
    const others = handles.filter(({ id }) => id !== locked.id)
    const settled = yield* within("5 seconds")(Effect.forEach(others, (handle) => handle.settled))
    assert.ok(settled.every(({ status }) => status === "completed"))
    const parked = yield* within("15 seconds")(Effect.flip(locked.settled))
    assert.ok(parked._tag === "VerdictParked" && parked.verdict === "completed", parked.message)
    assert.equal((yield* world.row(locked.id))?.["status"], "running")
    const told = (yield* world.lines).filter(({ _tag }) => _tag === "VerdictParked")
    assert.deepEqual(
      told.map((line) => "runId" in line && line.runId),
      [locked.id]
    )

    // It is tried again by itself, and whoever comes waits for one such attempt at most.
    yield* Effect.sleep("10 seconds")
    for (let n = 0; n < 3; n++) {
      yield* Effect.sleep(n * 700)
      const next = yield* within("2 seconds")(kernel.start("import", Effect.succeed(n)))
      assert.equal(yield* within("2 seconds")(next.result), n)
    }
    yield* (yield* Chaos).heal
    yield* Effect.sleep("6 seconds")
    assert.equal(yield* within(0)(locked.result), 2)
  })
})
