/**
 * The ticket: a cancel that changed nothing was reported as done. Whoever asks for it, by whatever way
 * and however late, is told that the run was terminal already, or that there is none.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as RunId from "../../src/RunId.js"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

const settledElsewhere = (status: string) =>
  `UPDATE holdfast_runs SET status = '${status}', work_outcome = 'unknown', finished_at = 5 WHERE run_id = ?`

export default scenario({
  name: "cancelTooLate",
  promise: "a cancel that changed nothing says so: already terminal, or not found",
  guarantees: ["G2", "G3", "G10"],
  // The cancels of the two runs that stop at once and were settled elsewhere: their terminal write comes first.
  plan: FaultPlan.fromRules(
    FaultPlan.rule({ label: "cancel", run: 4 }, "busy"),
    FaultPlan.rule({ label: "cancel", run: 6 }, "busy")
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const terminal = (status: string) => ({ _tag: "AlreadyTerminal", status })

    // Settled long ago: the kept handle knows it, and the row tells it to whoever comes with an id.
    const done = yield* kernel.start("import", Effect.succeed(10))
    assert.equal(yield* within(0)(done.result), 10)
    const row = yield* world.row(done.id)
    yield* Effect.sleep("15 seconds")
    assert.deepEqual(yield* within(0)(done.cancel({ reason: "late" })), terminal("completed"))
    assert.deepEqual(yield* within(0)(kernel.cancel(done.id, { reason: "late" })), terminal("completed"))
    assert.deepEqual(yield* world.row(done.id), row)

    const stopped = yield* kernel.start("import", Effect.never)
    assert.deepEqual(yield* within(0)(stopped.cancel()), { _tag: "Requested", durable: true })
    yield* within(0)(stopped.settled)
    for (const again of [stopped.cancel(), kernel.cancel(stopped.id)])
      assert.deepEqual(yield* within(0)(again), terminal("cancelled"))

    const unknown = yield* RunId.make
    assert.equal((yield* within(0)(Effect.flip(kernel.cancel(unknown))))._tag, "RunNotFound")

    // Somebody else settled it, and its host does not know yet. Work that stops at once, and work that does not.
    for (const status of ["failed", "cancelled"]) {
      const stops = yield* kernel.start("stops", Effect.never)
      yield* world.foreign(settledElsewhere(status), stops.id)
      assert.deepEqual(yield* within(0)(stops.cancel()), terminal(status))
      assert.equal((yield* within(0)(stops.settled)).status, status)

      const gate = yield* Deferred.make<void>()
      const ignores = yield* kernel.start("ignores", Effect.uninterruptible(Deferred.await(gate)))
      yield* world.foreign(settledElsewhere(status), ignores.id)
      const cancelling = yield* Effect.fork(ignores.cancel())
      assert.deepEqual(yield* within("1 second")(Fiber.join(cancelling)), terminal(status))
      yield* Deferred.succeed(gate, undefined)
      assert.equal((yield* within(0)(ignores.settled)).status, status)
    }
    const deleted = yield* kernel.start("stops", Effect.never)
    yield* world.foreign("DELETE FROM holdfast_runs WHERE run_id = ?", deleted.id)
    assert.equal((yield* within(0)(Effect.flip(deleted.cancel())))._tag, "RunNotFound")
    // Neither of these answers is a failure: what failed was asked for by the plan.
    assert.equal((yield* world.lines).filter(({ _tag }) => _tag === "WriteFailed").length, 2)
  })
})
