/**
 * The pages of guarantees and of mutants are what the code and the figures of long runs make them, and
 * nothing is missing behind a guarantee. The README says the guarantees in the same words.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Evidence from "../../chaos/guarantees/Evidence.js"
import * as GuaranteesPage from "../../chaos/guarantees/guaranteesPage.js"
import * as MutantsPage from "../../chaos/guarantees/mutantsPage.js"
import * as Sources from "../../chaos/guarantees/sources.js"
import { Report } from "../../chaos/index.js"
import { Guarantee } from "../../src/RunHistory.js"
import { read, root } from "./pages.js"

const sources = await Effect.runPromise(Sources.read(root))

const measure = "npm run chaos:mutants -- 2000 chaos/mutants/deaths.json"
const write = "write the pages anew: npm run chaos:guarantees"

const entry: Evidence.Entry = {
  explorer: "random",
  scenario: "livesInMemory",
  executions: 10,
  faults: 3,
  seconds: 1,
  seedFirst: 1,
  seedLast: 10,
  failed: 0,
  gaps: 0
}

describe("the page of guarantees", () => {
  it("is what its sources make it", () => {
    assert.strictEqual(read(GuaranteesPage.file), GuaranteesPage.render(sources), write)
  })

  it("says of every guarantee its invariant, its scenarios, its mutants and its executions", () => {
    assert.deepStrictEqual(
      sources.statements.map(({ guarantee }) => guarantee),
      [...Guarantee.literals]
    )
    assert.deepStrictEqual(GuaranteesPage.gaps(sources), [])
  })

  it("says them in the words of the README", () => {
    const readme = read("README.md").split("\n")
    for (const { guarantee, says, today } of sources.statements) {
      assert.include(readme, `| ${guarantee} | ${says} | ${today} |`)
    }
  })

  it("is complained about where something is missing, and changes with its sources", () => {
    const without = <A extends { readonly guarantee: Guarantee }>(all: ReadonlyArray<A>) =>
      all.filter(({ guarantee }) => guarantee !== "G3")
    const bare = {
      ...sources,
      invariants: without(sources.invariants),
      mutants: without(sources.mutants),
      onPostgres: without(sources.onPostgres),
      guards: sources.guards.filter(({ guarantees }) => !guarantees.includes("G3")),
      evidence: [{ ...entry, scenario: "noSuchScenario" }]
    }
    assert.includeMembers(
      [...GuaranteesPage.gaps(bare)],
      [
        "G3 has 0 invariants",
        "no scenario guards G3",
        "no mutant breaks G3",
        "no execution stands behind G3",
        "there is evidence about noSuchScenario, and no such scenario"
      ]
    )
    const once = GuaranteesPage.render({ ...sources, evidence: [entry] })
    assert.notStrictEqual(GuaranteesPage.render({ ...sources, evidence: [{ ...entry, executions: 11 }] }), once)
    assert.include(once, "- **Executions** 10, with 3 faults, 0 failed: random 10.")
  })

  it("takes from an invariant what its header says, and from other modules nothing", () => {
    const header = "/**\n * G3: it stays,\n * always.\n *\n * Because.\n *\n * @since 0.1.0\n */\n"
    assert.deepStrictEqual(Sources.invariantOf("a.ts", `${header}const found = new Findings("G3", story)`), [
      { guarantee: "G3", file: "a.ts", says: "it stays, always." }
    ])
    assert.deepStrictEqual(Sources.invariantOf("b.ts", header), [])
  })
})

describe("the page of mutants", () => {
  it("is what its sources make it", () => {
    assert.strictEqual(read(MutantsPage.file), MutantsPage.render(sources), write)
  })

  it("has figures of every mutant, and of no other", () => {
    assert.deepStrictEqual(MutantsPage.gaps(sources), [], `measure again: ${measure}`)
  })

  it("is complained about where a mutant was not measured, or is no more", () => {
    const [first, ...others] = sources.mutants
    if (first === undefined) return assert.fail("there are no mutants")
    assert.include(MutantsPage.gaps({ ...sources, mutants: others }), `there is no mutant ${first.name}`)
    const measured = sources.deaths.mutants.filter(({ name }) => name !== first.name)
    const deaths = { ...sources.deaths, mutants: measured }
    assert.include(MutantsPage.gaps({ ...sources, deaths }), `${first.name} was not measured`)
    assert.include(MutantsPage.render({ ...sources, deaths }), "not measured")
  })
})

describe("evidence", () => {
  const report = (fields: Partial<Report.Report>) =>
    new Report.Report({
      explorer: "random",
      scenario: "livesInMemory",
      executions: 10,
      failed: 0,
      millis: 1_234,
      simulatedMillis: 0,
      fired: [
        { label: "settle", fault: "busy", phase: "before", times: 2 },
        { label: "insert", fault: "busy", phase: "before", times: 1 }
      ],
      gaps: [],
      findings: [],
      ...fields
    })

  it("is the totals of a report", () => {
    assert.deepStrictEqual(Evidence.entryOf(report({ seed: 1 }), "pct"), { ...entry, seconds: 1.2 })
    const crash = Evidence.entryOf(report({ explorer: "crash", seed: 7 }), undefined)
    assert.deepStrictEqual([crash?.seedFirst, crash?.seedLast], [7, undefined])
    assert.strictEqual(Evidence.entryOf(report({ explorer: "interleave" }), "pct")?.mode, "pct")
    assert.isUndefined(Evidence.entryOf(report({ explorer: "replay" }), undefined))
  })

  it("is replaced by the same exploration once more, and counts no seed twice", () => {
    const later = { ...entry, seedFirst: 11, seedLast: 20 }
    const overlapping = { ...entry, seedFirst: 5, seedLast: 10 }
    const other = { ...entry, scenario: "livesOnSqlite" }
    assert.deepStrictEqual(Evidence.add([entry], [later, other]), [entry, later, other])
    assert.deepStrictEqual(Evidence.add([entry, later], [overlapping]), [overlapping, later])
  })

  it("is refused where the file has what no command has written", () => {
    const decode = Schema.decodeEither(Evidence.FromJson)
    assert.strictEqual(decode(JSON.stringify([entry]))._tag, "Right")
    assert.strictEqual(decode(JSON.stringify([{ ...entry, note: "trust me" }]))._tag, "Left")
  })
})
