/**
 * The ticket: a client repeated its request, and the work ran again, since the key of the first one
 * was only remembered while it ran. Another payload under the same key was taken for a repetition.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Work from "../../src/Work.js"
import { scenario, World, within } from "./world.js"

const Import = Work.make("import", { payload: { file: Schema.String }, success: Schema.Struct({ rows: Schema.Int }) })

export default scenario({
  name: "idempotentRepeat",
  promise: "a repeated idempotency key answers with the run that is there, while it runs and long after it settled",
  guarantees: ["G7", "G10"],
  program: Effect.gen(function* () {
    const world = yield* World
    let effects = 0
    const imports = Import.toLayer(({ file }) =>
      Effect.as(
        Effect.zipRight(
          Effect.sync(() => effects++),
          Effect.sleep("10 seconds")
        ),
        { rows: file.length }
      )
    )
    yield* Effect.gen(function* () {
      const start = (file: string) => within("5 seconds")(Import.start({ file }, { idempotencyKey: "request-1" }))
      const first = yield* start("a.csv")
      assert.equal(first.isNew, true)
      const repeatedInNoTime = yield* start("a.csv")
      const conflict = yield* Effect.flip(start("b.csv"))
      assert.ok(conflict._tag === "IdempotencyConflict" && conflict.existingId === first.id, `${conflict}`)
      assert.deepEqual(yield* within("2 minutes")(first.result), { rows: 5 })
      yield* Effect.sleep("15 seconds")
      const repeatedLater = yield* start("a.csv")
      for (const repeated of [repeatedInNoTime, repeatedLater]) {
        assert.deepEqual([repeated.id, repeated.isNew], [first.id, false])
        assert.deepEqual(yield* within("2 seconds")(repeated.result), { rows: 5 })
      }
      assert.equal((yield* Effect.flip(start("b.csv")))._tag, "IdempotencyConflict")
    }).pipe(Effect.provide(imports))
    assert.equal((yield* world.foreign("SELECT run_id FROM holdfast_runs")).length, 1)
    assert.equal(effects, 1)
  })
})
