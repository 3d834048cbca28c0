/**
 * The ticket: a start was given up while its insert was in doubt, the client repeated it with the same
 * idempotency key, as one does, and was answered with the abandoned run, which nobody will execute.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Work from "../../src/Work.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

const Import = Work.make("import", { payload: { file: Schema.String } })

export default scenario({
  name: "idempotentAfterDoubt",
  promise: "a start that repeats the idempotency key of one in doubt waits for its tombstone, and starts a run",
  guarantees: ["G5", "G7"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule("insert", "latency", { phase: "after", after: 1000 }),
    FaultPlan.rule("entomb", "busy", { window: { times: 3 } })
  ),
  program: Effect.gen(function* () {
    const world = yield* World
    let effects = 0
    yield* Effect.gen(function* () {
      const start = Import.start({ file: "a.csv" }, { idempotencyKey: "request-1" })
      const starting = yield* Effect.fork(start)
      yield* Effect.sleep("100 millis")
      yield* within("100 millis")(Fiber.interrupt(starting))
      const again = yield* within("8 seconds")(start)
      assert.equal(again.isNew, true)
      assert.equal((yield* within("5 seconds")(again.settled)).status, "completed")
    }).pipe(Effect.provide(Import.toLayer(() => Effect.sync(() => void effects++))))
    const rows = yield* world.foreign("SELECT status, idempotency_key FROM holdfast_runs ORDER BY created_at")
    assert.deepEqual(
      rows.map((row) => [row.status, row.idempotency_key]),
      [
        ["failed", null],
        ["completed", "request-1"]
      ]
    )
    assert.equal(effects, 1)
  })
})
