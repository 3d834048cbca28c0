/**
 * The ticket: a host took a lost run over, and the answer was lost on the way. The row said that the host
 * had it, the host knew nothing of it, and nobody ever looked again.
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
  name: "takeOverAnswerLost",
  promise: "a take-over whose answer was lost is found at the next renewal, and the run begins, once",
  guarantees: ["G9"],
  kernel: { leaseDuration: "6 seconds" },
  plan: FaultPlan.fromRules(FaultPlan.rule("takeOver", "ioError", { phase: "after" })),
  program: Effect.gen(function* () {
    const world = yield* World
    const { attempts } = yield* registerImport()
    const id = yield* ghost(world)
    yield* Effect.sleep("14 seconds")
    assert.deepEqual(attempts, [2])
    const row = yield* world.row(id)
    assert.deepEqual([row?.["status"], row?.["attempt"]], ["completed", 2])
  }).pipe(Effect.scoped)
})
