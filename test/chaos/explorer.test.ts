/**
 * The explorers on an ordinary service: each finds the bug that is made for it, makes it small and
 * executes it again; and a service without the bug passes all of them, with every plan accounted for.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as chaos from "../../chaos/index.js"
import { payments } from "./payments.js"

const sound = payments({}, 20)
const paysTwice = payments({ isPaidTwice: true }, 20)
const overdraws = payments({ isChecked: "inCode" }, 60)

const failing = (explored: Effect.Effect<chaos.Report.Report, chaos.Explorer.ExplorationFailed>) =>
  Effect.map(Effect.flip(explored), ({ report }) => report)

const firstOf = (report: chaos.Report.Report) => {
  const [finding] = report.findings
  if (finding === undefined) throw new Error("nothing was found")
  return finding
}

describe("sweep", () => {
  it.live("goes over every fault at every operation, and each fires", () =>
    Effect.gen(function* () {
      const report = yield* chaos.sweep(sound, { windows: ["once"] })
      assert.strictEqual(report.executions, report.possible)
      assert.deepStrictEqual([report.failed, report.gaps, report.findings], [0, [], []])
      const ways = chaos.FaultPlan.faults.flatMap((fault) =>
        chaos.FaultPlan.phases.filter((phase) => fault !== "crash" && chaos.FaultPlan.canHappen(fault, phase))
      )
      const labels = new Set(report.fired.map(({ label }) => label))
      assert.deepStrictEqual(labels, new Set(["INSERT payments"]))
      assert.strictEqual(report.fired.length, ways.length)
      assert.isTrue(report.fired.every(({ times }) => times === 2))
    })
  )

  it.live("finds a payment that is made twice when its answer is lost, with one fault", () =>
    Effect.gen(function* () {
      const finding = firstOf(yield* failing(chaos.sweep(paysTwice)))
      assert.strictEqual(finding.plan.rules.length, 1)
      const [rule] = finding.plan.rules
      assert.isTrue(rule !== undefined && "phase" in rule && rule.phase !== "before")
      assert.match(finding.failure, /paid were .*(rent.*rent|rope.*rope)/)
      assert.isBelow(finding.shrinking.millis, 5_000)
    })
  )

  it.live("ends with as many findings as it is asked for, and counts those once that come out the same", () =>
    Effect.gen(function* () {
      const asFound = yield* failing(chaos.sweep(paysTwice, { findingMax: 2, isShrinking: false }))
      assert.deepStrictEqual([asFound.findings.length, asFound.failed], [2, 2])
      const small = yield* failing(chaos.sweep(paysTwice, { findingMax: 2 }))
      assert.deepStrictEqual([small.findings.length, small.failed], [1, 10])
      assert.isBelow(small.executions, small.possible ?? 0)
    })
  )

  it.live("says that it did not get to the end, where it did not", () =>
    Effect.gen(function* () {
      const report = yield* failing(chaos.sweep(sound, { executionMax: 5 }))
      assert.deepStrictEqual([report.executions, report.failed], [5, 0])
      assert.match(report.gaps.join(), /only 5 of \d+ plans were executed/)
    })
  )

  it.live("says of a scenario that fails by itself that it does", () =>
    Effect.gen(function* () {
      const broken = { ...sound, program: Effect.fail("no") }
      const report = yield* failing(chaos.sweep(broken))
      assert.match(report.gaps.join(), /does not hold without any fault: Error: no/)
    })
  )
})

describe("pairs", () => {
  it.live("go over every two faults at every two operations", () =>
    Effect.gen(function* () {
      const report = yield* chaos.pairs(sound, { faults: ["busy", "connectionLost"] })
      assert.strictEqual(report.executions, report.possible)
      // Four ways to fail at two operations; behind `busy` at the first there are two more operations, behind `busy` at
      // the second there is one, and behind a lost connection there is none that could be reached.
      assert.strictEqual(report.executions, 8 + 4 * 2 + 4 * 1)
    })
  )

  it.live("can be had in slices, which say so", () =>
    Effect.gen(function* () {
      const whole = yield* chaos.pairs(sound, { faults: ["busy", "hang"] })
      const slice = yield* chaos.pairs(sound, { faults: ["busy", "hang"], oneOf: 5 })
      assert.strictEqual(slice.possible, whole.possible)
      assert.isBelow(slice.executions, whole.executions)
    })
  )
})

describe("random", () => {
  it.live("finds both bugs, and none where there is none", () =>
    Effect.gen(function* () {
      const clean = yield* chaos.random(sound, { executionMax: 300 })
      assert.deepStrictEqual([clean.executions, clean.seed], [300, 1])
      const twice = firstOf(yield* failing(chaos.random(paysTwice, { findingMax: 1 })))
      assert.deepStrictEqual([twice.plan.rules.length, twice.plan.choices], [1, undefined])
      const overdrawn = firstOf(yield* failing(chaos.random(overdraws, { findingMax: 1 })))
      assert.isAtMost(overdrawn.plan.rules.length + (overdrawn.plan.choices?.length ?? 0), 2)
    })
  )

  it.live("draws the same plans from the same seed", () =>
    Effect.gen(function* () {
      const [first, second] = yield* Effect.all([
        failing(chaos.random(paysTwice, { seed: 7, findingMax: 1, isShrinking: false })),
        failing(chaos.random(paysTwice, { seed: 7, findingMax: 1, isShrinking: false }))
      ])
      assert.deepStrictEqual(firstOf(second).found, firstOf(first).found)
      assert.strictEqual(second.executions, first.executions)
    })
  )
})

describe("interleave", () => {
  it.live("finds two payments that look at one balance, in every mode, with at most two choices", () =>
    Effect.gen(function* () {
      for (const mode of ["random", "pct", "deep", "complete"] as const) {
        const finding = firstOf(yield* failing(chaos.interleave(overdraws, { mode, findingMax: 1 })))
        assert.deepStrictEqual(finding.plan.rules, [], mode)
        assert.isAtMost(finding.plan.choices?.length ?? 0, 2, mode)
        assert.include(finding.failure, "-20 is left", mode)
      }
    })
  )

  it.live("knows all orders that pass over the first in line at most twice, and finds nothing where nothing is", () =>
    Effect.gen(function* () {
      const once = yield* chaos.interleave(sound, { mode: "complete", passes: 1 })
      const twice = yield* chaos.interleave(sound, { mode: "complete" })
      assert.strictEqual(twice.executions, twice.possible)
      assert.isAbove(twice.executions, once.executions)
    })
  )

  it.live("tries orders under the faults of a plan", () =>
    Effect.gen(function* () {
      const plan = chaos.FaultPlan.once("INSERT payments", "ioError", "after")
      const report = yield* failing(chaos.interleave(paysTwice, { plan, findingMax: 1 }))
      assert.strictEqual(firstOf(report).plan.rules.length, 1)
    })
  )
})

describe("replay", () => {
  it.live("brings about again what was found, from its JSON", () =>
    Effect.gen(function* () {
      const finding = firstOf(yield* failing(chaos.random(overdraws, { findingMax: 1 })))
      const json = yield* Schema.encode(chaos.FaultPlan.FromJson)(finding.plan)
      const plan = yield* Schema.decode(chaos.FaultPlan.FromJson)(json)
      const replayed = firstOf(yield* failing(chaos.replay(overdraws, plan)))
      assert.strictEqual(replayed.failure, finding.failure)
      assert.deepStrictEqual(replayed.log, finding.log)
      assert.strictEqual((yield* chaos.replay(sound, plan)).failed, 0)
    })
  )

  it.live("says of a scenario that is not the same twice that it is not", () =>
    Effect.gen(function* () {
      let executions = 0
      const forgetful = { ...sound, program: Effect.suspend(() => Effect.log(`execution ${++executions}`)) }
      const report = yield* failing(chaos.replay(forgetful, chaos.FaultPlan.none))
      assert.match(report.gaps.join(), /two executions had different traces/)
      const repeated = yield* failing(chaos.random(forgetful, { executionMax: 10, isRepeated: true }))
      assert.strictEqual(repeated.gaps.length, 5)
    })
  )
})

describe("a report", () => {
  it.live("names the plan, the command and the reason, and is JSON", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(chaos.sweep(paysTwice, { findingMax: 1 }))
      assert.match(error.message, /sweep of payments: \d+ of \d+ executions/)
      assert.include(error.message, "npm run chaos -- replay '{")
      assert.include(error.message, "paid were")
      const json = yield* Schema.encode(chaos.Report.Report)(error.report)
      assert.deepStrictEqual(yield* Schema.decode(chaos.Report.Report)(JSON.parse(JSON.stringify(json))), error.report)
    })
  )
})
