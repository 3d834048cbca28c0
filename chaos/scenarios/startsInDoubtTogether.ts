/**
 * The ticket: two starts of one key stood in one insert. One was given up, the other was refused for a
 * run that nobody would ever execute; and its refusal was taken for the tombstone of the first, so a
 * third met that row as well.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RunKernel } from "../../src/RunKernel.js"
import * as Chaos from "../Chaos.js"
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
    yield* Effect.sleep("10 millis")
    const first = yield* Effect.fork(start)
    yield* Effect.sleep("10 millis")
    const second = yield* Effect.fork(Effect.either(start))
    yield* Effect.sleep("1500 millis")
    const [there, ...others] = yield* world.foreign("SELECT run_id, status FROM holdfast_runs WHERE run_key = 'one'")
    assert.deepEqual([there?.status, others.length], ["running", 0])
    yield* within("100 millis")(Fiber.interrupt(first))
    const third = yield* Effect.fork(Effect.either(start))

    const answers = yield* within("10 seconds")(Fiber.join(Fiber.all([second, third])))
    const started = answers.flatMap((answer) => (answer._tag === "Right" ? [answer.right] : []))
    assert.ok(started.length > 0, "the key is free again once the tombstone stands")
    for (const handle of started) {
      assert.notEqual(handle.id, there?.run_id)
      assert.equal((yield* within("1 second")(handle.settled)).status, "completed")
    }
    for (const answer of answers) {
      // Of two that waited for the same tombstone one may find the other active, but never the run that was given up.
      if (answer._tag === "Right") continue
      assert.ok(answer.left._tag === "RunAlreadyActive" && answer.left.activeId !== there?.run_id, `${answer.left}`)
    }
    const [abandoned] = yield* world.foreign("SELECT * FROM holdfast_runs WHERE run_id = ?", there?.run_id ?? null)
    assert.deepEqual([abandoned?.status, abandoned?.work_outcome], ["failed", "notStarted"])
    assert.equal(effects, started.length)
    const inserts = (yield* (yield* Chaos.Chaos).operations).filter(({ label }) => label === "insert")
    assert.ok(inserts.length <= 4, `they wait for the tombstone rather than ask again and again: ${inserts.length}`)
  })
})
