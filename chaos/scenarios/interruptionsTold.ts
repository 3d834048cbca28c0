/**
 * The ticket: everything that interrupted work was recorded as `cancelled`: a timeout, a shutdown, and
 * work that had interrupted itself. Nobody had cancelled any of them.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RunKernel } from "../../src/RunKernel.js"
import { scenario, World, within } from "./world.js"

const forAnHour = Effect.sleep("1 hour")

const joinsInterruptedChild = Effect.gen(function* () {
  const child = yield* Effect.fork(forAnHour)
  yield* Fiber.interrupt(child)
  return yield* Fiber.join(child)
})

export default scenario({
  name: "interruptionsTold",
  promise: "a timeout, a shutdown, an interruption of the work's own and a cancel are each recorded as what they were",
  guarantees: ["G12"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const runs = {
      timedOut: yield* kernel.start("import", forAnHour, { timeout: "1 second" }),
      interruptedItself: yield* kernel.start("import", Effect.interrupt),
      joinedInterruptedChild: yield* kernel.start("import", joinsInterruptedChild),
      cancelled: yield* kernel.start("import", forAnHour, { timeout: "10 seconds" }),
      shutDown: yield* kernel.start("import", forAnHour, { timeout: "10 minutes" })
    }
    yield* Effect.sleep("5 seconds")
    assert.deepEqual(yield* within("1 second")(runs.cancelled.cancel()), { _tag: "Requested", durable: true })
    yield* Effect.sleep("10 seconds")
    yield* world.close

    const ends: Record<string, ReadonlyArray<unknown>> = {}
    for (const [what, { id }] of Object.entries(runs)) {
      const row = yield* world.row(id)
      ends[what] = [row?.status, row?.work_outcome, JSON.parse(String(row?.error))?.reason]
    }
    assert.deepEqual(ends, {
      timedOut: ["failed", "interrupted", "RunTimedOut"],
      interruptedItself: ["failed", "interrupted", "WorkInterrupted"],
      joinedInterruptedChild: ["failed", "interrupted", "WorkInterrupted"],
      cancelled: ["cancelled", "interrupted", undefined],
      shutDown: ["failed", "interrupted", "HostShutdown"]
    })
  })
})
