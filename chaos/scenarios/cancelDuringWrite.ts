/**
 * The ticket: a cancel came while the terminal write was on its way to the database. It was too late,
 * and was told so; but the end that the row has was mixed up with the one that the cancel would have made.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelDuringWrite",
  promise: "a cancel that comes while a terminal write is under way is answered by what that write made of the row",
  guarantees: ["G1", "G2", "G4"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "latency", { after: 2000 })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.sleep("1 hour"), { timeout: "1 second" })
    const subscriber = yield* Effect.fork(Stream.runCollect(handle.events))
    yield* Effect.sleep("2 seconds")
    assert.equal((yield* world.row(handle.id))?.status, "running")
    assert.ok(
      (yield* world.lines).some(({ _tag }) => _tag === "WorkEnded"),
      "its write is under way"
    )

    const answer = yield* within("5 seconds")(handle.cancel({ reason: "too late" }))
    assert.deepEqual(answer, { _tag: "AlreadyTerminal", status: "failed" })
    const row = yield* world.row(handle.id)
    assert.deepEqual([row?.status, row?.cancel_requested_at], ["failed", null])
    const failure = yield* Effect.flip(handle.result)
    assert.ok(failure._tag === "RunFailed" && failure.reason === "RunTimedOut", `${failure}`)
    const last = Chunk.toReadonlyArray(yield* within("1 second")(Fiber.join(subscriber))).at(-1)
    assert.ok(last?._tag === "Settled" && last.status === "failed")
    const written = (yield* world.lines).find((line) => line._tag === "VerdictWritten")
    assert.deepEqual([written?.outcome, written?.status, written?.reason], ["Applied", "failed", "RunTimedOut"])
  })
})
