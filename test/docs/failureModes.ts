/**
 * The rows of the failure modes page: read from it, and as they should be by what the code says.
 *
 * @since 0.1.0
 */
import type { Mutant } from "../../chaos/mutants/Mutant.js"
import type { Scenario } from "../../chaos/Scenario.js"

/** The row that the page should have for a scenario. */
export const rowOf = (scenario: Scenario, mutants: ReadonlyArray<Mutant>): string => {
  const killed = mutants.filter(({ killedBy }) => killedBy === scenario.name).map(({ name }) => `\`${name}\``)
  const link = `[${scenario.name}](../chaos/scenarios/${scenario.name}.ts)`
  return `| ${link} | ${scenario.promise} | ${scenario.guarantees.join(", ")} | ${killed.join(", ")} |`
}

/** The rows that it has, by the name of their scenario. */
export const rowsOf = (page: string): ReadonlyMap<string, string> =>
  new Map(
    page.split("\n").flatMap((line) => {
      const name = /^\| \[(\w+)\]\(/.exec(line)?.[1]
      return name === undefined ? [] : [[name, line] as const]
    })
  )
