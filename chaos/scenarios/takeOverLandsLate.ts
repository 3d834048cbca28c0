/**
 * The ticket: a host gave a take-over up that nobody answered, asked once more, and had the run. Then the first one
 * landed, and took the run from the very host that was at work on it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { ghost } from "./ghost.js"
import { registerImport } from "./restartable.js"
import { scenario, World } from "./world.js"

export default scenario({
  name: "takeOverLandsLate",
  promise: "a take-over that lands when the run has been taken already changes nothing, also by the same host",
  guarantees: ["G9"],
  kernel: { leaseDuration: "6 seconds" },
  // The next look comes after two seconds, and has it done.
  plan: FaultPlan.fromRules(FaultPlan.rule("takeOver", "lateApply", { after: 5_000 })),
  program: Effect.gen(function* () {
    const world = yield* World
    const { attempts } = yield* registerImport(Effect.sleep("20 seconds"))
    const id = yield* ghost(world)
    yield* Effect.sleep("25 seconds")
    assert.deepEqual(
      (yield* (yield* Chaos).fired).map(({ landing }) => landing),
      ["landed"]
    )
    assert.equal((yield* world.row(id))?.attempt, 2)
    yield* Effect.sleep("15 seconds")
    assert.deepEqual(attempts, [2])
    const row = yield* world.row(id)
    assert.deepEqual([row?.status, row?.attempt], ["completed", 2])
  }).pipe(Effect.scoped)
})
