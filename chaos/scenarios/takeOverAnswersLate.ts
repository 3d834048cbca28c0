/**
 * The ticket: a lost run was taken over, and the answer took its time. The host's renewal found a row that it knew nothing
 * of and began the run; then the answer came, and it began once more.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as FaultPlan from "../FaultPlan.js"
import { ghost } from "./ghost.js"
import { registerImport } from "./restartable.js"
import { scenario, World } from "./world.js"

export default scenario({
  name: "takeOverAnswersLate",
  promise: "a run whose take-over is answered late begins once: a renewal that finds its row meanwhile leaves it alone",
  guarantees: ["G9"],
  kernel: { leaseDuration: "6 seconds" },
  plan: FaultPlan.fromRules(FaultPlan.rule("takeOver", "latency", { phase: "after", after: 5_000 })),
  program: Effect.gen(function* () {
    const world = yield* World
    const { attempts } = yield* registerImport()
    const id = yield* ghost(world)
    yield* Effect.sleep("20 seconds")
    assert.deepEqual(attempts, [2])
    const row = yield* world.row(id)
    assert.deepEqual([row?.["status"], row?.["attempt"]], ["completed", 2])
  }).pipe(Effect.scoped)
})
