/**
 * The ticket: a cancel was acknowledged as stored, then the host of the run was lost. The next host
 * restarted the run that nobody wanted any more.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as RunKernel from "../../src/RunKernel.js"
import { ghost } from "./ghost.js"
import { registerImport } from "./restartable.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelBeforeTakeOver",
  promise: "a run of a lost host that has a cancel in its row is cancelled, and not restarted",
  guarantees: ["G2", "G9"],
  kernel: { leaseDuration: "6 seconds" },
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const { attempts } = yield* registerImport()
    const id = yield* ghost(world)
    const answer = yield* within("1 second")(kernel.cancel(id))
    assert.deepEqual(answer, { _tag: "Requested", durable: true })
    yield* Effect.sleep("12 seconds")
    assert.deepEqual(attempts, [])
    const row = yield* world.row(id)
    assert.deepEqual([row?.["status"], row?.["attempt"]], ["cancelled", 1])
  }).pipe(Effect.scoped)
})
