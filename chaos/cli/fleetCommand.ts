/**
 * `npm run chaos -- fleet`: three hosts on one database, under kill, freeze, restart and cut.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { type Fleet, fleet as playFleet, type RoundReport } from "../fleet/fleet.js"
import { optional, seed } from "./options.js"
import * as Outcome from "./outcome.js"

const rounds = Options.integer("rounds").pipe(
  Options.withDescription("of three hosts with fifty runs each; 500 by default"),
  Options.withDefault(500)
)
const database = Options.choice("database", ["sqlite", "postgres"]).pipe(
  Options.withDescription("what the hosts share; postgres by default"),
  Options.withDefault("postgres" as const)
)
const seconds = optional(
  Options.integer("seconds").pipe(Options.withDescription("no round begins after this many; no limit by default"))
)
const firstRound = optional(
  Options.integer("first-round").pipe(Options.withDescription("begins with this one, as a finding names it"))
)
const report = optional(Options.text("report").pipe(Options.withDescription("writes the counts to this file, as JSON")))
const folder = Options.text("out").pipe(
  Options.withDescription("the folder for what led to a finding"),
  Options.withDefault("chaos-findings")
)

/** A line now and then where nobody looks at a terminal. */
const plainEvery = 25

export const fleet = Command.make("fleet", { rounds, database, seconds, seed, firstRound, report, folder }, (given) =>
  Effect.gen(function* () {
    yield* Console.log(`seed ${given.seed}`)
    const screen = Outcome.progress(plainEvery)
    const tell = screen.tell(`fleet on ${given.database}`)
    const unclean: Array<RoundReport> = []
    let done = 0
    const found = yield* playFleet({
      ...given,
      onRound: (round) => {
        tell(++done, given.rounds)
        if (round.findings.length > 0) unclean.push(round)
      }
    })
    screen.end()
    yield* Effect.forEach(unclean, (round) => leaveRound(round, found, given.folder), { discard: true })
    yield* told(found, given.report)
  })
).pipe(Command.withDescription("three hosts on one database: killed, frozen, restarted, cut off"))

const leaveRound = ({ evidence, round }: RoundReport, { database, seed }: Fleet, folder: string) =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const name = path.join(folder, `fleet-${database}-${seed}-${round}.ndjson`)
    yield* files.makeDirectory(folder, { recursive: true })
    yield* files.writeFileString(name, evidence())
    yield* Console.log(`What led to the findings of round ${round} is in ${name}.`)
  })

const told = ({ findings, ...sums }: Fleet, report: string | undefined) =>
  Effect.gen(function* () {
    yield* Console.log(JSON.stringify(sums))
    for (const finding of findings) yield* Console.log(finding)
    if (report !== undefined) {
      const files = yield* FileSystem.FileSystem
      yield* files.writeFileString(report, `${JSON.stringify({ ...sums, findings }, null, 2)}\n`)
    }
    if (findings.length > 0) process.exitCode = 1
  })
