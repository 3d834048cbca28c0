/**
 * The ticket: the button was pressed again, because the run had not stopped yet, and the second request
 * hung: the answer had gone to the first one, and nobody was left to answer another.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelTwice",
  promise: "a second cancel of work that is slow to stop is answered as promptly as the first",
  guarantees: ["G2"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.uninterruptible(Effect.sleep("20 seconds")))
    const first = yield* within("1 second")(handle.cancel())
    const second = yield* within("1 second")(kernel.cancel(handle.id))
    assert.deepEqual(
      [first, second],
      Array.from({ length: 2 }, () => ({ _tag: "Requested", durable: true }))
    )
    assert.equal((yield* world.row(handle.id))?.status, "running")
    assert.equal((yield* within("30 seconds")(handle.settled)).status, "cancelled")
  })
})
