/**
 * The ticket: a host that was cut off from the database went on working, while another one, which had
 * every reason to think it dead, did the same work again.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RunKernel from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import * as Chaos from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

const Import = Work.make("import", { onHostExit: "restart" })

export default scenario({
  name: "leaseEndsBeforeWork",
  promise:
    "with onLeaseEnd stop, a host that cannot renew has stopped its work before its lease ends, and gives it back",
  guarantees: ["G9", "G12"],
  kernel: { leaseDuration: "6 seconds", onLeaseEnd: "stop" },
  plan: FaultPlan.fromRules(FaultPlan.rule("renew", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const chaos = yield* Chaos.Chaos
    let stopped = 0
    const work = Effect.onInterrupt(Effect.sleep("1 hour"), () => Effect.sync(() => stopped++))
    const context = yield* Layer.build(
      Layer.provideMerge(
        Import.toLayer(() => work),
        Layer.succeed(RunKernel.RunKernel, kernel)
      )
    )
    const restarting = yield* Effect.provide(Import.start(), context)
    const failing = yield* kernel.start("export", work)
    yield* Effect.sleep("4 seconds")
    assert.equal(stopped, 0)
    yield* Effect.sleep("1999 millis")
    assert.equal(stopped, 2, "both have stopped within the lease")
    yield* Effect.sleep("1 second")
    const row = yield* world.row(restarting.id)
    assert.deepEqual([row?.["status"], row?.["host_id"], row?.["attempt"]], ["pending", null, 1])
    assert.equal((yield* kernel.get(failing.id)).failure?.reason, "LeaseLost")
    yield* chaos.heal
    // The lease is renewed, and this very host may take the run up again.
    yield* Effect.sleep("10 seconds")
    assert.deepEqual([(yield* world.row(restarting.id))?.["attempt"]], [2])
    yield* within("2 seconds")(kernel.cancel(restarting.id))
    yield* Effect.sleep("1 second")
    assert.equal((yield* world.row(restarting.id))?.["status"], "cancelled")
  }).pipe(Effect.scoped)
})
