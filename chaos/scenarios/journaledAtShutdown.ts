/**
 * The ticket: a host was shut down while its database was away, as hosts are when somebody restarts everything. Its work
 * had been done; when it was back its runs were said to be lost.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { nextLife } from "./nextLife.js"
import { scenario, World } from "./world.js"

export default scenario({
  name: "journaledAtShutdown",
  promise: "what a shutdown cannot write is in the journal, and the next start makes the rows what the runs were",
  guarantees: ["G1", "G6"],
  hasJournal: true,
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "cantOpen", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handles = {
      completed: yield* kernel.start("import", Effect.succeed(10)),
      failed: yield* kernel.start("import", Effect.fail("the feed is empty")),
      // Takes a moment to stop, so that the row has the cancel: what stops at once settles with it, and asks the row for
      // nothing.
      cancelled: yield* kernel.start(
        "import",
        Effect.onInterrupt(Effect.never, () => Effect.sleep("10 millis"))
      ),
      stopped: yield* kernel.start("import", Effect.never)
    }
    assert.deepEqual(yield* handles.cancelled.cancel(), { _tag: "Requested", durable: true })
    yield* world.close
    const lines = yield* world.lines
    for (const { id } of Object.values(handles)) {
      assert.equal((yield* world.row(id))?.["status"], "running")
      const told = lines.flatMap((line) => ("runId" in line && line.runId === id ? [line._tag] : []))
      assert.deepEqual([told.includes("VerdictJournaled"), told.includes("VerdictLost")], [true, false])
    }
    // Rule 11: the host row stays, so that nobody takes the runs for anybody's.
    assert.equal((yield* world.foreign("SELECT 1 FROM holdfast_hosts")).length, 1)

    yield* nextLife(world, () =>
      Effect.gen(function* () {
        const rows = yield* Effect.forEach(Object.values(handles), ({ id }) => world.row(id))
        assert.deepEqual(
          rows.map((row) => [row?.["status"], row?.["work_outcome"]]),
          [
            ["completed", "succeeded"],
            ["failed", "failed"],
            ["cancelled", "interrupted"],
            ["failed", "interrupted"]
          ]
        )
        assert.match(String(rows[1]?.["error"]), /the feed is empty/)
        assert.match(String(rows[3]?.["error"]), /HostShutdown/)
        assert.equal(world.disk.text, "")
      })
    )
    const replayed = (yield* world.lines).flatMap((line) => (line._tag === "VerdictReplayed" ? [line.outcome] : []))
    assert.deepEqual(replayed, ["Applied", "Applied", "Applied", "Applied"])
  })
})
