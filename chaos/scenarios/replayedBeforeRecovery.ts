/**
 * The ticket: a host was back after an hour, found rows whose lease had run out, and judged them lost. They were its own,
 * and it knew better: it had not looked yet.
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
  name: "replayedBeforeRecovery",
  promise: "a start replays its journal before it judges: work that had ended is completed, only the rest is lost",
  guarantees: ["G1", "G6", "G9"],
  hasJournal: true,
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const ended = yield* kernel.start("import", Effect.succeed(10))
    const working = yield* kernel.start("import", Effect.never)
    yield* within("20 seconds")(Effect.flip(ended.settled))
    yield* Effect.sleep(1)

    const killed = yield* killedNow
    // Its lease has not run out; that its process is gone is enough.
    yield* Effect.sleep("10 seconds")
    yield* killed.reborn(() =>
      Effect.gen(function* () {
        assert.equal((yield* killed.row(ended.id))?.["status"], "completed")
        const lost = yield* killed.row(working.id)
        assert.deepEqual([lost?.["status"], lost?.["work_outcome"]], ["failed", "unknown"])
        assert.match(String(lost?.["error"]), /HostLost/)
      })
    )
    assert.deepEqual(yield* killed.violations, [])
    const told = (yield* killed.lines).flatMap(({ _tag }) =>
      ["JournalRead", "VerdictReplayed", "RunRecovered"].includes(_tag) ? [_tag] : []
    )
    assert.deepEqual(told, ["JournalRead", "VerdictReplayed", "RunRecovered"])
    yield* working.cancel()
  }).pipe(Effect.scoped)
})
