/**
 * The ticket: a button was clicked twice, both requests asked whether there was a run, both found
 * none, and both started one. The database decides, in the statement that inserts.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Work from "../../src/Work.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

const Import = Work.make("import", { payload: { file: Schema.String } })

export default scenario({
  name: "idempotentRace",
  promise: "of many starts that race for one idempotency key one starts a run, and all others answer with it",
  guarantees: ["G7", "G10"],
  // The first statement carries one of them, all others come while it is in flight.
  plan: FaultPlan.fromRules(FaultPlan.rule("insert", "latency", { phase: "after", after: 500 })),
  program: Effect.gen(function* () {
    const world = yield* World
    let effects = 0
    const start = Import.start({ file: "a.csv" }, { idempotencyKey: "click" })
    const handles = yield* within("10 seconds")(
      Effect.forEach(Array.from({ length: 20 }), (_, index) => Effect.delay(start, index * 20), {
        concurrency: "unbounded"
      })
    ).pipe(
      Effect.tap((handles) => within("10 seconds")(Effect.forEach(handles, ({ settled }) => settled))),
      Effect.provide(Import.toLayer(() => Effect.sync(() => void effects++)))
    )
    assert.equal(handles.filter(({ isNew }) => isNew).length, 1)
    assert.equal(new Set(handles.map(({ id }) => id)).size, 1)
    assert.equal((yield* world.foreign("SELECT run_id FROM holdfast_runs")).length, 1)
    assert.equal(effects, 1)
  })
})
