/**
 * The ticket: the work swallowed its interruption, returned half its result, and the run was recorded
 * as `completed` after the canceller had been told that it is cancelled.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

/** Goes on to its end, whatever anybody asks of it. */
const deaf = Effect.uninterruptible(Effect.as(Effect.sleep("3 seconds"), "all of it"))

/** Takes the interruption for an ordinary end, and returns what it has. */
const polite = Effect.uninterruptibleMask((restore) =>
  Effect.catchAllCause(restore(Effect.as(Effect.sleep("1 hour"), "all of it")), () => Effect.succeed("half of it"))
)

export default scenario({
  name: "cancelSwallowed",
  promise: "work that swallows its cancel and returns is cancelled, and not completed",
  guarantees: ["G2"],
  // The row cannot record the cancel before the work has stopped: memory alone has it by then.
  plan: FaultPlan.fromRules(FaultPlan.rule("cancel", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    for (const work of [deaf, polite]) {
      const handle = yield* kernel.start("import", work)
      yield* Effect.sleep("1 second")
      assert.deepEqual(yield* within("20 seconds")(handle.cancel()), { _tag: "Requested", durable: true })
      assert.equal((yield* within("1 second")(handle.settled)).status, "cancelled")
      assert.equal((yield* world.row(handle.id))?.status, "cancelled")
      assert.equal((yield* Effect.flip(handle.result))._tag, "RunCancelled")
    }
  })
})
