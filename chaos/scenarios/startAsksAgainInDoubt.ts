/**
 * The ticket: a start found its key held by one that had been given up, waited for it, and was told in the end that nothing
 * had been asked of the database. Its own insert had been sent twice before that.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "startAsksAgainInDoubt",
  promise:
    "a start that would ask again, and cannot, says that it is in doubt where its first insert had been repeated",
  guarantees: ["G7", "G10"],
  kernel: { startTimeout: "5 seconds" },
  plan: FaultPlan.fromRules(
    // While this one is under way the next two come together, and are sent twice.
    FaultPlan.rule("insert", "latency", { after: 1000 }),
    FaultPlan.rule({ label: "insert", attempt: 2 }, "busy"),
    FaultPlan.rule({ label: "insert", attempt: 3 }, "latency", { phase: "after", after: 1000 }),
    FaultPlan.rule("entomb", "busy", { window: { millis: 7_000 } })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const start = kernel.start(
      "import",
      Effect.sync(() => effects++),
      { key: "one" }
    )
    yield* Effect.fork(kernel.start("import", Effect.void))
    yield* Effect.sleep("10 millis")
    const first = yield* Effect.fork(start)
    yield* Effect.sleep("10 millis")
    const second = yield* Effect.fork(Effect.flip(start))
    yield* Effect.sleep("1500 millis")
    const held = yield* world.foreign("SELECT status FROM holdfast_runs WHERE run_key = 'one'")
    assert.deepEqual(
      held.map((row) => row["status"]),
      ["running"]
    )
    yield* within("100 millis")(Fiber.interrupt(first))
    const error = yield* within("10 seconds")(Fiber.join(second))
    assert.ok(error._tag === "StoreFailure" && error.inDoubt, error.message)
    assert.equal(effects, 0)
  })
})
