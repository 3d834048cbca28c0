/**
 * The judgement and its table: a status counts as wrong exactly where it is not what happened, the same
 * rule for both managers, and the columns stand under each other in any script.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Columns from "../../docs/examples/glossary/columns.js"
import type { Account } from "../../docs/examples/glossary/contest.js"
import * as Display from "../../docs/examples/glossary/display.js"
import * as Report from "../../docs/examples/glossary/report.js"
import { isWrong, judge } from "../../docs/examples/glossary/verdict.js"

const account = (over: Partial<Account>): Account => ({
  document: "texts/rope.md",
  deed: "succeeded",
  cancel: undefined,
  told: ["completed"],
  writes: 1,
  ...over
})

const judged = (over: Partial<Account>, status: string | undefined) =>
  judge(account(over), status === undefined ? undefined : { id: "1", document: "texts/rope.md", status, result: null })

describe("judge", () => {
  const truths: ReadonlyArray<readonly [what: string, account: Partial<Account>, status: string | undefined]> = [
    ["work that succeeded is completed", {}, "completed"],
    ["work that failed is failed", { deed: "failed", told: ["failed"] }, "failed"],
    ["an accepted cancel is cancelled", { deed: "interrupted", cancel: "accepted", told: ["cancelled"] }, "cancelled"],
    ["also where the work still succeeded", { cancel: "accepted", told: ["cancelled"] }, "cancelled"],
    ["a cancel that came too late changes nothing", { cancel: "too late" }, "completed"],
    ["after a cancel without an answer either is true", { cancel: "unanswered" }, "completed"],
    ["after a cancel without an answer either is true", { cancel: "unanswered", told: ["cancelled"] }, "cancelled"],
    ["a start that was refused leaves no run", { deed: "not started", told: [] }, undefined],
    ["or a row that says so", { deed: "not started", told: [] }, "failed"]
  ]
  for (const [what, over, status] of truths) {
    it(`${what} (${over.cancel ?? "no cancel"}, ${status ?? "no row"})`, () => {
      assert.isFalse(isWrong(judged(over, status)))
    })
  }

  const lies: ReadonlyArray<readonly [what: string, account: Partial<Account>, status: string | undefined]> = [
    ["success recorded as failure", { told: ["failed"] }, "failed"],
    ["failure recorded as success", { deed: "failed" }, "completed"],
    ["a row that never became terminal", {}, "running"],
    ["a row of a refused start that stays active", { deed: "not started", told: [] }, "running"],
    ["a row that is not there", {}, undefined],
    ["an accepted cancel that is completed", { cancel: "accepted" }, "completed"],
    ["a cancel that was refused and still done", { cancel: "too late", told: ["cancelled"] }, "cancelled"],
    ["a signal that the row does not confirm", { told: ["completed", "failed"] }, "completed"],
    ["a subscriber who was told nothing", { told: [] }, "completed"]
  ]
  for (const [what, over, status] of lies) {
    it(`${what} is wrong`, () => {
      assert.isTrue(isWrong(judged(over, status)))
    })
  }
})

describe("table", () => {
  const left: Report.Side = { title: "Holdfast", faults: 3, verdicts: [judged({}, "completed")] }
  const right: Report.Side = {
    title: "naive",
    faults: 2,
    verdicts: [judged({ told: ["completed", "failed"] }, "failed")]
  }

  it("shows both sides of a run in one line, and marks what is wrong", () => {
    const lines = Report.table(left, right, 200).split("\n")
    assert.strictEqual(lines.length, 4)
    assert.strictEqual(
      lines[3],
      "rope.md  │ succeeded  completed  completed  1      │ succeeded  failed ✗  completed, failed ✗  1"
    )
  })

  it("stands one below the other where the terminal is too narrow", () => {
    const lines = Report.table(left, right, 60).split("\n")
    assert.strictEqual(lines.length, 9)
    for (const line of lines) assert.isAtMost(Columns.width(line), 60)
  })

  it("counts the runs that are wrong", () => {
    assert.strictEqual(Report.countWrong(left), 0)
    assert.strictEqual(Report.countWrong(right), 1)
    assert.include(Report.summary(right), "naive: 1 of 1 runs recorded wrongly; 2 faults met")
  })

  it("shows no control character of a file's name", () => {
    assert.strictEqual(Report.name("/texts/\u001b[31mred\n.md"), " [31mred .md")
  })
})

describe("columns", () => {
  it("a Japanese character takes two", () => {
    assert.strictEqual(Columns.width("灯台 a"), 6)
    assert.strictEqual(Columns.fit("灯台守", 5), "灯台…")
    assert.strictEqual(Columns.fit("灯", 5), "灯   ")
  })

  it("fit gives exactly as many columns as it is asked for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
        const fitted = Columns.fit(Columns.clean(text), columns)
        assert.strictEqual(Columns.width(fitted), columns)
      })
    )
  })
})

describe("display", () => {
  const lineOf = (document: string, status: string) => {
    const line = Display.emptyLine(document)
    if (status !== "") for (const side of ["holdfast", "naive"] as const) line.told[side] = status
    return line
  }

  it("a line follows what subscribers are told", () => {
    const line = Display.emptyLine("texts/rope.md")
    Display.update(line, "holdfast", { _tag: "Progress", progress: { current: 1, total: 4, step: "Three\nknots" } })
    Display.update(line, "naive", { _tag: "Progress", progress: { current: 4, total: 4 } })
    assert.deepStrictEqual([line.share, line.note], [0.25, "Three knots"])
    Display.update(line, "holdfast", { _tag: "Status", status: "completed" })
    Display.update(line, "naive", { _tag: "Refused", reason: "database is locked" })
    assert.deepStrictEqual(line.told, { holdfast: "completed", naive: "refused" })
    assert.match(Display.render([line], 100, 10)[1] ?? "", /^rope\.md +█{5}░{15} +25% completed +refused/)
  })

  it("never fills more than the terminal, and shows first what still runs", () => {
    const lines = [...Array.from({ length: 30 }, (_, n) => lineOf(`done-${n}.md`, "completed")), lineOf("lives.md", "")]
    const shown = Display.render(lines, 60, 12)
    assert.isAtMost(shown.length, 12)
    assert.match(shown[1] ?? "", /^lives\.md/)
    assert.match(shown.at(-1) ?? "", /and 21 more/)
    for (const line of shown) assert.isAtMost(Columns.width(line), 60)
  })
})
