/**
 * The ticket: the connection was dead, and every retry was made on the dead one. Whether the statement
 * was applied before its answer was lost or not, the retry is made on a fresh connection and finds out.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

const lost = (label: string, run: number, phase: FaultPlan.Phase) =>
  FaultPlan.rule({ label, run }, "connectionLost", { phase })

export default scenario({
  name: "freshConnection",
  promise: "a write that loses its connection is repeated on a fresh one, and counts once",
  guarantees: ["G1", "G5", "G7"],
  plan: FaultPlan.fromRules(
    lost("insert", 1, "before"),
    lost("insert", 2, "after"),
    lost("settle", 3, "before"),
    lost("settle", 4, "after"),
    lost("cancel", 5, "before"),
    lost("cancel", 6, "after")
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const chaos = yield* Chaos
    const assertConnects = (expected: number) =>
      Effect.map(chaos.operations, (all) =>
        assert.equal(all.filter(({ label }) => label === "connect").length, expected)
      )
    let executed = 0
    for (const run of [1, 2, 3, 4]) {
      const handle = yield* within("1 second")(
        kernel.start(
          "import",
          Effect.sync(() => ++executed)
        )
      )
      assert.equal(yield* within("1 second")(handle.result), run)
      assert.equal((yield* world.row(handle.id))?.["status"], "completed")
      yield* assertConnects(1 + run)
    }
    for (const run of [5, 6]) {
      const gate = yield* Deferred.make<void>()
      const handle = yield* kernel.start("ignores", Effect.uninterruptible(Deferred.await(gate)))
      const cancelling = yield* Effect.fork(handle.cancel())
      assert.deepEqual(yield* within("1 second")(Fiber.join(cancelling)), { _tag: "Requested", durable: true })
      assert.notEqual((yield* world.row(handle.id))?.["cancel_requested_at"], null)
      yield* Deferred.succeed(gate, undefined)
      assert.equal((yield* within("1 second")(handle.settled)).status, "cancelled")
      yield* assertConnects(1 + run)
    }
    const written = (yield* world.lines).filter((line) => line._tag === "VerdictWritten")
    assert.deepEqual(
      written.map(({ attempts, outcome }) => [outcome, attempts]),
      [
        ["Applied", 1],
        ["Applied", 1],
        ["Applied", 2],
        ["AlreadyApplied", 2],
        ["Applied", 1],
        ["Applied", 1]
      ]
    )
    const failures = (yield* world.lines).filter((line) => line._tag === "WriteFailed")
    assert.deepEqual([...new Set(failures.map(({ failure }) => failure.class))], ["connection"])
  })
})
