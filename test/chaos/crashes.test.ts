/**
 * Hosts that are killed, with SIGKILL, at every operation on a real file, and come back. `npm test` kills
 * the first life everywhere and a slice of the recoveries; the whole is a command of its own.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { canaries } from "../../chaos/crash/canaries.js"
import { crashes, replayCrash } from "../../chaos/crash/crashes.js"
import type { Report } from "../../chaos/Report.js"

const killsOf = ({ fired }: Report) => fired.reduce((sum, { times }) => sum + times, 0)

describe("crashes", () => {
  it.live(
    "a host that is killed at any operation, or while it recovers, loses and changes nothing that was promised",
    () =>
      Effect.gen(function* () {
        const report = yield* crashes({ doubles: 20, seed: 1 })
        const { executions, failed, findings, gaps, millis } = report
        assert.deepStrictEqual({ failed, gaps, findings }, { failed: 0, gaps: [], findings: [] })
        assert.strictEqual(killsOf(report), executions - 1, "each execution but the first kills one host of its own")
        assert.isAtLeast(killsOf(report), 100)
        yield* Effect.log(`${killsOf(report)} hosts killed by SIGKILL in ${Math.round(millis / 1000)} s`)
      }),
    300_000
  )

  it.live(
    "a host that is killed in an outage, or on the disk of its journal, loses no verdict that was journaled",
    () =>
      Effect.gen(function* () {
        const report = yield* crashes({ script: "outage", singles: 30, doubles: 10, seed: 1 })
        const { failed, findings, gaps } = report
        assert.deepStrictEqual({ failed, gaps, findings }, { failed: 0, gaps: [], findings: [] })
        assert.strictEqual(killsOf(report), 40)
        assert.isTrue(report.fired.some(({ label }) => label.startsWith("journal")))
      }),
    120_000
  )

  for (const { label, mutant, script } of canaries) {
    it.live(
      `${mutant.name} is found, and found again: ${mutant.defect}`,
      () =>
        Effect.gen(function* () {
          const mutants = [mutant]
          const report = yield* crashes({ mutants, script, labels: [label], findingsMax: 1 })
          assert.deepStrictEqual(report.gaps, [], "it is right as long as nobody kills it")
          const [finding] = report.findings
          if (finding === undefined) return assert.fail(`${mutant.name} was not found`)
          const again = yield* replayCrash(finding.plan, { mutants })
          assert.strictEqual(again.findings[0]?.failure, finding.failure)
          assert.isTrue((yield* replayCrash(finding.plan)).isClean, "and it is the mutant that was found")
        }),
      120_000
    )
  }
})
