/**
 * The ticket: the process was killed while it wrote its journal, and at the next start the reader of the journal threw:
 * the host did not come up until somebody had deleted the file, and with it all that was in it.
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
  name: "tornJournal",
  promise: "a last line that is torn is cut off and told of, and every line before it is replayed",
  guarantees: ["G6", "G11"],
  hasJournal: true,
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const handles = [
      yield* kernel.start("import", Effect.succeed(1)),
      yield* kernel.start("import", Effect.succeed(2))
    ] as const
    for (const { settled } of handles) yield* within("20 seconds")(Effect.flip(settled))
    yield* Effect.sleep(1)

    const killed = yield* killedNow
    const lines = killed.disk.text.split("\n")
    assert.equal(lines.length, 3)
    killed.disk.text = `${lines[0]}\n${lines[1]?.slice(0, 100)}`
    yield* killed.reborn(() => Effect.void)
    const whole = handles.find(({ id }) => lines[0]?.includes(id))
    assert.equal((yield* killed.row(whole?.id ?? handles[0].id))?.["status"], "completed")
    const read = (yield* killed.lines).find(({ _tag }) => _tag === "JournalRead")
    assert.ok(read?._tag === "JournalRead")
    assert.deepEqual([read.entries, read.torn, read.rejected], [1, 1, 0])
  }).pipe(Effect.scoped)
})
