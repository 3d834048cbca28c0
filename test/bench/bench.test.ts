/**
 * The benchmark works: its parts run, and their entries are well-formed. Nothing here looks at how fast
 * anything is.
 *
 * @since 0.1.0
 */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { besideEach, type Entry, entryOf } from "./entry.js"
import { entriesOf } from "./onePart.js"
import * as Page from "./page.js"
import { parts } from "./parts/index.js"
import { measure } from "./rounds.js"
import { tableOf } from "./table.js"

/** The others need a server or the collector, or do what one of these does with more rows. */
const elsewhere = ["postgres", "heap", "recovery-1m", "growth-1m"]

const isPositive = (value: number): boolean => Number.isFinite(value) && value > 0

const assertWellFormed = (entry: Entry): void => {
  const text = JSON.stringify(entry)
  assert.isTrue(isPositive(entry.value), text)
  assert.isTrue(entry.min <= entry.value && entry.value <= entry.max, text)
  assert.isNotEmpty(entry.unit, text)
  assert.isAtLeast(entry.rounds, 1, text)
  assert.strictEqual(entry.baseline === null, entry.ratio === null, text)
  if (entry.baseline !== null) assert.isTrue(isPositive(entry.baseline.value) && isPositive(entry.ratio ?? 0), text)
  assert.strictEqual(entry.target === null, entry.met === null, text)
}

describe("the parts of the benchmark", () => {
  for (const part of parts.filter(({ name }) => !elsewhere.includes(name))) {
    it(`${part.name} gives well-formed entries`, async () => {
      const entries = await entriesOf(part, "quick")
      assert.isNotEmpty(entries)
      for (const entry of entries) assertWellFormed(entry)
      const names = entries.map((entry) => `${entry.part}: ${entry.name}`)
      assert.strictEqual(new Set(names).size, names.length, "each name once")
      for (const name of names) assert.isTrue(name.startsWith(`${part.name}: `), name)
    })
  }
})

describe("a figure", () => {
  const ours = { name: "ours", samples: [10, 40, 30] }
  const theirs = { name: "theirs", samples: [10, 10, 10] }

  it("is compared with its baseline round by round", () => {
    const drifting = { name: "theirs", samples: [5, 20, 15] }
    assert.strictEqual(entryOf("part", "runs/s", ours, drifting).ratio, 2)
  })

  it("is the median, with its range", () => {
    const entry = entryOf("part", "runs/s", ours)
    assert.deepInclude(entry, { value: 30, min: 10, max: 40, baseline: null, ratio: null, target: null, met: null })
  })

  it("meets its target, or does not", () => {
    const name = "1,000 at a time, beside a commit per write"
    const metWith = (samples: ReadonlyArray<number>) =>
      entryOf("throughput", "runs/s", { name, samples }, theirs, name).met
    assert.deepStrictEqual([metWith([30, 30, 30]), metWith([29, 29, 29])], [true, false])
  })

  it("stands in the table with its baseline", () => {
    const table = tableOf(besideEach("part", "runs/s", [ours], [theirs]))
    assert.match(table, /\| ours, beside theirs +\| 30 +\| 10 to 40 +\| runs\/s +\| theirs +\| 10 +\| 3× +\|/)
  })
})

describe("rounds", () => {
  it("take the subjects in turn, and forget those of the warm-up", async () => {
    const order: Array<string> = []
    const subject = (name: string) => ({ name, sample: async () => order.push(name) })
    const [a, b] = await measure([subject("a"), subject("b")], { warmUp: 1, rounds: 2 })
    assert.deepStrictEqual(order, ["a", "b", "b", "a", "a", "b"])
    assert.deepStrictEqual(
      [a?.samples, b?.samples],
      [
        [4, 5],
        [3, 6]
      ]
    )
  })
})

describe("the page of performance", () => {
  const page = readFileSync(Page.file, "utf8")
  const figures = JSON.parse(readFileSync(Page.figuresFile, "utf8")) as Page.Figures

  it("has the tables that its figures make", () => {
    assert.strictEqual(page, Page.render(page, figures), "make the page anew: npm run bench:page")
  })

  it("shows every part that is measured", () => {
    const shown = [...page.matchAll(/<!-- bench: ([^>]+?) -->/g)].flatMap(([, names]) => names?.split(", ") ?? [])
    for (const name of [...parts.map((part) => part.name), "peers", "machine"]) assert.include(shown, name)
  })

  it("is made of figures that were measured in full", () => {
    for (const report of [figures.bench, figures.peers]) if (report !== null) assert.strictEqual(report.size, "full")
  })
})
