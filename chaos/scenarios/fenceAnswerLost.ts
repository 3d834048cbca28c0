/**
 * The ticket: a run went on elsewhere, and no line of any log said that its host had been judged lost. The fence had been
 * raised, its answer was lost, and the next look found a host that somebody must have fenced.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as FaultPlan from "../FaultPlan.js"
import { ghost } from "./ghost.js"
import { registerImport } from "./restartable.js"
import { scenario, World } from "./world.js"

export default scenario({
  name: "fenceAnswerLost",
  promise: "a host that was fenced is told of once, before its runs go on, also where the answer was lost or came late",
  guarantees: ["G9", "G11"],
  kernel: { leaseDuration: "6 seconds" },
  plan: FaultPlan.fromRules(
    FaultPlan.rule("fence", "ioError", { phase: "after" }),
    FaultPlan.rule({ label: "fence", attempt: 2 }, "lateApply")
  ),
  program: Effect.gen(function* () {
    const world = yield* World
    const { attempts } = yield* registerImport()
    const ids = [yield* ghost(world), yield* ghost(world)]
    yield* Effect.sleep("30 seconds")
    assert.deepEqual(attempts, [2, 2])
    const lines = yield* world.lines
    const story = lines.flatMap((line) =>
      line._tag === "HostFenced" ? [line.fencedHostId] : line._tag === "RunTakenOver" ? [line.previousHostId] : []
    )
    assert.equal(story.length, 2 * ids.length, "one line of the fence, and one of the take-over")
    for (const hostId of new Set(story)) {
      const [first] = lines.filter((line) => JSON.stringify(line).includes(String(hostId)))
      assert.equal(first?._tag, "HostFenced")
    }
  }).pipe(Effect.scoped)
})
