/**
 * The ticket: one run had a result of megabytes, and the disk had no room for it. Others that had ended with
 * it would have fitted ten times over; none of them was in the journal when the process was killed.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { killedNow } from "./nextLife.js"
import { scenario, World } from "./world.js"

const roomLength = 3_500

export default scenario({
  name: "littleRoomInJournal",
  promise: "a verdict that does not fit on the disk of the journal keeps no others out of it",
  guarantees: ["G6"],
  kernel: { persist: { parkAfterAttempts: 3 } },
  hasJournal: true,
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "locked", { window: { millis: 15_000 } })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    world.disk.fails = (operation, text) =>
      operation === "append" && text.length > roomLength ? new Error("ENOSPC: no space left") : undefined
    const large = yield* kernel.start("import", Effect.die(new Error("the feed ends here ".repeat(500))))
    const small = yield* Effect.forEach([1, 2, 3], () => kernel.start("import", Effect.void))
    yield* Effect.sleep("10 seconds")
    const killed = yield* killedNow
    yield* killed.reborn(() => Effect.void)
    for (const { id } of small) assert.equal((yield* killed.row(id))?.["status"], "completed")
    const row = yield* killed.row(large.id)
    assert.deepEqual([row?.["status"], row?.["work_outcome"]], ["failed", "unknown"])
    const failures = (yield* world.lines).flatMap((line) => (line._tag === "JournalFailed" ? line.runIds : []))
    assert.ok(failures.includes(large.id), "what does not fit is told of")
  }).pipe(Effect.scoped)
})
