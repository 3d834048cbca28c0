/**
 * The ticket: where the database told of changes, hosts relied on it. A notification that was lost, or a
 * session that had quietly gone, was a cancel that never arrived, and a wait that never ended.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as RunKernel from "../../src/RunKernel.js"
import { Wire } from "./wire.js"
import { beside, scenario, World, within } from "./world.js"

export default scenario({
  name: "changesTold",
  promise: "what the database tells of is acted on at once, and what it does not tell arrives with the next look",
  guarantees: ["G2", "G4"],
  program: Effect.gen(function* () {
    const other = yield* RunKernel.RunKernel
    const { database } = yield* World
    const wire = new Wire()
    const listening = RunKernel.layer({ leaseDuration: "30 seconds", followInterval: "10 seconds" }).pipe(
      Layer.provide(wire.on(database.store))
    )
    yield* beside(listening, (context) =>
      Effect.gen(function* () {
        const kernel = Context.get(context, RunKernel.RunKernel)
        /** A run at work on the host that listens, which the other one has cancelled. */
        const cancelled = Effect.gen(function* () {
          const handle = yield* kernel.start("import", Effect.sleep("1 hour"))
          const answer = yield* within("1 second")(other.cancel(handle.id))
          assert.deepEqual(answer, { _tag: "Requested", durable: true })
          return handle
        })
        const told = yield* cancelled
        wire.tell(told.id)
        assert.equal((yield* within("1 second")(told.settled)).status, "cancelled")

        const untold = yield* cancelled
        // A third of the lease.
        assert.equal((yield* within("11 seconds")(untold.settled)).status, "cancelled")

        wire.cut()
        const lost = yield* cancelled
        wire.tell(lost.id)
        yield* Effect.sleep("1 second")
        assert.equal(wire.sessions, 2, "it listens again")
        wire.tell(lost.id)
        assert.equal((yield* within("1 second")(lost.settled)).status, "cancelled")

        /** A run at work on the other host, which ends after a while, waited for on the host that listens. */
        const followed = Effect.gen(function* () {
          const { id } = yield* other.start("import", Effect.sleep("3 seconds"))
          const waiter = yield* Effect.fork(kernel.settled(id))
          yield* Effect.sleep("4 seconds")
          return { id, waiter }
        })
        const ended = yield* followed
        wire.tell(ended.id)
        assert.equal((yield* within("1 second")(Fiber.join(ended.waiter))).status, "completed")
        const quiet = yield* followed
        assert.equal((yield* within("7 seconds")(Fiber.join(quiet.waiter))).status, "completed")
      })
    )
  })
})
