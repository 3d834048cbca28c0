/**
 * What the pages of guarantees and of mutants are made of: the scenarios and the mutants, which are code,
 * the invariants, which say themselves what they judge, and the figures of long runs, which are files.
 *
 * @since 0.1.0
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Guarantee } from "../../src/RunHistory.js"
import { everything } from "../cli/catalogue.js"
import { canaries } from "../crash/canaries.js"
import { scenarios as crashes } from "../crash/tally.js"
import * as Lives from "../lives/index.js"
import { mutants } from "../mutants/index.js"
import type { Mutant } from "../mutants/Mutant.js"
import { onPostgres } from "../mutants/onPostgres.js"
import type { Scenario } from "../Scenario.js"
import * as Deaths from "./Deaths.js"
import * as Evidence from "./Evidence.js"
import { type Statement, statements } from "./statements.js"

/** Whose executions show that guarantees hold. */
export interface Guard {
  readonly name: string
  /** From the root of the repository. */
  readonly file: string
  readonly guarantees: ReadonlyArray<Guarantee>
}

export interface Invariant {
  readonly guarantee: Guarantee
  /** From the root of the repository. */
  readonly file: string
  /** The first paragraph of its header. */
  readonly says: string
}

export interface Sources {
  readonly statements: ReadonlyArray<Statement>
  readonly invariants: ReadonlyArray<Invariant>
  readonly guards: ReadonlyArray<Guard>
  readonly mutants: ReadonlyArray<Mutant>
  /** Those of the statements on Postgres; `test/scenarios/postgres.test.ts` kills them on a real server. */
  readonly onPostgres: ReadonlyArray<Mutant>
  /** Those that only a crash shows; the tests of the crash explorer kill them. */
  readonly canaries: ReadonlyArray<Mutant>
  readonly evidence: Evidence.Evidence
  readonly deaths: Deaths.Deaths
}

export const evidenceFile = "chaos/evidence.json"
export const deathsFile = "chaos/mutants/deaths.json"
const invariantsFolder = "chaos/internal/invariants"

/** Reads what is in files below the root of the repository. A file that is missing or broken is a mistake of ours. */
export const read = (root: string): Effect.Effect<Sources> =>
  Effect.gen(function* () {
    const textOf = (file: string) => readFileSync(join(root, file), "utf8")
    const evidence = yield* Schema.decode(Evidence.FromJson)(textOf(evidenceFile))
    const deaths = yield* Schema.decode(Deaths.FromJson)(textOf(deathsFile))
    const invariants = readdirSync(join(root, invariantsFolder))
      .map((name) => `${invariantsFolder}/${name}`)
      .flatMap((file) => invariantOf(file, textOf(file)))
    const crashing = canaries.map(({ mutant }) => mutant)
    return { statements, invariants, guards, mutants, onPostgres, canaries: crashing, evidence, deaths }
  }).pipe(Effect.orDie)

/**
 * The crash explorer is no scenario, and its own judge asks less than the invariants do: what a host could
 * not say because it was killed is no fault of its. These are what it asks.
 */
const crashGuarantees: ReadonlyArray<Guarantee> = ["G1", "G2", "G3", "G4", "G5", "G7", "G8", "G9"]

const lives: ReadonlyArray<Scenario> = Object.values(Lives)

const guards: ReadonlyArray<Guard> = [
  ...everything.map((scenario) => ({
    name: scenario.name,
    file: `chaos/${lives.includes(scenario) ? "lives" : "scenarios"}/${scenario.name}.ts`,
    guarantees: scenario.guarantees
  })),
  { name: crashes.ordinary, file: "chaos/crash/ordinaryScript.ts", guarantees: crashGuarantees },
  { name: crashes.outage, file: "chaos/crash/outageScript.ts", guarantees: [...crashGuarantees, "G6"] }
]

const decodeGuarantee = Schema.decodeUnknownSync(Guarantee)

/** A checker says in code which guarantee it judges, and in its header how; other modules of the folder do not. */
export const invariantOf = (file: string, text: string): ReadonlyArray<Invariant> => {
  const guarantee = /new Findings\("(G\d+)"/.exec(text)?.[1]
  const header = /^\/\*\*\n([\s\S]*?)\n \*\n/
    .exec(text)?.[1]
    ?.replace(/^ \* ?/gm, "")
    .replace(/\n/g, " ")
  if (guarantee === undefined || header === undefined) return []
  const [, says = ""] = /^G\d+: (.+)$/.exec(header) ?? []
  return [{ guarantee: decodeGuarantee(guarantee), file, says }]
}
