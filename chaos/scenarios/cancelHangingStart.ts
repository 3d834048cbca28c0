/**
 * The ticket: a cancel of a run whose insert hangs was forgotten with the start that failed. The row
 * was there, the canceller had an acknowledgement, and the run ended as something else.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { RunId } from "../../src/RunId.js"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelHangingStart",
  promise: "a cancel of a run whose insert hangs outlives the failure of its start: the row says cancelled",
  guarantees: ["G2", "G7"],
  plan: FaultPlan.fromRules(FaultPlan.rule("insert", "hang", { phase: "after" })),
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
    yield* Effect.sleep("1 second")
    const [there] = yield* world.foreign("SELECT run_id FROM holdfast_runs")
    const id = there?.run_id as RunId

    const answer = yield* within("30 seconds")(kernel.cancel(id, { reason: "too slow" }))
    assert.deepEqual(answer, { _tag: "Requested", durable: true })
    const failure = yield* within("1 second")(Fiber.join(starting))
    assert.ok(failure._tag === "StoreFailure" && failure.inDoubt, `${failure}`)
    const row = yield* world.row(id)
    assert.deepEqual([row?.status, row?.work_outcome, row?.cancel_reason], ["cancelled", "notStarted", "too slow"])
    assert.equal(effects, 0)
  })
})
