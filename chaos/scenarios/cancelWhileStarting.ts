/**
 * The ticket: a cancel came while `start` was still writing. The row was there to be seen, the run was
 * not yet in memory, so nobody was told and the work began all the same.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { RunId } from "../../src/RunId.js"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelWhileStarting",
  promise: "a cancel of a run whose start is still waiting for its insert is honoured, and the work never begins",
  guarantees: ["G2", "G7"],
  plan: FaultPlan.fromRules(FaultPlan.rule("insert", "latency", { phase: "after", after: 1000 })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.zipRight(
      Effect.sync(() => effects++),
      Effect.sleep("1 minute")
    )
    const starting = yield* Effect.fork(kernel.start("import", work))
    yield* Effect.sleep("100 millis")
    const [row] = yield* world.foreign("SELECT run_id, status FROM holdfast_runs")
    assert.equal(row?.status, "running")
    assert.equal(yield* Fiber.poll(starting).pipe(Effect.map(({ _tag }) => _tag)), "None", "start has not answered")

    const answer = yield* within("5 seconds")(kernel.cancel(row.run_id as RunId))
    assert.deepEqual(answer, { _tag: "Requested", durable: true })
    const handle = yield* within("5 seconds")(Fiber.join(starting))
    yield* Effect.sleep(0)
    assert.equal(effects, 0)
    assert.equal((yield* within("5 seconds")(handle.settled)).status, "cancelled")
    assert.equal((yield* world.row(handle.id))?.work_outcome, "notStarted")
  })
})
