/**
 * The ticket: the database failed while the host itself was being set up. The kernel's layer comes up
 * after retries, whatever the statement failed with, or fails with what the database said.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Kernel from "../../src/RunKernel.js"
import * as Chaos from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { storeLayer } from "./database.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "hostNotRegistered",
  promise: "a kernel whose registration fails comes up after retries, or fails with a StoreFailure and leaves nothing",
  guarantees: ["G7"],
  program: Effect.gen(function* () {
    const { database, foreign } = yield* World
    /** Another host on the same file, whose registration meets this fault; and how often it registered. */
    const build = (rule: FaultPlan.Rule) =>
      Effect.gen(function* () {
        const broken = yield* Layer.build(
          Layer.provide(Chaos.layerConnector(FaultPlan.fromRules(rule)), database.connector)
        )
        const kernel = Kernel.layer().pipe(Layer.provide(storeLayer), Layer.provide(Layer.succeedContext(broken)))
        const built = yield* Effect.exit(within("30 seconds")(Layer.build(kernel)))
        const operations = yield* Context.get(broken, Chaos.Chaos).operations
        return [built, operations.filter(({ label }) => label === "register").length] as const
      }).pipe(Effect.scoped)
    const rule = (fault: FaultPlan.Fault, phase: FaultPlan.Phase, window: FaultPlan.Window) =>
      FaultPlan.rule("register", fault, { phase, window })

    for (const passing of [
      rule("busy", "before", { times: 3 }),
      rule("ioError", "after", { times: 3 }),
      rule("defect", "before", { times: 3 }),
      rule("connectionLost", "after", { times: 3 })
    ]) {
      const [built, registrations] = yield* build(passing)
      assert.equal(built._tag, "Success", `${passing.fault}: ${built}`)
      assert.equal(registrations, 4, passing.fault)
    }
    for (const [lasting, attempts] of [
      [rule("busy", "before", "untilHealed"), 8],
      [rule("readonly", "before", "untilHealed"), 1]
    ] as const) {
      const [built, registrations] = yield* build(lasting)
      assert.ok(built._tag === "Failure" && built.cause._tag === "Fail", `${lasting.fault}: ${built}`)
      const failure = built.cause.error
      assert.deepEqual([failure._tag, failure.operation, registrations], ["StoreFailure", "register", attempts])
    }
    // Those that came up have gone again; those that did not were never there. What is left is the scenario's own.
    assert.equal((yield* foreign("SELECT host_id FROM holdfast_hosts")).length, 1)
  })
})
