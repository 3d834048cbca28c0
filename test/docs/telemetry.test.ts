/**
 * The telemetry page against `RunMetrics`: every metric with its kind, every span and every attribute is on the page,
 * and it names no other.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import { RunMetrics } from "../../src/index.js"
import { namedRows, read } from "./pages.js"

const page = read("docs/telemetry.md")

const sectionOf = (heading: string): string => (page.split(`\n## ${heading}\n`)[1] ?? "").split("\n## ")[0] ?? ""

/** The cells of a section's table, by the name in backticks that its first cell has. */
const rowsOf = (heading: string): ReadonlyMap<string, ReadonlyArray<string>> => new Map(namedRows(sectionOf(heading)))

describe("the telemetry page", () => {
  it("has every metric with its kind, and names no other", () => {
    const source = read("src/RunMetrics.ts")
    const rows = rowsOf("Metrics")
    const inSource = [...source.matchAll(/Metric\.(\w+)\(\s*"(holdfast_[a-z_]+)"/g)].map(([, kind = "", name = ""]) => [
      name,
      kind
    ])
    assert.isAtLeast(inSource.length, 12)
    assert.deepStrictEqual([...rows].map(([name, [kind = ""]]) => [name, kind]).sort(), inSource.sort())
    const named = new Set([...page.matchAll(/`(holdfast_[a-z_]+)`/g)].map(([, name]) => name ?? ""))
    assert.deepStrictEqual(
      [...named].filter((name) => !rows.has(name)),
      [],
      "an alert names a metric that there is not"
    )
  })

  it("has every span and every attribute, and names no other", () => {
    const rows = rowsOf("Spans")
    assert.sameMembers([...rows.keys()], Object.values(RunMetrics.spans))
    const told = [...rows.values()].flatMap((cells) =>
      [...(cells[2] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name)
    )
    assert.sameMembers([...new Set(told)], Object.values(RunMetrics.attributes))
  })
})
