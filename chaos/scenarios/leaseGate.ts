/**
 * The ticket: a host that had been cut off from its database for longer than its lease went on starting
 * work, and its runs had been judged lost already. And the idempotency key of a start that was refused
 * for that was burnt: its repetition was answered with a run that nobody would ever execute. And the
 * caller was told for certain that the work would not be done, while another host was doing it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { RunKernel } from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import * as Chaos from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

const Import = Work.make("import")

export default scenario({
  name: "leaseGate",
  promise: "no work begins while the lease is not held, and a start that is refused for it can be made again",
  guarantees: ["G7", "G8"],
  kernel: { leaseDuration: "6 seconds" },
  plan: FaultPlan.fromRules(FaultPlan.rule("renew", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const chaos = yield* Chaos.Chaos
    let effects = 0
    const host = Import.toLayer(() => Effect.sync(() => effects++)).pipe(
      Layer.provide(Layer.succeed(RunKernel, kernel))
    )
    const start = Import.start({ idempotencyKey: "tonight" }).pipe(Effect.provide(host))
    yield* Effect.sleep("7 seconds")

    const refused = yield* within("1 second")(Effect.flip(start))
    assert.ok(refused._tag === "StoreFailure" && refused.message.includes("lease"), refused.message)
    // Its row is there, and a host that has judged this one lost may have begun it: nobody here can say that it has not.
    assert.equal(refused.inDoubt, true)
    assert.equal(effects, 0)
    yield* Effect.sleep("100 millis")
    const [row] = yield* world.foreign("SELECT status, work_outcome, idempotency_key FROM holdfast_runs")
    assert.deepEqual({ ...row }, { status: "failed", work_outcome: "notStarted", idempotency_key: null })

    yield* chaos.heal
    yield* Effect.sleep("6 seconds")
    const again = yield* within("1 second")(start)
    assert.equal(again.isNew, true)
    yield* within("1 second")(again.result)
    assert.equal(effects, 1)
  })
})
