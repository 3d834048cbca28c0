/**
 * Plans that once broke a kernel, kept: the kernel as it is passes under each of them, every fault of each
 * still fires, and each still breaks the mutant that it was found with. One that does not is stale: find
 * the mutant again (`npm run chaos -- random`, on the kernel with the mutant) and keep the new plan.
 */
import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { named } from "../../chaos/cli/catalogue.js"
import { Explorer, FaultPlan, Scenario } from "../../chaos/index.js"
import { mutants } from "../../chaos/mutants/index.js"
import { loadMutated } from "../../chaos/mutants/loadMutated.js"
import { planted } from "../../chaos/mutants/planted.js"

const corpus = new URL("../../chaos/corpus/", import.meta.url)

/** A plan and the mutant that it catches, known by its name. */
const Entry = Schema.Struct({ catches: Schema.NonEmptyString, plan: FaultPlan.FaultPlan }).annotations({
  parseOptions: { onExcessProperty: "error" }
})

const read = Schema.decodeUnknown(Schema.parseJson(Entry))

const known = [...mutants, ...planted]

describe("corpus", () => {
  const files = readdirSync(corpus).filter((file) => file.endsWith(".json"))

  it("is there, and catches a bug of its own with each plan", () => {
    assert.isAtLeast(files.length, 12 + planted.length)
    for (const { name } of planted) assert.include(files, `${name}.json`)
  })

  it.effect("has no room for a word that is misspelt", () =>
    Effect.gen(function* () {
      const text = '{"catches":"x","plan":{"rules":[{"place":{"label":"settle","atempt":2},"fault":"busy"}]}}'
      assert.strictEqual((yield* Effect.either(read(text)))._tag, "Left")
    })
  )

  for (const file of files) {
    it.scopedLive(`${file} breaks its mutant and nothing else`, () =>
      Effect.gen(function* () {
        const { catches, plan } = yield* read(readFileSync(new URL(file, corpus), "utf8"))
        const scenario = yield* named(plan.scenario ?? "none")
        const execution = yield* Scenario.execute(scenario, { plan })
        assert.deepStrictEqual(execution.unfired, [], `${file} is stale: these faults of its plan fire no more`)
        const report = yield* Explorer.replay(scenario, plan)
        assert.isTrue(report.isClean)

        const mutant = known.find(({ name }) => name === catches)
        assert.isDefined(mutant, `${file} names no mutant: ${catches}`)
        const module = yield* loadMutated<{ readonly default: Scenario.Scenario }>(
          mutant === undefined ? [] : [mutant],
          `/chaos/lives/${scenario.name}.ts`
        )
        const { failure } = yield* Scenario.execute(module.default, { plan })
        assert.isDefined(failure, `${file} is stale: ${catches} survives it`)
      })
    )
  }
})
