/**
 * A plan is evidence: it must come back from JSON as it went in, or a failure that it records cannot be
 * replayed.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as FaultPlan from "../../chaos/FaultPlan.js"

describe("FaultPlan", () => {
  it("every plan comes back from JSON as it went in", () => {
    const encode = Schema.encodeSync(FaultPlan.FromJson)
    const decode = Schema.decodeSync(FaultPlan.FromJson)
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(FaultPlan.FaultPlan), (plan) => {
        const again = decode(encode(plan))
        // JSON has no negative zero; a rate of -0 is a rate of 0.
        assert.deepStrictEqual(JSON.stringify(again), JSON.stringify(plan))
        assert.instanceOf(again, FaultPlan.FaultPlan)
      }),
      { numRuns: 300 }
    )
  })

  it("the constructors make plans that a Schema accepts", () => {
    for (const fault of FaultPlan.faults) {
      for (const phase of FaultPlan.phases) {
        const plan = FaultPlan.once("settle", fault, phase)
        assert.deepStrictEqual(Schema.decodeSync(FaultPlan.FromJson)(JSON.stringify(plan)), plan)
      }
    }
    const storm = FaultPlan.storm({ seed: 7, intensity: "heavy", labels: ["settle"] })
    assert.deepStrictEqual(Schema.decodeSync(FaultPlan.FromJson)(JSON.stringify(storm)), storm)
  })

  it.effect("a misspelt field is refused, and does not become a rule that fires elsewhere", () =>
    Effect.gen(function* () {
      const json = JSON.stringify({
        rules: [{ place: { label: "settle", atempt: 2 }, fault: "busy", phase: "before", window: "once" }]
      })
      const error = yield* Effect.flip(Schema.decode(FaultPlan.FromJson)(json))
      assert.include(error.message, "atempt")
    })
  )

  it("lateApply is late where nothing else is said, and every other fault comes before", () => {
    assert.strictEqual(FaultPlan.rule("settle", "lateApply").phase, "late")
    assert.strictEqual(FaultPlan.rule("settle", "busy").phase, "before")
  })
})
