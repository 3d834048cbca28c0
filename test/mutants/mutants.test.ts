/**
 * Each mutant must die: the scenario that it names holds with the kernel as it is (which
 * `test/scenarios` shows) and does not hold with the mutant.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Scenario } from "../../chaos/index.js"
import { mutants } from "../../chaos/mutants/index.js"
import { loadMutated } from "../../chaos/mutants/loadMutated.js"
import { scenarios } from "../../chaos/scenarios/index.js"

describe("mutants", () => {
  it("every scenario is named by a mutant that it kills, and every name is unique", () => {
    const killers = new Set(mutants.map(({ killedBy }) => killedBy))
    assert.deepStrictEqual(
      scenarios.map(({ name }) => name).filter((name) => !killers.has(name)),
      []
    )
    assert.strictEqual(new Set(mutants.map(({ name }) => name)).size, mutants.length)
  })

  it.scopedLive("what is loaded without a mutant holds: it is not the loading that kills", () =>
    Effect.gen(function* () {
      const { scenarios: loaded } = yield* loadMutated<{ readonly scenarios: typeof scenarios }>(
        [],
        "/chaos/scenarios/index.ts"
      )
      const some = loaded.filter(
        ({ isReal, name }, index) => isReal !== true && name !== "tenThousand" && index % 8 === 0
      )
      assert.isAbove(some.length, 10)
      for (const scenario of some) yield* Scenario.run(scenario, { timeLimit: "60 seconds" })
    })
  )

  for (const mutant of mutants) {
    it.scopedLive(`${mutant.killedBy} kills ${mutant.name}: ${mutant.defect}`, () =>
      Effect.gen(function* () {
        const module = yield* loadMutated<{ readonly default: Scenario.Scenario }>(
          [mutant],
          `/chaos/scenarios/${mutant.killedBy}.ts`
        )
        const outcome = yield* Effect.either(Scenario.run(module.default, { timeLimit: "60 seconds" }))
        assert.strictEqual(outcome._tag, "Left", `${mutant.name} survived ${mutant.killedBy}`)
      })
    )
  }
})
