/**
 * The ticket: a cancel closed a client under the work, the work threw, and the run was recorded as
 * `failed`: an incident was opened for what somebody had asked for.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

const closed = new Error("the client was closed")

/** Throws a defect when it is interrupted. */
const dies = Effect.onInterrupt(Effect.sleep("1 hour"), () => Effect.die(closed))

/** Answers its interruption with a typed error of its own. */
const fails = Effect.uninterruptibleMask((restore) =>
  Effect.catchAllCause(restore(Effect.sleep("1 hour")), () => Effect.fail(closed))
)

export default scenario({
  name: "cancelThrows",
  promise: "work that throws because it was cancelled is cancelled, and what it threw is on record beside that",
  guarantees: ["G1", "G2", "G12"],
  // The row cannot record the cancel before the work has stopped: memory alone has it by then.
  plan: FaultPlan.fromRules(FaultPlan.rule("cancel", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    for (const work of [dies, fails]) {
      const handle = yield* kernel.start("import", work)
      yield* Effect.sleep("1 second")
      assert.deepEqual(yield* within("5 seconds")(handle.cancel()), { _tag: "Requested", durable: true })
      const settled = yield* within("5 seconds")(handle.settled)
      assert.deepEqual([settled.status, settled.workOutcome], ["cancelled", "failed"])
      const row = yield* world.row(handle.id)
      assert.deepEqual([row?.status, row?.work_outcome], ["cancelled", "failed"])
      assert.equal(JSON.parse(String(row?.error)).message, closed.message)
      const failure = yield* Effect.flip(handle.result)
      assert.ok("_tag" in failure && failure._tag === "RunCancelled", `${failure}`)
    }
  })
})
