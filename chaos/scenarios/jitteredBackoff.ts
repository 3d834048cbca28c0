/**
 * The ticket: a transient failure on the completion write is met by backoff. The delays double with
 * jitter, none is longer than the maximal one, and an outage that is over leaves no long delay behind.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "jitteredBackoff",
  promise: "delays double with jitter up to the maximal one, and begin anew after a success",
  guarantees: ["G5"],
  kernel: { persist: { parkAfterAttempts: 100, parkAfter: "1 minute" } },
  plan: FaultPlan.fromRules(
    FaultPlan.rule({ label: "settle", run: 1 }, "busy", { window: { times: 10 } }),
    FaultPlan.rule({ label: "settle", run: 2 }, "ioError", { phase: "after" })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const first = yield* kernel.start("import", Effect.void)
    assert.equal((yield* within("1 minute")(first.settled)).attempts, 11)
    const second = yield* kernel.start("import", Effect.void)
    assert.equal((yield* within("1 second")(second.settled)).attempts, 2)

    const failures = (yield* world.lines).filter((line) => line._tag === "WriteFailed")
    assert.deepEqual(
      failures.map(({ attempt, failure, rows }) => [attempt, failure.class, rows]),
      [...Array.from({ length: 10 }, (_, index) => [index + 1, "transient", 1]), [1, "unknown", 1]]
    )
    const delays = failures.map(({ retryInMillis }) => retryInMillis)
    const exact = [...Array.from({ length: 10 }, (_, index) => 50 * 2 ** index), 50]
    for (const [index, delay] of delays.entries()) {
      const without = exact[index] ?? 0
      const bounds = [Math.min(5_000, 0.8 * without), Math.min(5_000, 1.2 * without)] as const
      assert.ok(delay >= bounds[0] - 1 && delay <= bounds[1] + 1, `delay ${index + 1} is ${delay}, not in ${bounds}`)
    }
    assert.ok(
      delays.some((delay, index) => delay !== Math.min(5_000, exact[index] ?? 0)),
      `no jitter: ${delays}`
    )
  })
})
