/**
 * The ticket: the host had shut down round work that would not stop, and a cancel through a handle that
 * somebody still held never came back.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelAfterClose",
  promise: "a cancel of work that outlives its kernel is told that the kernel has stopped",
  guarantees: ["G2", "G12"],
  kernel: { shutdownGrace: "1 second" },
  // The row stays `running` until recovery finds it, and the verdict that comes too late is told as lost.
  breaks: ["G5", "G6"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.uninterruptible(Effect.sleep("20 seconds")))
    yield* within("5 seconds")(world.close)
    const error = yield* within("1 second")(Effect.flip(handle.cancel()))
    assert.equal(error._tag, "KernelStopped")
    // So that nothing active is left behind: what another host's recovery would do.
    yield* within("30 seconds")(Effect.sleep("25 seconds"))
    yield* world.foreign(
      "UPDATE holdfast_runs SET status = 'failed', finished_at = 1, work_outcome = 'unknown' WHERE run_id = ?",
      handle.id
    )
  })
})
