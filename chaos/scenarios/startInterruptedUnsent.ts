/**
 * The ticket: a start was interrupted while its insert still waited behind another statement. Nobody
 * took it back, so the row was written later, with nobody to execute or to cancel it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "startInterruptedUnsent",
  promise: "a start that is interrupted before its insert was sent leaves no row and no key behind",
  guarantees: ["G7", "G8"],
  plan: FaultPlan.fromRules(FaultPlan.rule("insert", "latency", { after: 1000 })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const first = yield* Effect.fork(kernel.start("import", Effect.void, { key: "first" }))
    yield* Effect.sleep("10 millis")
    let effects = 0
    const work = Effect.sync(() => effects++)
    const second = yield* Effect.fork(kernel.start("import", work, { key: "second" }))
    yield* Effect.sleep("10 millis")
    yield* within("100 millis")(Fiber.interrupt(second))

    const handle = yield* within("5 seconds")(Fiber.join(first))
    yield* within("5 seconds")(handle.settled)
    yield* Effect.sleep("10 seconds")
    const rows = yield* world.foreign("SELECT run_id, status FROM holdfast_runs")
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [{ run_id: handle.id, status: "completed" }]
    )
    assert.equal(effects, 0)
    const again = yield* within("1 second")(kernel.start("import", work, { key: "second" }))
    assert.equal((yield* within("1 second")(again.settled)).status, "completed")
    assert.equal(effects, 1)
  })
})
