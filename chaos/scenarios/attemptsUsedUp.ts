/**
 * The ticket: work that kills its host was restarted on the next host, and killed that one too, until no
 * host was left.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as RunKernel from "../../src/RunKernel.js"
import { ghost } from "./ghost.js"
import { registerImport } from "./restartable.js"
import { scenario, World } from "./world.js"

export default scenario({
  name: "attemptsUsedUp",
  promise: "a run is restarted as often as its definition allows, and then failed as lost",
  guarantees: ["G9"],
  kernel: { leaseDuration: "6 seconds" },
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const { attempts } = yield* registerImport()
    const last = yield* ghost(world, { attempt: 3, attemptMax: 3 })
    const before = yield* ghost(world, { attempt: 2, attemptMax: 3 })
    yield* Effect.sleep("12 seconds")
    assert.deepEqual(attempts, [3])
    assert.equal((yield* kernel.get(last)).failure?.reason, "HostLost")
    assert.equal((yield* kernel.get(before)).status, "completed")
  }).pipe(Effect.scoped)
})
