/**
 * Three hosts in processes of their own on a real Postgres, killed, frozen and cut off. `npm test` has two rounds with few
 * runs; `npm run chaos -- fleet` has five hundred with fifty for each host.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { canaries } from "../../chaos/fleet/canaries.js"
import { fleet } from "../../chaos/fleet/fleet.js"

describe("three hosts on one database", () => {
  it.live(
    "keep what was promised while they are killed, frozen and cut off",
    () =>
      Effect.gen(function* () {
        const { counts, findings } = yield* fleet({ database: "postgres", rounds: 2, runs: 30, seed: 11 })
        assert.deepStrictEqual(findings, [])
        assert.isAtLeast(counts.runs, 2 * 3 * 20)
        assert.isAtLeast(counts.byStatus["completed"] ?? 0, 10)
        // Otherwise nothing was tried. Of twelve runs for each host one was there to be taken over, and had ended on a slow machine.
        assert.isAbove(counts.takeOvers, 0)
        yield* Effect.log(JSON.stringify(counts))
      }),
    180_000
  )

  for (const { found, mutant, seed } of canaries.filter(
    ({ mutant: { name } }) => name === "hosts-are-judged-at-sight"
  )) {
    it.live(
      `are seen to break it where the kernel is wrong: ${mutant.name}`,
      () =>
        Effect.gen(function* () {
          const options = { database: "postgres", rounds: 6, runs: 20, seed, findingsMax: 1 } as const
          const { findings } = yield* fleet({ ...options, mutants: [mutant] })
          assert.match(findings.join("\n"), found)
        }),
      240_000
    )
  }
})
