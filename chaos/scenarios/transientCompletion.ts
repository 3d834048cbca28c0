/**
 * The ticket: the success write met "database is locked", and the catch around it wrote `failed`.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "transientCompletion",
  promise: "a completion write that meets a transient failure ends as completed, after backoff",
  guarantees: ["G1", "G4", "G5"],
  plan: FaultPlan.fromRules(FaultPlan.rule("settle", "busy", { window: { times: 3 } })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.succeed(10))
    assert.equal(yield* within("10 seconds")(handle.result), 10)
    const settled = yield* handle.settled
    assert.equal(settled.status, "completed")
    assert.equal(settled.attempts, 4)
    assert.equal((yield* world.row(handle.id))?.["status"], "completed")
    const failures = (yield* world.lines).filter((line) => line._tag === "WriteFailed")
    assert.deepEqual(
      failures.map(({ attempt, failure }) => [attempt, failure.operation, failure.class, failure.code]),
      [1, 2, 3].map((attempt) => [attempt, "settle", "transient", world.codeOf("busy")])
    )
    const delays = failures.map(({ retryInMillis }) => retryInMillis)
    assert.ok(
      delays.every((delay, index) => index === 0 || delay > (delays[index - 1] ?? 0)),
      `delays grow: ${delays}`
    )
  })
})
