/**
 * The ticket: a host of an older version came up first, did not know the work of the runs that it found,
 * and failed them all. The host that knew it came a minute later.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { ghost } from "./ghost.js"
import { registerImport } from "./restartable.js"
import { scenario, World } from "./world.js"

export default scenario({
  name: "definitionUnknown",
  promise: "a run whose definition a host does not know is left and said once, and taken by the host that registers it",
  guarantees: ["G9"],
  kernel: { leaseDuration: "6 seconds" },
  program: Effect.gen(function* () {
    const world = yield* World
    const id = yield* ghost(world)
    yield* Effect.sleep("14 seconds")
    const left = yield* world.row(id)
    assert.deepEqual([left?.["status"], left?.["attempt"]], ["running", 1])
    assert.equal((yield* world.lines).filter(({ _tag }) => _tag === "DefinitionUnknown").length, 1)
    const { attempts } = yield* registerImport()
    yield* Effect.sleep("4 seconds")
    assert.deepEqual(attempts, [2])
    assert.equal((yield* world.row(id))?.["status"], "completed")
  }).pipe(Effect.scoped)
})
