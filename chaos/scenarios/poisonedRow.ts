/**
 * The ticket: one row that the database refuses held up every run whose verdict stood in the same
 * statement. It is isolated and parked at once, with an alert, while the others settle; and it is
 * written when the reason has gone.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "poisonedRow",
  promise: "a row that the database refuses parks alone and at once, and lands when the database takes it",
  guarantees: ["G1", "G4", "G5"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const gate = yield* Deferred.make<void>()
    const handles = yield* Effect.forEach(
      Array.from({ length: 32 }, (_, index) => index),
      (index) => kernel.start("import", Effect.as(Deferred.await(gate), index))
    )
    const bad = handles[13] ?? assert.fail()
    yield* Effect.addFinalizer(() => world.database.dropTrigger("refuse"))
    yield* world.database.refuse({ name: "refuse", event: "UPDATE", when: `NEW.run_id = '${bad.id}'` })
    yield* Deferred.succeed(gate, undefined)
    // No time passes: nobody waits for a retry.
    const others = handles.filter(({ id }) => id !== bad.id)
    const settled = yield* within(0)(Effect.forEach(others, (handle) => handle.settled))
    assert.ok(settled.every(({ status }) => status === "completed"))
    const parked = yield* within(0)(Effect.flip(bad.settled))
    assert.ok(parked._tag === "VerdictParked", parked.message)
    assert.deepEqual(
      [parked.verdict, parked.lastFailure.class, parked.lastFailure.code],
      ["completed", "permanent", world.database.refusalCode]
    )
    assert.equal((yield* world.row(bad.id))?.["status"], "running")
    const alerts = (yield* world.log).map((text) => JSON.parse(text)).filter(({ logLevel }) => logLevel === "ERROR")
    assert.deepEqual(
      alerts.map(({ message }) => [message._tag, message.runId]),
      [["VerdictParked", bad.id]]
    )
    // They stood in one statement, which was halved until the bad row stood alone.
    const sizes = (yield* world.lines).flatMap((line) => (line._tag === "WriteFailed" ? [line.rows] : []))
    assert.deepEqual(sizes, [32, 16, 8, 4, 2, 1])

    // It goes on by itself, and holds up nobody: neither a newer verdict, nor the other way round.
    yield* Effect.sleep("12 seconds")
    const next = yield* kernel.start("import", Effect.succeed(99))
    assert.equal(yield* within(0)(next.result), 99)
    const carrying = (yield* (yield* Chaos).operations).filter(({ label }) => label === "settle")
    assert.deepEqual(
      carrying.slice(-3).map(({ runs }) => runs.length),
      [1, 1, 1]
    )
    yield* world.database.dropTrigger("refuse")
    yield* Effect.sleep("5 seconds")
    assert.equal(yield* within(0)(bad.result), 13)
    assert.equal((yield* world.row(bad.id))?.["status"], "completed")
  }).pipe(Effect.scoped)
})
