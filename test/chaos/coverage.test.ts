/**
 * The contract of coverage itself: a suite that reached everything has no gaps, and each thing that it did
 * not reach is one.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { gapsOf, required } from "../../chaos/Coverage.js"
import { Explorer, FaultPlan } from "../../chaos/index.js"
import { branchesOf } from "../../chaos/internal/branches.js"
import { livesInMemory } from "../../chaos/lives/index.js"

const fired = required.labels.flatMap((label) =>
  FaultPlan.faults.flatMap((fault) =>
    FaultPlan.phases
      .filter((phase) => fault !== "crash" && FaultPlan.canHappen(fault, phase))
      .filter((phase) => label !== "connect" || phase === "before")
      .map((phase) => ({ label, fault, phase, times: 1 }))
  )
)
const full = { scenario: "all of them", executions: 1, fired, gaps: [], branches: required.branches }

describe("coverage", () => {
  it("has no gaps where every fault fired at every statement and every branch was reached", () => {
    assert.deepStrictEqual(gapsOf([full]), [])
    assert.deepStrictEqual(
      gapsOf([
        { ...full, fired: fired.slice(0, 99), branches: required.branches.slice(9) },
        { ...full, fired: fired.slice(99), branches: required.branches.slice(0, 9) }
      ]),
      []
    )
  })

  it("names the fault that never fired at a statement", () => {
    const without = fired.filter(
      ({ fault, label, phase }) => !(label === "settle" && fault === "hang" && phase === "late")
    )
    assert.deepStrictEqual(gapsOf([{ ...full, fired: without }]), ["at settle never fired: hang late"])
  })

  it("names every branch that was never reached", () => {
    for (const branch of required.branches) {
      const branches = required.branches.filter((other) => other !== branch)
      assert.deepStrictEqual(gapsOf([{ ...full, branches }]), [`never reached: ${branch}`])
    }
    assert.strictEqual(new Set(required.branches).size, required.branches.length)
  })

  it("passes on what a report says of itself, and a report of nothing", () => {
    const gaps = gapsOf([
      { ...full, gaps: ["a fault never fired"] },
      { ...full, scenario: "empty", executions: 0 }
    ])
    assert.deepStrictEqual(gaps, ["all of them: a fault never fired", "empty: nothing was executed"])
    assert.isNotEmpty(gapsOf([]))
  })

  it("lets an exception cover what it names, and no more", () => {
    const exceptions = [{ label: "settle", faults: ["hang"], reason: "of this test" }] as const
    const gaps = gapsOf([], { labels: ["settle", "insert"], exceptions, branches: [] })
    assert.lengthOf(gaps, 2)
    assert.notInclude(gaps[0], "hang")
    assert.include(gaps[1], "hang before, hang after, hang late")
  })

  it.live("sees in the logs of a sweep what the kernel went through", () =>
    Effect.gen(function* () {
      const faults = ["busy", "ioError"] as const
      const report = yield* Explorer.sweep(livesInMemory, { faults, windows: ["once"] })
      for (const branch of ["verdict written: Applied", "write failed: settle, transient", "write failed: in doubt"]) {
        assert.include(report.branches ?? [], branch)
      }
      assert.isNotEmpty(gapsOf([report]), "two faults do not reach everything")
    })
  )

  it("does not take the host's own lines, or text that is no line, for the kernel's", () => {
    const lines = ['{"message":{"_tag":"VerdictLost"}}', '{"message":"\\"holdfast\\":1"}', "text"]
    assert.deepStrictEqual([...branchesOf(lines)], [])
  })
})
