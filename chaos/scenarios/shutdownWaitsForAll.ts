/**
 * A host was shut down with a healthy database and several works of which each takes its own time to
 * stop. It waited for the first of them, and took the verdicts of the others with it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as RunKernel from "../../src/RunKernel.js"
import { scenario, World } from "./world.js"

/** Of each work, from its interruption until it has stopped. The grace is thirty seconds: time for a hanging statement as well. */
const releases = ["0 seconds", "1 second", "3 seconds", "8 seconds"] as const

export default scenario({
  name: "shutdownWaitsForAll",
  promise: "a shutdown waits, as long as its grace lasts, for every work to stop and for every verdict to be written",
  guarantees: ["G1", "G4", "G6"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const handles = yield* Effect.forEach(releases, (release) =>
      kernel.start(
        "import",
        Effect.onInterrupt(Effect.sleep("1 hour"), () => Effect.sleep(release))
      )
    )
    yield* Effect.sleep(0)
    yield* world.close
    for (const [index, handle] of handles.entries()) {
      const row = yield* world.row(handle.id)
      const reason = JSON.parse(String(row?.["error"])).reason
      assert.deepEqual([row?.["status"], reason], ["failed", "HostShutdown"], `the work that needs ${releases[index]}`)
      assert.equal((yield* handle.settled).status, "failed")
    }
    const stopped = (yield* world.lines).find((line) => line._tag === "HostStopped")
    assert.equal(stopped?.unwritten, 0)
  })
})
