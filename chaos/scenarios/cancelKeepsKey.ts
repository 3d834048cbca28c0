/**
 * The ticket: the key was free as soon as a cancel was asked for, so a second run of the same key
 * began while the work of the first was still executing, on the same files.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelKeepsKey",
  promise: "a cancelled run keeps its key until it has settled, and the work of the next one never overlaps its own",
  guarantees: ["G8"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let executing = 0
    let executingMax = 0
    const work = Effect.acquireUseRelease(
      Effect.sync(() => {
        executing++
        executingMax = Math.max(executingMax, executing)
      }),
      () => Effect.sleep("1 minute"),
      // It takes its time to stop, as a child process would.
      () =>
        Effect.zipRight(
          Effect.sleep("10 seconds"),
          Effect.sync(() => executing--)
        )
    )
    const first = yield* kernel.start("import", work, { key: "one" })
    yield* Effect.sleep("1 second")
    assert.deepEqual(yield* within("1 second")(first.cancel()), { _tag: "Requested", durable: true })
    for (let second = 0; second < 8; second += 4) {
      const refused = yield* within("1 second")(Effect.flip(kernel.start("import", work, { key: "one" })))
      assert.ok(refused._tag === "RunAlreadyActive" && refused.activeId === first.id, `${refused}`)
      yield* Effect.sleep("4 seconds")
    }
    assert.equal((yield* world.row(first.id))?.status, "running")
    assert.equal((yield* within("5 seconds")(first.settled)).status, "cancelled")

    const next = yield* within("1 second")(kernel.start("import", work, { key: "one" }))
    assert.equal((yield* within("2 minutes")(next.settled)).status, "completed")
    assert.deepEqual([executing, executingMax], [0, 1])
  })
})
