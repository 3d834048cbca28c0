/**
 * The ticket: two starts of one key stood in one insert. One was given up, the other was refused; and
 * the refusal of the second was taken for the tombstone of the first, so a third met its row.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "startsInDoubtTogether",
  promise: "a start waits for the tombstone of its key, whatever becomes of other starts of that key meanwhile",
  guarantees: ["G7", "G8"],
  plan: FaultPlan.fromRules(
    // While this one is under way the next two come together.
    FaultPlan.rule("insert", "latency", { after: 1000 }),
    FaultPlan.rule({ label: "insert", attempt: 2 }, "latency", { phase: "after", after: 1000 }),
    FaultPlan.rule("entomb", "busy", { window: { times: 3 } })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.sync(() => effects++)
    const start = kernel.start("import", work, { key: "one" })
    yield* Effect.fork(kernel.start("import", Effect.void))
    yield* TestClock.adjust("10 millis")
    const first = yield* Effect.fork(start)
    yield* TestClock.adjust("10 millis")
    const second = yield* Effect.fork(Effect.flip(start))
    yield* TestClock.adjust("1500 millis")
    const [there, ...others] = yield* world.foreign("SELECT run_id, status FROM holdfast_runs WHERE run_key = 'one'")
    assert.deepEqual([there?.status, others.length], ["running", 0])
    yield* within("100 millis")(Fiber.interrupt(first))
    const third = yield* Effect.fork(start)

    const refused = yield* within("5 seconds")(Fiber.join(second))
    assert.ok(refused._tag === "RunAlreadyActive" && refused.activeId === there?.run_id, `${refused}`)
    const handle = yield* within("8 seconds")(Fiber.join(third))
    assert.equal((yield* within("1 second")(handle.settled)).status, "completed")
    const [abandoned] = yield* world.foreign("SELECT * FROM holdfast_runs WHERE run_id = ?", refused.activeId)
    assert.deepEqual([abandoned?.status, abandoned?.work_outcome], ["failed", "notStarted"])
    assert.equal(effects, 1)
  })
})
