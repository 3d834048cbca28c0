/**
 * The ticket: a take-over was given up while its host was shutting down, and the audit of the same moment found the run
 * in the row. It was stopped before it began, and since it had no attempt left its verdict was made, which nobody was
 * there to write any more.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as FaultPlan from "../FaultPlan.js"
import { ghost } from "./ghost.js"
import { registerImport } from "./restartable.js"
import { beside, nextLayer, scenario, World } from "./world.js"

export default scenario({
  name: "takeOverLostAtShutdown",
  promise: "a run that a stopping host finds when it waits for nothing any more is left, with its row, to the next one",
  guarantees: ["G6", "G9"],
  kernel: { leaseDuration: "6 seconds", shutdownGrace: "20 seconds" },
  // Applied at 6 seconds, and given up at 16, when a renewal comes as well.
  plan: FaultPlan.fromRules(FaultPlan.rule("takeOver", "hang", { phase: "after" })),
  program: Effect.gen(function* () {
    const world = yield* World
    const { attempts } = yield* registerImport()
    const id = yield* ghost(world, { attempt: 2, attemptMax: 3 })
    yield* Effect.sleep("12 seconds")
    yield* world.close
    const row = yield* world.row(id)
    assert.deepEqual([row?.status, row?.attempt], ["running", 3])
    assert.deepEqual(attempts, [])
    assert.ok(!(yield* world.lines).some(({ _tag }) => _tag === "VerdictLost" || _tag === "RunTakenOver"))
    yield* beside(nextLayer(world), () => Effect.sleep("1 second"))
    const later = yield* world.row(id)
    assert.deepEqual([later?.status, later?.work_outcome], ["failed", "unknown"])
  }).pipe(Effect.scoped)
})
