/**
 * The ticket: a host was shut down, and the statement that removed its row was not answered. Its next renewal found the
 * row gone and took that for a fence: it came up under another name, with a row that nobody renewed, while it went.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World } from "./world.js"

export default scenario({
  name: "hostLeavesOnce",
  promise: "a host that leaves does not come back: a removal without an answer is no fence, and no row is left behind",
  guarantees: ["G9"],
  kernel: { leaseDuration: "6 seconds", renewEvery: "2 seconds" },
  plan: FaultPlan.fromRules(FaultPlan.rule("remove", "hang", { phase: "after" })),
  program: Effect.gen(function* () {
    const world = yield* World
    yield* world.close
    const told = (yield* world.lines).map(({ _tag }) => _tag)
    assert.deepEqual(told, ["HostStarted", "HostStopping", "HostStopped"])
    assert.deepEqual(yield* world.foreign("SELECT host_id FROM holdfast_hosts"), [])
  })
})
