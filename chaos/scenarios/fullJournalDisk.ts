/**
 * The ticket: the disk was full. The database could not be written, for that reason, and neither could what was to stand
 * in for it; by the time that somebody had made room the process had given up, and was restarted.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { killedNow } from "./nextLife.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "fullJournalDisk",
  promise: "a journal that cannot be written is told of and tried again, and holds up no write to the database",
  guarantees: ["G5", "G6"],
  hasJournal: true,
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "full", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    world.disk.fails = (operation) => (operation === "append" ? new Error("ENOSPC: no space left") : undefined)
    const handle = yield* kernel.start("import", Effect.succeed(10))
    yield* within("20 seconds")(Effect.flip(handle.settled))
    yield* Effect.sleep("30 seconds")
    const linesOf = (tag: string) => Effect.map(world.lines, (lines) => lines.filter(({ _tag }) => _tag === tag))
    const failures = yield* linesOf("JournalFailed")
    // Less and less often: each delay is twice the one before, up to the maximal one.
    assert.ok(failures.length >= 6 && failures.length <= 16, `${failures.length} attempts in half a minute`)
    assert.equal((yield* linesOf("VerdictJournaled")).length, 0)
    assert.equal(world.disk.text, "")

    // Somebody makes room for the journal; the database is still full.
    world.disk.fails = undefined
    yield* Effect.sleep("5 seconds")
    assert.equal((yield* linesOf("VerdictJournaled")).length, 1)
    const killed = yield* killedNow
    yield* killed.reborn(() => Effect.void)
    assert.equal((yield* killed.row(handle.id))?.["status"], "completed")

    yield* (yield* Chaos).heal
    yield* Effect.sleep("6 seconds")
    assert.equal((yield* within(0)(handle.settled)).status, "completed")
    yield* Effect.sleep(1)
    assert.equal(world.disk.text, "", "what has been written is forgotten")
  }).pipe(Effect.scoped)
})
