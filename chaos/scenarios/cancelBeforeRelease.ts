/**
 * The ticket: a run was cancelled from another host while its own was shutting down. That one gave it back, and the next
 * one began it again.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Run from "../../src/Run.js"
import { RunKernel } from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import { scenario, World, within } from "./world.js"

const Import = Work.make("import", { onHostExit: "restart" })

export default scenario({
  name: "cancelBeforeRelease",
  promise: "a run that has a cancel in its row when its host gives it back is cancelled, and nobody's to restart",
  guarantees: ["G2", "G9"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const works: Array<number> = []
    const host = Import.toLayer(() =>
      Effect.flatMap(Run.CurrentRun, ({ attempt }) => {
        works.push(attempt)
        return Effect.sleep("1 hour")
      })
    )
    const context = yield* Layer.build(Layer.provideMerge(host, Layer.succeed(RunKernel, kernel)))
    const handle = yield* Effect.provide(Import.start(), context)
    yield* Effect.sleep("1 second")
    // As the kernel of another host would; this one has not looked yet.
    yield* world.foreign("UPDATE holdfast_runs SET cancel_requested_at = 1000 WHERE run_id = ?", handle.id)
    yield* within("10 seconds")(world.close)
    assert.deepEqual(works, [1])
    const row = yield* world.row(handle.id)
    assert.deepEqual(
      [row?.status, row?.work_outcome, row?.cancel_requested_at, row?.attempt],
      ["cancelled", "interrupted", 1000, 1]
    )
  }).pipe(Effect.scoped)
})
