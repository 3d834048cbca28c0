/**
 * Hosts with a verdict journal that are killed, with SIGKILL, at random moments of an outage on a real file, and come back
 * when it is over. `npm test` has a dozen trials; `npm run chaos -- outage` has two hundred.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { mutants } from "../../chaos/mutants/index.js"
import { outages } from "../../chaos/outage/outages.js"

describe("an outage that outlives its host", () => {
  it.live(
    "costs no verdict that was journaled, wherever the host is killed",
    () =>
      Effect.gen(function* () {
        const { findings, right, ...sums } = yield* outages({ trials: 12 })
        assert.deepStrictEqual([findings, right], [[], 12])
        assert.isAtLeast(sums.kills, 8)
        // Otherwise nothing was tried.
        assert.isAtLeast(sums.journaled, 50)
        assert.isAtLeast(sums.applied, 50)
        assert.isAbove(sums.lost, 0)
        yield* Effect.log(JSON.stringify(sums))
      }),
    120_000
  )

  it.live(
    "costs none in silence where the disk of the journal is full: what fits is kept, what does not is told of",
    () =>
      Effect.gen(function* () {
        // One that is killed, one that is closed, and one that lives to see its database come back.
        const { findings, refused, right, ...sums } = yield* outages({ trials: 3, isFull: true })
        assert.deepStrictEqual([findings, right], [[], 3])
        assert.isAbove(refused, 0)
        assert.isAtLeast(sums.journaled, 20)
      }),
    120_000
  )

  it.live(
    "is seen to cost them where a host judges before it replays",
    () =>
      Effect.gen(function* () {
        const wrong = mutants.filter(({ name }) => name === "recovery-before-replay")
        assert.lengthOf(wrong, 1)
        // Its lease has run out by then, as after a long outage.
        const { findings } = yield* outages({ trials: 3, seed: 3, mutants: wrong, pauseMillis: 1_200 })
        assert.match(findings.join("\n"), /was journaled as completed, succeeded, and its row says failed, unknown/)
      }),
    120_000
  )
})
