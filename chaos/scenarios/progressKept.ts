/**
 * A run's progress was written by whoever had it, whenever its write came through: the row went backwards
 * while the database was slow, and a report that came after the end was shown as if the run went on.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { CurrentRun, progress } from "../../src/Run.js"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "progressKept",
  promise: "the row shows the latest progress, also where earlier reports could not be written, and none after the end",
  guarantees: ["G3", "G4"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule("progress", "busy"),
    FaultPlan.rule("settle", "busy", { window: { times: 3 } })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const gate = yield* Deferred.make<void>()
    const leaked = yield* Deferred.make<typeof CurrentRun.Service>()
    const handle = yield* kernel.start(
      "import",
      Effect.gen(function* () {
        yield* Deferred.succeed(leaked, yield* CurrentRun)
        yield* progress({ current: 1, total: 3, step: "read" })
        yield* Effect.sleep("1 second")
        // In one step: the writer comes by once for all of them.
        yield* progress({ current: 2, total: 3, step: "check" })
        yield* progress({ current: 3, total: 3, step: "write" })
        yield* Deferred.await(gate)
      })
    )
    const listener = yield* Effect.fork(Stream.runCollect(handle.events))
    const shown = Effect.map(world.row(handle.id), (row) => [row?.["progress_current"], row?.["progress_step"]])
    yield* Effect.sleep("900 millis")
    // A report that failed is not repeated: the next one says more.
    assert.deepEqual(yield* shown, [null, null])
    yield* Effect.sleep("1 second")
    assert.deepEqual(yield* shown, [3, "write"])

    yield* Deferred.succeed(gate, undefined)
    yield* Effect.sleep(0)
    // Something of the work has outlived it, while its verdict is still on its way to the row.
    yield* (yield* Deferred.await(leaked)).progress({ current: 4, total: 3, step: "too late" })
    assert.equal((yield* within("1 second")(handle.settled)).status, "completed")
    const events = Chunk.toReadonlyArray(yield* within(0)(Fiber.join(listener)))
    const told = events.flatMap((event) => (event._tag === "Progressed" ? [event.progress.current] : []))
    assert.deepEqual([told.at(-1), yield* shown], [3, [3, "write"]])
  })
})
