/**
 * The page of mutants, as a pure function of its sources: what each breaks, what is wrong with it, and
 * how it was found. Names and defects are the code's; only the counts are those of the last long run.
 *
 * @since 0.1.0
 */
import type { Mutant } from "../mutants/Mutant.js"
import type { Death } from "./Deaths.js"
import { deathsFile, type Sources } from "./sources.js"

export const file = "docs/mutants.md"

/** Mutants without figures, and figures without a mutant; empty where each has its own. */
export const gaps = ({ deaths, mutants }: Sources): ReadonlyArray<string> => {
  const measured = new Map(deaths.mutants.map((death) => [death.name, death]))
  const names = new Set(mutants.map(({ name }) => name))
  return [
    ...mutants
      .filter((mutant) => !isOf(measured.get(mutant.name), mutant))
      .map(({ name }) => `${name} was not measured`),
    ...deaths.mutants.filter(({ name }) => !names.has(name)).map(({ name }) => `there is no mutant ${name}`)
  ]
}

/** What was measured of a mutant that has another killer now is no figure of this one. */
const isOf = (death: Death | undefined, { guarantee, killedBy }: Mutant): boolean =>
  death?.guarantee === guarantee && death.killedBy === killedBy

export const render = (sources: Sources): string => {
  const { canaries, deaths, mutants, onPostgres } = sources
  const measured = new Map(deaths.mutants.map((death) => [death.name, death]))
  const killed = deaths.mutants.filter(({ byScenario }) => byScenario !== undefined)
  const found = deaths.mutants.filter(({ byChance }) => byChance !== undefined)
  const lines = [
    "# Mutants",
    "",
    "<!-- Made by `npm run chaos:guarantees`. Do not edit: test/docs/guarantees.test.ts compares. -->",
    "",
    "A mutant is the kernel made wrong in one known way, as data: a piece of text that is replaced in one file",
    "([chaos/mutants](../chaos/mutants)). Each must die by the scenario that it names, or nothing tests the guarantee that it",
    "breaks. “By chance” measures the random explorer, which knows nothing of the mutant: so many executions of drawn lives",
    `until one broke a promise, given up after ${deaths.drawnMax.toLocaleString("en")}. That many a mutant may outlive, its scenario never.`,
    "",
    `When this was measured ${killed.length} of ${deaths.mutants.length} died by their scenario, ${found.length} by chance as well. The figures are in`,
    `[${deathsFile}](../${deathsFile}).`,
    "",
    "| mutant | breaks | what is wrong | scenario | by its scenario | by chance |",
    "| --- | --- | --- | --- | --: | --: |",
    ...mutants.map((mutant) => row(mutant, measured.get(mutant.name), deaths.drawnMax)),
    "",
    "## On Postgres",
    "",
    "These are wrong in what is written to Postgres alone. `test/scenarios/postgres.test.ts` executes their scenario on a real",
    "server, and each must die there.",
    "",
    "| mutant | breaks | what is wrong | scenario |",
    "| --- | --- | --- | --- |",
    ...onPostgres.map((mutant) => `| ${cells(mutant).join(" | ")} |`),
    "",
    "## Canaries of the crash explorer",
    "",
    "These do what they should as long as the process lives. `test/chaos/crashes.test.ts` lets the crash explorer find each.",
    "",
    "| mutant | breaks | what is wrong |",
    "| --- | --- | --- |",
    ...canaries.map(({ defect, guarantee, name }) => `| \`${name}\` | ${guarantee} | ${cell(defect)} |`)
  ]
  return `${lines.join("\n")}\n`
}

const cells = ({ defect, guarantee, killedBy, name }: Mutant): ReadonlyArray<string> => [
  `\`${name}\``,
  guarantee,
  cell(defect),
  `[${killedBy}](../chaos/scenarios/${killedBy}.ts)`
]

const row = (mutant: Mutant, death: Death | undefined, drawnMax: number): string => {
  const byScenario = isOf(death, mutant) ? (death?.byScenario === undefined ? "survives" : "dies") : "not measured"
  const byChance = isOf(death, mutant) ? (death?.byChance?.toLocaleString("en") ?? `over ${drawnMax}`) : "not measured"
  return `| ${[...cells(mutant), byScenario, byChance].join(" | ")} |`
}

/** A bar would end the cell. */
const cell = (text: string): string => text.replaceAll("|", "\\|")
