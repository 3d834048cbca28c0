/**
 * The ticket: while a completion was being retried somebody else settled the run, and the write that
 * came through at last changed a terminal row. The guard of the statement holds by itself: here even
 * the trigger is gone that would refuse it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "foreignVerdictStands",
  promise: "a terminal row that a foreign client wrote is what counts, however often our own write is repeated",
  guarantees: ["G3", "G4", "G10"],
  plan: FaultPlan.fromRules(
    // Given up by us, and applied by the database two seconds later.
    FaultPlan.rule({ label: "settle", run: 2 }, "lateApply", { after: 2_000 }),
    FaultPlan.rule("settle", "busy", { window: "untilHealed" })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const chaos = yield* Chaos
    yield* world.database.dropTrigger("holdfast_runs_terminal_is_final")
    const handles = [
      yield* kernel.start("import", Effect.succeed(10)),
      yield* kernel.start("import", Effect.succeed(10))
    ] as const
    yield* Effect.sleep("1 seconds")
    const rows = []
    for (const { id } of handles) {
      yield* world.foreign(
        "UPDATE holdfast_runs SET status = 'failed', work_outcome = 'unknown', finished_at = 5, " +
          `error = '{"reason":"HostLost","message":"somebody tidied up"}' WHERE run_id = ? AND status = 'running'`,
        id
      )
      rows.push(yield* world.row(id))
    }
    yield* Effect.sleep("2 seconds")
    assert.deepEqual(
      (yield* chaos.fired).flatMap(({ landing }) => landing ?? []),
      ["landed"]
    )
    yield* chaos.heal
    yield* Effect.sleep("5 seconds")
    for (const [index, handle] of handles.entries()) {
      assert.deepEqual(yield* world.row(handle.id), rows[index])
      const settled = yield* within(0)(handle.settled)
      assert.deepEqual([settled.status, settled.workOutcome], ["failed", "unknown"])
      const error = yield* Effect.flip(handle.result)
      assert.ok(error._tag === "RunFailed" && error.reason === "HostLost", error.message)
    }
    const written = (yield* world.lines).filter((line) => line._tag === "VerdictWritten")
    assert.deepEqual(
      written.map(({ outcome }) => outcome),
      ["NoOp", "NoOp"]
    )
  })
})
