/**
 * The ticket: a host was away for longer than anybody waits, and its runs were settled as lost. It came back, knew better,
 * found that it could not say so, and said nothing.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as VerdictJournal from "../../src/VerdictJournal.js"
import * as FaultPlan from "../FaultPlan.js"
import { killedNow, nextLife } from "./nextLife.js"
import { scenario, within } from "./world.js"

export default scenario({
  name: "replayOverruled",
  promise:
    "a replay that meets a row which somebody else has settled changes nothing, tells both truths, and keeps the entry",
  guarantees: ["G3", "G6", "G10"],
  hasJournal: true,
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const handle = yield* kernel.start("import", Effect.succeed(10))
    yield* within("20 seconds")(Effect.flip(handle.settled))
    yield* Effect.sleep(1)

    const killed = yield* killedNow
    yield* Effect.sleep("10 seconds")
    // Another host on the same file, with a journal of its own.
    yield* nextLife({ database: killed.database, disk: VerdictJournal.makeDisk() }, () => Effect.void)
    const before = yield* killed.row(handle.id)
    assert.deepEqual([before?.["status"], before?.["work_outcome"]], ["failed", "unknown"])

    const [entry = ""] = killed.disk.text.split("\n")
    yield* killed.reborn(() => Effect.void)
    assert.deepEqual(yield* killed.row(handle.id), before)
    const lines = yield* killed.lines
    const replayed = lines.find((line) => line._tag === "VerdictReplayed")
    assert.deepEqual(replayed?._tag === "VerdictReplayed" && [replayed.outcome, replayed.verdict, replayed.status], [
      "NoOp",
      "completed",
      "failed"
    ])
    const overruled = lines.find((line) => line._tag === "VerdictOverruled")
    assert.deepEqual(overruled?._tag === "VerdictOverruled" && [overruled.settlement.status, overruled.status], [
      "completed",
      "failed"
    ])
    assert.equal(killed.disk.text, "")
    assert.deepEqual(JSON.parse(JSON.parse(killed.disk.rejected).line).entry, JSON.parse(entry).entry)
  }).pipe(Effect.scoped)
})
