/**
 * The ticket: the insert's answer was lost, another host cancelled the row meanwhile, and the start
 * adopted its row on the second try without looking: the work of a cancelled run began.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelFoundAtAdoption",
  promise: "a start that finds its own row cancelled when it reads it back does not begin the work",
  guarantees: ["G2", "G7"],
  plan: FaultPlan.fromRules(FaultPlan.rule("insert", "connectionLost", { phase: "after" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const starting = yield* Effect.fork(
      kernel.start(
        "import",
        Effect.sync(() => effects++)
      )
    )
    yield* Effect.sleep("20 millis")
    // As the kernel of another host would.
    const cancelled = yield* world.foreign(
      "UPDATE holdfast_runs SET cancel_requested_at = 20 WHERE status = 'running' RETURNING run_id"
    )
    assert.equal(cancelled.length, 1)

    const handle = yield* within("5 seconds")(Fiber.join(starting))
    assert.equal((yield* within("5 seconds")(handle.settled)).status, "cancelled")
    const row = yield* world.row(handle.id)
    assert.deepEqual([row?.status, row?.work_outcome, row?.cancel_requested_at], ["cancelled", "notStarted", 20])
    assert.equal(effects, 0)
  })
})
