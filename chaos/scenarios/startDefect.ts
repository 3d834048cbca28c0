/**
 * The ticket: the key function of a definition threw, and so did the encoding of a payload. The one
 * was caught and taken for "no key"; the other left a run registered that never got its row.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { RunKernel } from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import { scenario, World, within } from "./world.js"

const defect = "a defect of the host"

const Unencodable = Schema.transform(Schema.String, Schema.Literal("good", "bad"), {
  strict: false,
  decode: (text) => text,
  encode: (value) => {
    if (value === "bad") throw new Error(defect)
    return value
  }
})

const Import = Work.make("import", {
  payload: { file: Schema.String, format: Unencodable },
  key: ({ file }) => {
    if (file === "") throw new Error(defect)
    return file
  }
})

export default scenario({
  name: "startDefect",
  promise: "a start that meets a defect of the host dies with it, and leaves nothing in the database or in memory",
  guarantees: ["G7"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const imports = Import.toLayer(() => Effect.sync(() => void effects++))
    const outcome = yield* Effect.gen(function* () {
      for (const payload of [{ file: "", format: "good" } as const, { file: "a.csv", format: "bad" } as const]) {
        const exit = yield* Effect.exit(within("20 seconds")(Import.start(payload)))
        assert.ok(Exit.isFailure(exit) && Cause.isDieType(exit.cause), `${exit}`)
        assert.equal((exit.cause.defect as Error).message, defect)
      }
      assert.deepEqual(yield* kernel.list(), [])
      const handle = yield* within("1 second")(Import.start({ file: "a.csv", format: "good" }))
      return yield* within("1 second")(handle.settled)
    }).pipe(Effect.provide(imports))
    assert.equal(outcome.status, "completed")
    assert.equal((yield* world.foreign("SELECT run_id FROM holdfast_runs")).length, 1)
    assert.equal(effects, 1)
  })
})
