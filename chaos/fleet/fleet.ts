/**
 * Three hosts on one database, in processes of their own, for as many rounds as asked for: in each they start runs, and
 * hosts are killed, frozen and restarted, the server ends sessions or is stopped, the way to it is cut, the disk of the
 * journal is full. Then all is healed, and everything that was promised is held against what came of it.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as HostProgram from "../crash/hostProgram.js"
import { temporaryDirectory } from "../internal/temporaryDirectory.js"
import type { Mutant } from "../mutants/Mutant.js"
import { type Adversity, adversitiesOf } from "./adversity.js"
import { Collector } from "./collecting.js"
import { type Counts, Tally } from "./counts.js"
import type { FleetDatabase } from "./database.js"
import * as HostSlot from "./hostSlot.js"
import * as PostgresDatabase from "./postgresDatabase.js"
import * as SqliteDatabase from "./sqliteDatabase.js"
import type { Told } from "./told.js"

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly database: "sqlite" | "postgres"
  /** At most. */
  readonly rounds: number
  /** No round begins after this many. Defaults to no limit. */
  readonly seconds?: number | undefined
  /** Of what happens; what the operating system makes of it is never twice the same. Defaults to `1`. */
  readonly seed?: number | undefined
  /** Of the first round; a finding names its own, and this begins with it. Defaults to `1`. */
  readonly firstRound?: number | undefined
  /** Of each host in each round. Defaults to `50`. */
  readonly runs?: number | undefined
  /** Rounds with findings after which it stops. Defaults to `5`. */
  readonly findingsMax?: number | undefined
  /** The kernel made wrong. Defaults to none. */
  readonly mutants?: ReadonlyArray<Mutant> | undefined
  readonly onRound?: ((round: RoundReport) => void) | undefined
}

/** What a round came to, and what led there. */
export interface RoundReport {
  readonly round: number
  readonly adversities: ReadonlyArray<Adversity>
  readonly findings: ReadonlyArray<string>
  readonly millis: number
  readonly counts: Counts
  /** One JSON object per line: what happened, what was told, and the log. */
  readonly evidence: () => string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Fleet {
  readonly database: "sqlite" | "postgres"
  readonly seed: number
  readonly counts: Counts
  readonly millis: number
  /** Each with its round; empty where everything held. */
  readonly findings: ReadonlyArray<string>
}

const hosts = 3

/** Far longer than anything may take after all is healed. */
const quietLimit = "1 minute"

/** Rows of earlier rounds are let go: a table that grows makes every look at it slower. */
const forgetEvery = 8

interface World {
  readonly options: Options
  readonly seed: number
  readonly database: FleetDatabase
  readonly slots: ReadonlyArray<HostSlot.HostSlot>
  readonly collector: Collector
  readonly tally: Tally
  readonly lives: () => number
  /** What a process did that it should not have, since the last round. */
  readonly ofProcesses: Array<string>
}

/**
 * Plays the rounds.
 *
 * @since 0.1.0
 * @category combinators
 */
export const fleet = (options: Options): Effect.Effect<Fleet> =>
  Effect.gen(function* () {
    const world = yield* opened(options)
    const began = yield* Clock.currentTimeMillis
    const findings: Array<string> = []
    let unclean = 0
    const first = options.firstRound ?? 1
    for (let round = first; round < first + options.rounds; round++) {
      const now = yield* Clock.currentTimeMillis
      if (options.seconds !== undefined && now - began >= options.seconds * 1_000) break
      if (unclean >= (options.findingsMax ?? 5)) break
      const report = yield* played(world, round)
      if (report.findings.length > 0) unclean++
      findings.push(...report.findings.map((finding) => `round ${round}: ${finding}`))
      options.onRound?.(report)
      world.collector.next()
      if (round % forgetEvery === 0) yield* world.database.forget(now, world.collector.ledger.sequence)
    }
    findings.push(...world.collector.end().map((finding) => `at the end: ${finding}`))
    const millis = (yield* Clock.currentTimeMillis) - began
    return { database: options.database, seed: world.seed, counts: world.tally.counts, millis, findings }
  }).pipe(Effect.scoped)

const opened = (options: Options): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function* () {
    const seed = options.seed ?? 1
    const program = yield* HostProgram.make(options.mutants ?? [], "chaos/fleet/host.ts")
    const directory = yield* temporaryDirectory
    const database = yield* options.database === "sqlite"
      ? SqliteDatabase.make(directory)
      : PostgresDatabase.make(hosts)
    const collector = new Collector(directory)
    const ofProcesses: Array<string> = []
    let lives = 0
    const slots = yield* Effect.forEach(Array.from({ length: hosts }), (_, slot) =>
      HostSlot.make({
        program,
        directory,
        database: database.of(slot),
        seed,
        slot,
        nextLife: () => ++lives,
        onFreeze: collector.froze,
        onFinding: (finding) => void ofProcesses.push(finding)
      })
    )
    const world: World = {
      options,
      seed,
      database,
      slots,
      collector,
      tally: new Tally(),
      lives: () => lives,
      ofProcesses
    }
    yield* until(world, (line) => line._tag === "Up")
    yield* database.watch
    return world
  })

// -- a round ------------------------------------------------------------------------------------------

const played = (world: World, round: number): Effect.Effect<RoundReport> =>
  Effect.gen(function* () {
    const { collector, database, options, seed, slots, tally } = world
    const began = yield* Clock.currentTimeMillis
    const adversities = adversitiesOf(options.database, seed, round)
    const runs = options.runs ?? 50
    yield* Effect.forEach(slots, (slot) => slot.round({ _tag: "Round", round, runs }), { discard: true })
    yield* Effect.forEach(adversities, (adversity) => Effect.delay(suffered(world, adversity), adversity.atMillis), {
      concurrency: "unbounded",
      discard: true
    })
    const isQuiet = yield* Effect.timeoutOption(quiet(world, round), quietLimit)
    const judgement = yield* collector.judged(database, world.lives())
    const findings = [
      ...world.ofProcesses.splice(0),
      ...(Option.isNone(isQuiet) ? [`not everything had come to its end ${quietLimit} after all was healed`] : []),
      ...judgement.findings
    ]
    const { ledger } = collector
    tally.add({ adversities, told: collector.told, lines: collector.lines, ledger, judgement })
    const evidence = [...adversities, ...sortedByTime(collector.told), ...collector.lines]
    const text = () => evidence.map((item) => `${JSON.stringify(item)}\n`).join("")
    const millis = (yield* Clock.currentTimeMillis) - began
    return { round, adversities, findings, millis, counts: tally.counts, evidence: text }
  })

const sortedByTime = (told: ReadonlyArray<Told>): ReadonlyArray<Told> =>
  [...told].sort((one, other) => one.at - other.at)

/** What happens, until it is healed. */
const suffered = ({ database, slots }: World, adversity: Adversity): Effect.Effect<void> => {
  const { forMillis, kind } = adversity
  const slot = slots[adversity.slot]
  if (slot === undefined) return Effect.void
  switch (kind) {
    case "kill":
      return slot.kill(forMillis)
    case "restart":
      return slot.restart(forMillis)
    case "freeze":
      return slot.freeze(forMillis)
    case "fullDisk":
      return slot
        .send({ _tag: "Disk", isFull: true })
        .pipe(Effect.zipRight(Effect.sleep(forMillis)), Effect.zipRight(slot.send({ _tag: "Disk", isFull: false })))
    case "terminate":
    case "stopServer":
    case "crashServer":
    case "drop":
    case "silence":
    case "delay":
    case "lockRows":
    case "lock":
      return database.harm(adversity)
  }
}

/** All callers have their answers, and no run is active. */
const quiet = (world: World, round: number): Effect.Effect<void> =>
  until(world, (line) => line._tag === "RoundDone" && line.round === round).pipe(
    Effect.zipRight(
      Effect.repeat(Effect.delay(world.database.activeCount, "30 millis"), { until: (active) => active === 0 })
    ),
    Effect.asVoid
  )

/** Until the process that is at each place now has said it. */
const until = ({ collector, lives, slots }: World, isIt: (line: Told) => boolean): Effect.Effect<void> =>
  Effect.repeat(
    Effect.delay(
      Effect.sync(() => {
        const said = new Set(
          collector
            .readTold(lives())
            .filter(isIt)
            .map(({ life }) => life)
        )
        return slots.every(({ lives: [current] }) => current !== undefined && said.has(current))
      }),
      "100 millis"
    ),
    { until: (all) => all }
  ).pipe(Effect.asVoid)
