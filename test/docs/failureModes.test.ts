/**
 * The failure modes page against the scenarios and the mutants that it speaks of.
 *
 * @since 0.1.0
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Scenario } from "../../chaos/index.js"
import { Mutant } from "../../chaos/mutants/Mutant.js"
import { scenarios as indexed } from "../../chaos/scenarios/index.js"
import { rowOf, rowsOf } from "./failureModes.js"
import { read, root } from "./pages.js"

/**
 * Whatever the modules of a folder export, by file: what lies there and is in no index is found as well.
 * A `main.ts` is a program, and would be executed.
 */
const exportsIn = async (folder: string): Promise<ReadonlyArray<unknown>> => {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(".ts") && name !== "main.ts")
  const modules = await Promise.all(names.map((name) => import(join(root, folder, name)) as Promise<object>))
  return modules.flatMap((module) => Object.values(module)).flat()
}

const isScenario = (value: unknown): value is Scenario.Scenario =>
  typeof value === "object" && value !== null && "promise" in value && "program" in value

const scenarios = new Map((await exportsIn("chaos/scenarios")).filter(isScenario).map((one) => [one.name, one]))
const mutants = [...new Set(await exportsIn("chaos/mutants"))].filter((value) => value instanceof Mutant)

/** What is wrong with the page's rows: a row to write, or a name to take out. */
const complaintsAbout = (rows: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const absent = indexed.filter(({ name }) => !rows.has(name)).map(({ name }) => `no row is about ${name}`)
  const wrong = [...rows].flatMap(([name, row]) => {
    const scenario = scenarios.get(name)
    if (scenario === undefined) return [`there is no scenario ${name}`]
    const expected = rowOf(scenario, mutants)
    return row === expected ? [] : [`write: ${expected}`]
  })
  return [...absent, ...wrong]
}

describe("the failure modes page", () => {
  const rows = rowsOf(read("docs/failure-modes.md"))

  it("names every scenario, with its promise, its guarantees and the mutants that it kills", () => {
    assert.deepStrictEqual(complaintsAbout(rows), [])
  })

  it("is complained about where it names what is not there, leaves one out, or says something else", () => {
    const [first, second] = indexed
    if (first === undefined || second === undefined) return assert.fail("there are no scenarios")
    const changed = new Map(rows)
    changed.delete(first.name)
    changed.set("noSuchScenario", "| [noSuchScenario](../chaos/scenarios/noSuchScenario.ts) | x | G1 | `y` |")
    changed.set(second.name, rowOf(second, mutants).replace(/ \|$/, ", `no-such-mutant` |"))
    const found = complaintsAbout(changed)
    assert.include(found, `no row is about ${first.name}`)
    assert.include(found, "there is no scenario noSuchScenario")
    assert.include(found, `write: ${rowOf(second, mutants)}`)
  })
})
