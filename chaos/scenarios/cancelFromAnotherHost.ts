/**
 * The ticket: a cancel that was asked of another process was written to the database, acknowledged,
 * and never seen by the process in which the work ran.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RunKernel from "../../src/RunKernel.js"
import { beside, scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelFromAnotherHost",
  promise: "a cancel that another host has recorded stops the work at its own host's next renewal",
  guarantees: ["G2", "G10"],
  kernel: { leaseDuration: "30 seconds" },
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    let interrupted = 0
    const work = Effect.onInterrupt(Effect.sleep("1 hour"), () => Effect.sync(() => interrupted++))
    const handle = yield* kernel.start("import", work)
    const elsewhere = RunKernel.layer().pipe(Layer.provide(world.database.store))
    yield* beside(elsewhere, (context) =>
      Effect.gen(function* () {
        const other = Context.get(context, RunKernel.RunKernel)
        const answer = yield* within("1 second")(other.cancel(handle.id, { reason: "from over there" }))
        assert.deepEqual(answer, { _tag: "Requested", durable: true })
        const asked = yield* world.row(handle.id)
        assert.equal(asked?.status, "running", "the other host cannot know whether the work has stopped")
        assert.notEqual(asked.cancel_requested_at, null)

        // A third of the lease.
        assert.equal((yield* within("11 seconds")(handle.settled)).status, "cancelled")
        const failure = yield* Effect.flip(handle.result)
        assert.ok(failure._tag === "RunCancelled" && failure.reason === "from over there", `${failure}`)
        assert.equal(interrupted, 1)
        const tooLate = yield* within("1 second")(other.cancel(handle.id))
        assert.deepEqual(tooLate, { _tag: "AlreadyTerminal", status: "cancelled" })
      })
    )
  })
})
