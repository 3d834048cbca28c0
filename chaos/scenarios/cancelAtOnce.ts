/**
 * The ticket: a cancel right after `start` had returned found nothing to interrupt, since the fiber of
 * the work had not begun; the cancel was acknowledged, and then the work ran.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelAtOnce",
  promise: "work that is cancelled right after its start returned never begins",
  guarantees: ["G2", "G7"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.sync(() => effects++)
    // Nothing yields between the two: the fiber of the work is forked, and has not begun.
    const [handle, answer] = yield* within("5 seconds")(
      Effect.flatMap(kernel.start("import", work), (handle) =>
        Effect.map(handle.cancel(), (answer) => [handle, answer] as const)
      )
    )
    assert.deepEqual(answer, { _tag: "Requested", durable: true })
    assert.equal((yield* within("5 seconds")(handle.settled)).status, "cancelled")
    const row = yield* world.row(handle.id)
    assert.deepEqual([row?.status, row?.work_outcome], ["cancelled", "notStarted"])
    assert.equal(effects, 0)
  })
})
