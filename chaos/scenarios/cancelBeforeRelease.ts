/**
 * The ticket: a run was cancelled from another host while its own was shutting down. That one gave it back, and the next
 * one began it again.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { registerImport } from "./restartable.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelBeforeRelease",
  promise: "a run that has a cancel in its row when its host gives it back is cancelled, and nobody's to restart",
  guarantees: ["G2", "G9"],
  program: Effect.gen(function* () {
    const world = yield* World
    const { attempts, start } = yield* registerImport(Effect.sleep("1 hour"))
    const handle = yield* start
    yield* Effect.sleep("1 second")
    // As the kernel of another host would; this one has not looked yet.
    yield* world.foreign("UPDATE holdfast_runs SET cancel_requested_at = 1000 WHERE run_id = ?", handle.id)
    yield* within("10 seconds")(world.close)
    assert.deepEqual(attempts, [1])
    const row = yield* world.row(handle.id)
    assert.deepEqual(
      [row?.status, row?.work_outcome, row?.cancel_requested_at, row?.attempt],
      ["cancelled", "interrupted", 1000, 1]
    )
  }).pipe(Effect.scoped)
})
