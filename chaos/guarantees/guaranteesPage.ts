/**
 * The page of guarantees, as a pure function of its sources: each with its statement, its invariant, the
 * scenarios that guard it, the mutants that break it, and the executions that stand behind it.
 *
 * @since 0.1.0
 */
import * as Array from "effect/Array"
import type { Guarantee } from "../../src/RunHistory.js"
import type { Mutant } from "../mutants/Mutant.js"
import type { Entry } from "./Evidence.js"
import type { Guard, Invariant, Sources } from "./sources.js"
import type { Statement } from "./statements.js"

export const file = "docs/guarantees.md"

/** What there is about one guarantee. */
export interface Backing {
  readonly statement: Statement
  readonly invariants: ReadonlyArray<Invariant>
  readonly guards: ReadonlyArray<Guard>
  readonly mutants: ReadonlyArray<Mutant>
  readonly evidence: ReadonlyArray<Entry>
}

export const backings = (sources: Sources): ReadonlyArray<Backing> =>
  sources.statements.map((statement) => {
    const isAbout = (one: { readonly guarantee: Guarantee }) => one.guarantee === statement.guarantee
    const guards = sources.guards.filter(({ guarantees }) => guarantees.includes(statement.guarantee))
    const names = new Set(guards.map(({ name }) => name))
    return {
      statement,
      invariants: sources.invariants.filter(isAbout),
      guards,
      mutants: [...sources.mutants, ...sources.onPostgres, ...sources.canaries].filter(isAbout),
      evidence: sources.evidence.filter(({ scenario }) => names.has(scenario))
    }
  })

/** What is missing behind a guarantee, and figures that are about nothing; empty where all is there. */
export const gaps = (sources: Sources): ReadonlyArray<string> => {
  const names = new Set(sources.guards.map(({ name }) => name))
  const missing = backings(sources).flatMap(({ evidence, guards, invariants, mutants, statement: { guarantee } }) => [
    ...(invariants.length === 1 ? [] : [`${guarantee} has ${invariants.length} invariants`]),
    ...invariants
      .filter(({ says }) => says === "")
      .map(({ file }) => `${file} does not begin with "${guarantee}: ..."`),
    ...(guards.length > 0 ? [] : [`no scenario guards ${guarantee}`]),
    ...(mutants.length > 0 ? [] : [`no mutant breaks ${guarantee}`]),
    ...(total(evidence).executions > 0 ? [] : [`no execution stands behind ${guarantee}`])
  ])
  const stray = sources.evidence
    .filter(({ scenario }) => !names.has(scenario))
    .map(({ scenario }) => `there is evidence about ${scenario}, and no such scenario`)
  return [...missing, ...stray]
}

// -- the page -----------------------------------------------------------------------------------------

export const render = (sources: Sources): string => {
  const all = backings(sources)
  const lines = [...introduction, "", ...overview(all), ...all.flatMap(section), "", ...explorations(sources.evidence)]
  return `${lines.join("\n")}\n`
}

const introduction = [
  "# Guarantees",
  "",
  "<!-- Made by `npm run chaos:guarantees`. Do not edit: test/docs/guarantees.test.ts compares. -->",
  "",
  "What stands behind each guarantee: the invariant that judges it, the scenarios that are played, the",
  "[mutants](mutants.md) that must not survive, and how often all of that was executed under faults and in other orders",
  "of fibers. This page is made from the code and from the figures of long explorations in",
  "[chaos/evidence.json](../chaos/evidence.json), by `npm run chaos:guarantees`; a test compares. [Chaos](chaos.md) says",
  "how the explorers work.",
  "",
  "Where “today” is not “holds”, the invariant judges what holds so far, and its line says what that is.",
  "",
  "An execution counts for each guarantee that its scenario guards, so the lines do not add up. What the test suite",
  "executes is not counted. A fault is one that fired; for `crash` it is a process that died by SIGKILL. “Failed” are",
  "executions that broke a promise; it should say 0."
]

const overview = (all: ReadonlyArray<Backing>): ReadonlyArray<string> => [
  "| | guarantee | today | scenarios | mutants | executions | faults | failed |",
  "| --- | --- | --- | --: | --: | --: | --: | --: |",
  ...all.map(({ evidence, guards, mutants, statement }) => {
    const { executions, failed, faults } = total(evidence)
    const counts = [guards.length, mutants.length, executions, faults, failed].map(grouped)
    return row([
      `[${statement.guarantee}](#${statement.guarantee.toLowerCase()})`,
      statement.says,
      statement.today,
      ...counts
    ])
  })
]

const section = ({ evidence, guards, invariants, mutants, statement }: Backing): ReadonlyArray<string> => [
  "",
  `## ${statement.guarantee}`,
  "",
  `${statement.says} Today: ${statement.today}.`,
  "",
  ...invariants.map(({ file, says }) => `- **Invariant** ${link(nameOf(file), file)}: ${says}`),
  `- **Scenarios** ${guards.map(({ file, name }) => link(name, file)).join(", ")}`,
  `- **Mutants** ${mutants.map(({ name }) => `\`${name}\``).join(", ")}`,
  `- **Executions** ${figures(evidence)}`
]

const figures = (evidence: ReadonlyArray<Entry>): string => {
  const { executions, failed, faults } = total(evidence)
  const parts = byExplorer(evidence).map(([name, entries]) => `${name} ${grouped(total(entries).executions)}`)
  const sum = `${grouped(executions)}, with ${grouped(faults)} faults, ${grouped(failed)} failed`
  return parts.length === 0 ? `${sum}.` : `${sum}: ${parts.join(", ")}.`
}

const explorations = (evidence: ReadonlyArray<Entry>): ReadonlyArray<string> => [
  "## The explorations",
  "",
  "| explorer | scenarios | executions | faults | hours | failed | gaps |",
  "| --- | --: | --: | --: | --: | --: | --: |",
  ...[...byExplorer(evidence), ["all", evidence] as const].map(([name, entries]) => {
    const { executions, failed, faults, gaps, seconds } = total(entries)
    const scenarios = new Set(entries.map(({ scenario }) => scenario)).size
    const hours = (seconds / 3_600).toFixed(2)
    return row([name, ...[scenarios, executions, faults].map(grouped), hours, ...[failed, gaps].map(grouped)])
  }),
  "",
  "A gap is what makes an exploration worth less than it says: a fault that never fired, or plans that were not executed."
]

// -- figures ------------------------------------------------------------------------------------------

const total = (entries: ReadonlyArray<Entry>) => {
  const sum = (of: (entry: Entry) => number) => entries.reduce((sum, entry) => sum + of(entry), 0)
  return {
    executions: sum(({ executions }) => executions),
    faults: sum(({ faults }) => faults),
    seconds: sum(({ seconds }) => seconds),
    failed: sum(({ failed }) => failed),
    gaps: sum(({ gaps }) => gaps)
  }
}

const byExplorer = (evidence: ReadonlyArray<Entry>): ReadonlyArray<readonly [string, ReadonlyArray<Entry>]> =>
  Object.entries(
    Array.groupBy(evidence, ({ explorer, mode }) => (mode === undefined ? explorer : `${explorer} (${mode})`))
  ).sort(([one], [other]) => (one < other ? -1 : 1))

const grouped = (count: number): string => count.toLocaleString("en")

const row = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`

const link = (text: string, file: string): string => `[${text}](../${file})`

const nameOf = (file: string): string => file.replace(/^.*\/|\.ts$/g, "")
