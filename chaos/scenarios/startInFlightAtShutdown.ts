/**
 * A host was shut down while the insert of a start was on its way. The caller waited for an answer from a
 * kernel that was gone, and the row that the insert had made was `running`.
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
  name: "startInFlightAtShutdown",
  promise:
    "a start whose insert is on its way when its kernel shuts down is refused at once as in doubt, and leaves nothing active",
  guarantees: ["G5", "G7"],
  plan: FaultPlan.fromRules(FaultPlan.rule("insert", "latency", { phase: "after", after: 1000 })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const starting = yield* Effect.fork(
      Effect.flip(
        kernel.start(
          "import",
          Effect.sync(() => effects++)
        )
      )
    )
    yield* Effect.sleep("100 millis")
    const refused = yield* Effect.fork(within("100 millis")(Fiber.join(starting)))
    yield* world.close
    const error = yield* Fiber.join(refused)
    assert.ok(error._tag === "KernelStopped" && error.inDoubt, "the row may be there")
    const rows = yield* world.foreign("SELECT status, work_outcome FROM holdfast_runs")
    assert.deepEqual(
      rows.map((row) => [row["status"], row["work_outcome"]]),
      [["failed", "notStarted"]]
    )
    assert.equal(effects, 0)
  })
})
