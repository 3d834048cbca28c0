/**
 * The ticket: a disk returned other bytes than were written. A status that nothing had ever come to was written to a row,
 * and it was final.
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
  name: "damagedJournal",
  promise: "a line of the journal that is not what was written is set aside and told of, never replayed, never skipped",
  guarantees: ["G1", "G6", "G11"],
  hasJournal: true,
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const handles = [
      yield* kernel.start("import", Effect.fail("the feed is empty")),
      yield* kernel.start("import", Effect.fail("the feed is empty"))
    ] as const
    for (const { settled } of handles) yield* within("20 seconds")(Effect.flip(settled))
    yield* Effect.sleep(1)

    const killed = yield* killedNow
    const [first = "", second = ""] = killed.disk.text.split("\n")
    killed.disk.text = [first.replace('"status":"failed"', '"status":"completed"'), "not ours", second, ""].join("\n")
    yield* killed.reborn(() => Effect.void)
    const damaged = handles.find(({ id }) => first.includes(id)) ?? handles[0]
    const sound = handles.find(({ id }) => second.includes(id)) ?? handles[1]
    const ends = yield* Effect.forEach([damaged, sound], ({ id }) =>
      Effect.map(killed.row(id), (row) => [row?.["status"], row?.["work_outcome"]])
    )
    // Nobody knows what the first one was; the recovery, which comes after the replay, says so.
    assert.deepEqual(ends, [
      ["failed", "unknown"],
      ["failed", "failed"]
    ])
    const rejected = (yield* killed.lines).flatMap((line) => (line._tag === "JournalLineRejected" ? [line] : []))
    assert.deepEqual(
      rejected.map(({ lineNumber, reason }) => [lineNumber, /checksum|not JSON/.exec(reason)?.[0]]),
      [
        [1, "checksum"],
        [2, "not JSON"]
      ]
    )
    assert.equal(killed.disk.rejected.trimEnd().split("\n").length, 2)
  }).pipe(Effect.scoped)
})
