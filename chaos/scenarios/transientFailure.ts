/**
 * The ticket: the failure write met "database is locked", and the run was recorded with the database's
 * error in place of the work's own.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { RunKernel } from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

class NoSuchFile extends Schema.TaggedError<NoSuchFile>()("NoSuchFile", { file: Schema.String }) {
  override get message(): string {
    return `there is no ${this.file}`
  }
}

const Import = Work.make("import", { payload: { file: Schema.String }, error: NoSuchFile })

export default scenario({
  name: "transientFailure",
  promise: "a failure write that meets a transient failure ends as failed, with the work's own error",
  guarantees: ["G1", "G5"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule({ label: "settle", run: 1 }, "busy", { window: { times: 3 } }),
    FaultPlan.rule({ label: "settle", run: 2 }, "locked", { window: { times: 3 } }),
    FaultPlan.rule({ label: "settle", run: 3 }, "ioError", { window: { times: 3 } })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const storedError = (id: typeof typed.id) =>
      Effect.map(world.row(id), (row) => [row?.["status"], JSON.parse(String(row?.["error"]))])

    const layer = Import.toLayer(({ file }) => new NoSuchFile({ file }))
    const typed = yield* Effect.provide(Import.start({ file: "a.csv" }), layer)
    const error = yield* within("10 seconds")(Effect.flip(typed.result))
    assert.ok(error instanceof NoSuchFile && error.file === "a.csv", String(error))
    const stored = { reason: "WorkFailed", message: "there is no a.csv", error: { _tag: "NoSuchFile", file: "a.csv" } }
    assert.deepEqual(yield* storedError(typed.id), ["failed", stored])
    // From the row alone, as another host would read it.
    const attached = yield* Import.attach(typed.id)
    assert.deepEqual(yield* within("1 second")(Effect.flip(attached.result)), new NoSuchFile({ file: "a.csv" }))

    const adHoc = yield* kernel.start("export", Effect.fail("the disk of the work is full"))
    assert.equal(yield* within("10 seconds")(Effect.flip(adHoc.result)), "the disk of the work is full")
    const text = { reason: "WorkFailed", message: "the disk of the work is full" }
    assert.deepEqual(yield* storedError(adHoc.id), ["failed", text])

    const died = yield* kernel.start("export", Effect.dieMessage("a bug of the work"))
    const settled = yield* within("10 seconds")(died.settled)
    assert.deepEqual([settled.status, settled.workOutcome, settled.attempts], ["failed", "failed", 4])
    assert.deepEqual(yield* storedError(died.id), ["failed", { reason: "WorkDied", message: "a bug of the work" }])
  })
})
