/**
 * The loader of mutants is tested on a fixture of its own: a loader that applied nothing would make
 * every mutant look like a survivor, and one that applied the wrong thing would make it look killed.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { loadMutated } from "../../chaos/mutants/loadMutated.js"
import { Mutant } from "../../chaos/mutants/Mutant.js"

interface Entry {
  readonly success: Effect.Effect<string>
  readonly failure: Effect.Effect<string>
  readonly effectModule: typeof Effect
}

const entry = "/test/mutants/fixture/entry.ts"

const mutant = (find: string, replace: string, file = "test/mutants/fixture/verdictFixture.ts") =>
  new Mutant({
    name: "success-is-written-as-failed",
    guarantee: "G1",
    defect: "A success is written as failed.",
    file,
    find,
    replace,
    killedBy: "the tests beside it"
  })

describe("loadMutated", () => {
  it.scoped("without mutants a module behaves as it is written", () =>
    Effect.gen(function* () {
      const module = yield* loadMutated<Entry>([], entry)
      assert.strictEqual(yield* module.success, "completed")
      assert.strictEqual(yield* module.failure, "failed")
    })
  )

  it.scoped("a mutant changes the module that it names, and nothing else", () =>
    Effect.gen(function* () {
      const mutated = yield* loadMutated<Entry>([mutant('"completed"', '"$& mutated"')], entry)
      const plain = yield* loadMutated<Entry>([], entry)
      assert.strictEqual(yield* mutated.success, "$& mutated")
      assert.strictEqual(yield* mutated.failure, "failed")
      assert.strictEqual(yield* plain.success, "completed")
    })
  )

  it.scoped("several mutants of one file are all applied", () =>
    Effect.gen(function* () {
      const mutated = yield* loadMutated<Entry>([mutant('"completed"', '"one"'), mutant('"failed"', '"two"')], entry)
      assert.deepStrictEqual([yield* mutated.success, yield* mutated.failure], ["one", "two"])
    })
  )

  it.scoped("packages stay external, so the mutated module runs on the effect of the test", () =>
    Effect.gen(function* () {
      const module = yield* loadMutated<Entry>([], entry)
      assert.strictEqual(module.effectModule.succeed, Effect.succeed)
    })
  )

  it.scoped("a mutant whose text does not occur is an error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(loadMutated<Entry>([mutant("no such text", "")], entry))
      assert.strictEqual(error.reason, "find")
      assert.include(error.message, "0 times")
    })
  )

  it.scoped("a mutant whose text occurs twice is an error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(loadMutated<Entry>([mutant("twice", "")], entry))
      assert.strictEqual(error.reason, "find")
      assert.include(error.message, "2 times")
    })
  )

  it.scoped("a mutant in a file that the module never loads is an error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        loadMutated<Entry>([mutant("export const layerClient", "const layerClient", "src/SqlConnector.ts")], entry)
      )
      assert.strictEqual(error.reason, "unused")
    })
  )

  it.scoped("a mutant that does not compile is an error of loading", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(loadMutated<Entry>([mutant('"completed"', ")(")], entry))
      assert.strictEqual(error.reason, "load")
    })
  )
})
