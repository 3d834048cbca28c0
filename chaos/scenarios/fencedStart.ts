/**
 * The ticket: a machine woke up after a long sleep. A start whose insert had been on its way ran under
 * the identity that had been judged lost meanwhile; its row was settled as lost under the running work,
 * and a second run of the same key overlapped it.
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
  name: "fencedStart",
  promise: "work whose row belongs to an identity of this host that was fenced does not begin",
  guarantees: ["G7", "G8"],
  kernel: { leaseDuration: "6 seconds", startTimeout: "30 seconds" },
  plan: FaultPlan.fromRules(FaultPlan.rule("insert", "busy", { window: { times: 6 } })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.sync(() => effects++)
    const start = yield* Effect.fork(Effect.flip(kernel.start("import", work, { key: "one" })))
    yield* Effect.sleep("500 millis")
    yield* world.foreign("UPDATE holdfast_hosts SET state = 'fenced'")
    // The renewal finds that out and registers anew, while the insert is still being retried.
    yield* Effect.sleep("2 seconds")
    assert.ok((yield* world.lines).some(({ _tag }) => _tag === "LeaseReplaced"))

    const refused = yield* within("20 seconds")(Fiber.join(start))
    assert.equal(refused._tag, "StoreFailure")
    assert.equal(effects, 0)
    const again = yield* within("10 seconds")(kernel.start("import", work, { key: "one" }))
    assert.equal((yield* within("1 second")(again.settled)).status, "completed")
    assert.equal(effects, 1)
  })
})
