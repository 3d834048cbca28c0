/**
 * Bugs that no scenario was written for are found by an explorer, made small, and brought about again by
 * the small plan: by it and by nothing else, since the kernel without the bug passes under it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Explorer, type Report, type Scenario } from "../../chaos/index.js"
import { livesInMemory } from "../../chaos/lives/index.js"
import { loadMutated } from "../../chaos/mutants/loadMutated.js"
import { planted } from "../../chaos/mutants/planted.js"

/** Where the search begins, and after how many executions it gives up: about three times what it needs. */
const searches: Readonly<Record<string, { readonly seed: number; readonly executionMax: number }>> = {
  // From seed 1 it is the 5th execution that finds the first, the 289th the second, the 297th the third, the 191st the last.
  "cancel-looks-then-waits": { seed: 1, executionMax: 60 },
  "last-failure-decides-the-doubt": { seed: 247, executionMax: 130 },
  "foreign-cancel-forgotten-at-shutdown": { seed: 255, executionMax: 130 },
  "journal-written-at-the-end": { seed: 149, executionMax: 130 }
}

/** Faults and choices that a person can still think through. */
const rulesMax = 2
const choicesMax = 5

/** About four seconds of an idle machine. */
const shrinkingMax = 600

const firstOf = ({ findings: [finding], scenario }: Report.Report) => {
  if (finding === undefined) throw new Error(`${scenario}: nothing was found`)
  return finding
}

describe("planted bugs", () => {
  it("are four, of lives in memory, each with a search", () => {
    assert.deepStrictEqual(
      planted.map(({ name }) => name),
      Object.keys(searches)
    )
    assert.isTrue(planted.every(({ killedBy }) => killedBy === livesInMemory.name))
  })

  for (const bug of planted) {
    it.scopedLive(
      `the random explorer finds ${bug.name}, makes it small, and brings it about again`,
      () =>
        Effect.gen(function* () {
          const { default: lives } = yield* loadMutated<{ readonly default: Scenario.Scenario }>(
            [bug],
            `/chaos/lives/${bug.killedBy}.ts`
          )
          const explored = yield* Effect.flip(Explorer.random(lives, { ...searches[bug.name], findingMax: 1 }))
          const { failure, log, plan, shrinking } = firstOf(explored.report)
          assert.deepStrictEqual(explored.report.gaps, [])
          assert.isAtMost(plan.rules.length, rulesMax)
          assert.isAtMost(plan.choices?.length ?? 0, choicesMax)
          assert.isAtMost(shrinking.executions, shrinkingMax)

          const again = yield* Effect.flip(Explorer.replay(lives, plan))
          assert.deepStrictEqual(again.report.gaps, [])
          assert.strictEqual(firstOf(again.report).failure, failure)
          assert.deepStrictEqual(firstOf(again.report).log, log)

          const sound = yield* Explorer.replay(livesInMemory, plan)
          assert.isTrue(sound.isClean)
        }),
      120_000
    )
  }
})
