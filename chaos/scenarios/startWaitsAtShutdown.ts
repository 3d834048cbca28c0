/**
 * The ticket: a start was waiting for the tombstone of another one when the kernel was shut down. The
 * shutdown wrote the tombstone, the start went on from there, and its row outlived its host.
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
  name: "startWaitsAtShutdown",
  promise: "a start that waits for a tombstone when its kernel shuts down is refused, and leaves no row",
  guarantees: ["G5", "G7"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule("insert", "latency", { phase: "after", after: 1000 }),
    FaultPlan.rule("entomb", "busy", { window: { times: 3 } })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const start = kernel.start(
      "import",
      Effect.sync(() => effects++),
      { key: "one" }
    )
    const first = yield* Effect.fork(start)
    yield* Effect.sleep("100 millis")
    yield* within("100 millis")(Fiber.interrupt(first))
    const second = yield* Effect.fork(Effect.flip(start))
    yield* Effect.sleep("100 millis")
    yield* world.close

    const refused = yield* within("20 seconds")(Fiber.join(second))
    assert.ok(refused._tag === "KernelStopped" && !refused.inDoubt)
    const rows = yield* world.foreign("SELECT status, work_outcome FROM holdfast_runs")
    assert.deepEqual(
      rows.map((row) => [row.status, row.work_outcome]),
      [["failed", "notStarted"]]
    )
    assert.equal(effects, 0)
  })
})
