/**
 * The model of the protocol with what the design's own does not have: the rows of fenced hosts are removed. Explored
 * completely, in its smaller scenarios; `node test/protocol-model/run.cjs` has the others. What begins with `limit-` is
 * a limit that the docs tell of.
 */
import { createRequire } from "node:module"
import { assert, describe, it } from "@effect/vitest"
import { mutants } from "../../chaos/mutants/index.js"
import { mutantWithout, without as unmatched } from "./rules.js"

interface Found {
  readonly cut: boolean
  readonly states: number
  readonly found: ReadonlyMap<string, unknown>
}

const require = createRequire(import.meta.url)
const { SIMPLE, explore } = require("./model.cjs") as {
  readonly SIMPLE: ReadonlyArray<string>
  readonly explore: (scenario: object) => Found
}
const scenarios = require("./scenarios.cjs") as { readonly [id: string]: object }

/** Where the rows of fenced hosts are not removed it is the design's own model. */
const explored = (id: string, { removes = true, without = "" } = {}) => {
  const repairs = SIMPLE.filter((rule) => rule !== without)
  const { cut, found, states } = explore({ ...scenarios[id], repairs, removes: removes ? 1 : 0 })
  assert.isFalse(cut)
  return { states, broken: [...found.keys()].filter((violation) => !violation.startsWith("limit-")) }
}

describe("the protocol, where the rows of fenced hosts are removed", () => {
  it("keeps its promises in every order of a host that is cut off, and of one that leaves with a parked verdict", () => {
    const [cutOff, leaving] = [explored("S11"), explored("S12")]
    assert.deepStrictEqual([...cutOff.broken, ...leaving.broken], [])
    assert.isAbove(leaving.states, explored("S12", { removes: false }).states)
  })

  it("breaks them where a removal does not ask whether its host was fenced", () => {
    assert.deepStrictEqual(explored("S8").broken, [])
    assert.include(explored("S8", { without: "removeFenced" }).broken, "G9-overlap")
  })
})

describe("each rule of the model", () => {
  it("has a mutant of the kernel that lacks it, or a reason why there is none", () => {
    assert.sameMembers([...Object.keys(mutantWithout), ...Object.keys(unmatched)], [...SIMPLE])
    const names = new Set(mutants.map(({ name }) => name))
    assert.deepStrictEqual(
      Object.values(mutantWithout).filter((name) => !names.has(name)),
      []
    )
  })
})
