/**
 * The architecture page against the sources: every module is on it, no other is, and each rule stands
 * where the page says that it does.
 *
 * @since 0.1.0
 */
import { basename } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { cellsOf, filesIn, read } from "./pages.js"

const page = read("docs/architecture.md")
const files = new Map(filesIn("src", ".ts").map((file) => [basename(file, ".ts"), file]))

const backticked = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "")

const section = (heading: string): ReadonlyArray<string> =>
  (page.split(`\n## ${heading}\n`)[1] ?? "").split("\n## ")[0]?.split("\n") ?? []

/** `module` (`name`, `name`): the module, and what it must contain. */
const placesIn = (cell: string): ReadonlyArray<readonly [string, ReadonlyArray<string>]> =>
  [...cell.matchAll(/`(\w+)`(?: \(([^)]*)\))?/g)].map((match) => [match[1] ?? "", backticked(match[2] ?? "")] as const)

describe("the architecture page", () => {
  it("lists every module, and no other", () => {
    const listed = section("Modules")
      .map(cellsOf)
      .flatMap(([name = ""]) => (name.startsWith("`") ? backticked(name) : []))
    const modules = [...files.keys()].filter((name) => name !== "index")
    assert.deepStrictEqual(
      {
        isMissing: modules.filter((name) => !listed.includes(name)),
        isNoModule: listed.filter((name) => !modules.includes(name))
      },
      { isMissing: [], isNoModule: [] }
    )
    assert.strictEqual(new Set(listed).size, listed.length, "each once")
  })

  it("says where each rule stands", () => {
    const rules = section("The rules")
      .map(cellsOf)
      .filter(([number = ""]) => /^\d+$/.test(number))
    assert.deepStrictEqual(
      rules.map(([number]) => number),
      ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
    )
    for (const [number, , where = ""] of rules) {
      const places = placesIn(where)
      assert.isNotEmpty(places, `rule ${number}`)
      for (const [name, contents] of places) {
        const file = files.get(name)
        assert.isDefined(file, `rule ${number} stands in ${name}, and there is no such module`)
        for (const content of contents) assert.include(read(file ?? ""), content, `rule ${number} in ${name}`)
      }
    }
  })
})
