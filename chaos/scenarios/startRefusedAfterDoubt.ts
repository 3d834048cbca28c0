/**
 * The ticket: a start was told that another run has its key. The attempt before that answer had been in doubt; it landed
 * when the key was free, and its row was active, though nobody had started it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as RunKernel from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { beside, scenario, World, within } from "./world.js"

export default scenario({
  name: "startRefusedAfterDoubt",
  promise:
    "a start that its row refuses after an attempt in doubt leaves nothing that could come to be: its tombstone stands",
  guarantees: ["G7", "G8"],
  plan: FaultPlan.fromRules(FaultPlan.rule("insert", "lateApply", { after: 3_000 })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const elsewhere = RunKernel.layer().pipe(Layer.provide(world.database.store))
    yield* beside(elsewhere, (context) =>
      Effect.gen(function* () {
        const other = Context.get(context, RunKernel.RunKernel)
        const starting = yield* Effect.fork(Effect.flip(kernel.start("import", Effect.void, { key: "one" })))
        yield* Effect.sleep("10 millis")
        const holder = yield* other.start("import", Effect.sleep("1 second"), { key: "one" })
        const refused = yield* within("1 second")(Fiber.join(starting))
        assert.ok(refused._tag === "RunAlreadyActive" && refused.activeId === holder.id, refused.message)
        yield* within("2 seconds")(holder.settled)
        yield* Effect.sleep("4 seconds")
        const rows = yield* world.foreign("SELECT status, work_outcome FROM holdfast_runs ORDER BY status")
        assert.deepEqual(
          rows.map((row) => [row["status"], row["work_outcome"]]),
          [
            ["completed", "succeeded"],
            ["failed", "notStarted"]
          ]
        )
        assert.equal((yield* (yield* kernel.start("import", Effect.void, { key: "one" })).settled).status, "completed")
      })
    )
  })
})
