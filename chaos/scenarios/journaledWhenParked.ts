/**
 * The ticket: the database was away for a minute, and in that minute the machine went down. The work had ended before;
 * that it had was known to a process that was no more.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { killedNow } from "./nextLife.js"
import { scenario, within } from "./world.js"

export default scenario({
  name: "journaledWhenParked",
  promise:
    "a parked verdict survives a SIGKILL, as it was last decided: also with a cancel that came after it was parked",
  guarantees: ["G1", "G6"],
  hasJournal: true,
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const handle = yield* kernel.start("import", Effect.succeed(10))
    const late = yield* kernel.start("import", Effect.succeed(20))
    for (const { settled } of [handle, late]) {
      assert.equal((yield* within("20 seconds")(Effect.flip(settled)))._tag, "VerdictParked")
    }
    yield* Effect.exit(within("20 seconds")(late.cancel()))
    yield* Effect.sleep(1)

    const killed = yield* killedNow
    assert.equal((yield* killed.row(handle.id))?.["status"], "running")
    yield* killed.reborn(() =>
      Effect.gen(function* () {
        const row = yield* killed.row(handle.id)
        assert.deepEqual([row?.["status"], row?.["work_outcome"]], ["completed", "succeeded"])
        assert.equal((yield* killed.row(late.id))?.["status"], "cancelled")
      })
    )
    assert.deepEqual(yield* killed.violations, [])
  }).pipe(Effect.scoped)
})
