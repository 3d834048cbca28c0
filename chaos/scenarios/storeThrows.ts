/**
 * The ticket, one layer up: a store of the host's own (or a wrapper around ours) throws from its update.
 * The writer meets that like a failure: same backoff, same budget, same lines, and it goes on.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Kernel from "../../src/RunKernel.js"
import * as Chaos from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "storeThrows",
  promise: "an update that throws takes the same retry path as one that fails",
  guarantees: ["G1", "G5", "G7"],
  program: Effect.gen(function* () {
    const world = yield* World
    const plan = FaultPlan.fromRules(
      FaultPlan.rule({ label: "insert", run: 1 }, "defect", { phase: "after" }),
      FaultPlan.rule({ label: "settle", run: 1 }, "defect", { window: { times: 3 } }),
      FaultPlan.rule({ label: "settle", run: 2 }, "defect", { phase: "after", window: { times: 3 } })
    )
    // Its end takes time where a verdict is still to be written.
    const scope = yield* Effect.acquireRelease(Scope.make(), (scope, exit) =>
      within("2 minutes")(Scope.close(scope, exit))
    )
    const host = yield* Layer.buildWithScope(
      Kernel.layer().pipe(Layer.provideMerge(Chaos.layerStore(plan)), Layer.provide(world.database.store)),
      scope
    )
    const kernel = Context.get(host, Kernel.RunKernel)
    for (const expected of [1, 2]) {
      const handle = yield* within("1 second")(kernel.start("import", Effect.succeed(expected)))
      // Well below one maximal delay: the backoff is the usual one.
      assert.equal(yield* within("1 second")(handle.result), expected)
      assert.equal((yield* handle.settled).attempts, 4)
      assert.equal((yield* world.row(handle.id))?.["status"], "completed")
    }
    const failures = (yield* world.lines).filter((line) => line._tag === "WriteFailed")
    assert.deepEqual(
      failures.map(({ attempt, failure }) => [failure.operation, attempt, failure.class]),
      [["insert", 1, "unknown"], ...[1, 2, 3, 1, 2, 3].map((attempt) => ["settle", attempt, "unknown"])]
    )
    assert.deepEqual(yield* Context.get(host, Chaos.Chaos).unfired, [])
  }).pipe(Effect.scoped)
})
