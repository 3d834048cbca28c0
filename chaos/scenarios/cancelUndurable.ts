/**
 * The ticket: a cancel that no row had recorded was answered as if one had. While the database is
 * away and no terminal write was ever sent, this host's word is all there is, and the answer says so.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "cancelUndurable",
  promise: "a cancel of running work while the database is away is accepted, said not to be durable, and kept",
  guarantees: ["G2", "G5"],
  plan: FaultPlan.fromRules(
    FaultPlan.rule("cancel", "busy", { window: "untilHealed" }),
    FaultPlan.rule("settle", "busy", { window: "untilHealed" })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const handle = yield* kernel.start("import", Effect.sleep("1 hour"))
    const stubborn = yield* kernel.start("import", Effect.uninterruptible(Effect.sleep("1 minute")))

    assert.deepEqual(yield* within("20 seconds")(handle.cancel()), { _tag: "Requested", durable: false })
    assert.deepEqual(yield* within("20 seconds")(stubborn.cancel()), { _tag: "Requested", durable: false })
    for (const { id } of [handle, stubborn]) {
      const row = yield* world.row(id)
      assert.deepEqual([row?.status, row?.cancel_requested_at], ["running", null])
    }

    yield* Effect.flatMap(Chaos, ({ heal }) => heal)
    for (const { id } of [handle, stubborn]) {
      const last = yield* within("2 minutes")(Stream.runLast(kernel.events(id)))
      assert.ok(last._tag === "Some" && last.value._tag === "Settled" && last.value.status === "cancelled")
      assert.equal((yield* world.row(id))?.status, "cancelled")
    }
  })
})
