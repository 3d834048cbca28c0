/**
 * The ticket: the database was damaged, or could not be written, while a run was being set up. A damaged
 * database is not written to before it passes its check; the start says so and does not wait for it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "startOnDamagedDatabase",
  promise: "a start on a damaged database fails at once, and nothing is written before the database passes its check",
  guarantees: ["G1", "G4", "G5", "G7"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule({ label: "insert", run: 2 }, "readonly", { window: "untilHealed" }),
    FaultPlan.rule({ label: "insert", run: 3 }, "corrupt"),
    FaultPlan.rule("check", "corrupt", { window: "untilHealed" })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const chaos = yield* Chaos
    let executed = 0
    const gate = yield* Deferred.make<void>()
    const working = yield* kernel.start("working", Deferred.await(gate))
    const start = kernel.start(
      "import",
      Effect.sync(() => ++executed)
    )
    const refused = yield* within(0)(Effect.flip(start))
    assert.deepEqual(refused._tag === "StoreFailure" && [refused.class, refused.code], [
      "permanent",
      world.codeOf("readonly")
    ])
    const damaged = yield* within(0)(Effect.flip(start))
    assert.deepEqual(damaged._tag === "StoreFailure" && [damaged.class, damaged.code], [
      "fatal",
      world.codeOf("corrupt")
    ])

    const writes = Effect.map(chaos.operations, (all) => all.filter(({ label }) => /settle|insert|entomb/.test(label)))
    const before = (yield* writes).length
    yield* Deferred.succeed(gate, undefined)
    const parked = yield* within(0)(Effect.flip(working.settled))
    assert.ok(parked._tag === "VerdictParked" && parked.verdict === "completed", parked.message)
    const another = yield* within(0)(Effect.flip(start))
    assert.deepEqual(another._tag === "StoreFailure" && [another.class, another.inDoubt], ["fatal", false])
    // It is asked whether it is sound, and says that it is not: for two maximal delays.
    yield* Effect.sleep("12 seconds")
    assert.equal((yield* chaos.fired).filter(({ label }) => label === "check").length, 2)
    assert.equal((yield* writes).length, before)
    assert.equal((yield* world.row(working.id))?.["status"], "running")

    yield* chaos.heal
    yield* Effect.sleep("5 seconds")
    assert.equal((yield* within(0)(kernel.get(working.id))).status, "completed")
    const rows = yield* world.foreign("SELECT name, status, work_outcome FROM holdfast_runs ORDER BY name DESC")
    assert.deepEqual(
      rows.map((row) => Object.values(row)),
      [
        ["working", "completed", "succeeded"],
        ["import", "failed", "notStarted"],
        ["import", "failed", "notStarted"]
      ]
    )
    assert.equal(executed, 0)
    assert.equal((yield* world.lines).filter(({ _tag }) => _tag === "DatabaseDamaged").length, 1)
  })
})
