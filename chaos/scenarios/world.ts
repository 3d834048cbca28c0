/**
 * What a ticket's scenario plays in: a kernel on a real SQLite file (or in a schema of a real Postgres), a chaos layer
 * between them, the kernel's log, and a foreign connection that sees what is really in the database. When the program has
 * ended the database is healed, the kernel is closed, and the history of the log is checked against
 * all guarantees and the rows; a plan of which a rule never fired proves nothing, and fails.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { HostProcesses } from "../../src/internal/hosts/hostProcess.js"
import { runOf } from "../../src/internal/store/runRow.js"
import { storedRun } from "../../src/internal/store/sqlRows.js"
import * as RunHistory from "../../src/RunHistory.js"
import type { RunId } from "../../src/RunId.js"
import * as RunKernel from "../../src/RunKernel.js"
import type * as RunLog from "../../src/RunLog.js"
import type { RunStore, StoredRun } from "../../src/RunStore.js"
import * as VerdictJournal from "../../src/VerdictJournal.js"
import * as Chaos from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import * as Exploration from "../internal/exploration.js"
import type { ErrorFault } from "../internal/faultErrors.js"
import { driverError } from "../internal/faultErrors.js"
import { upon } from "../internal/upon.js"
import * as Scenario from "../Scenario.js"
import { type Database, place, type Row, storeLayer } from "./database.js"
import { postgresDatabase } from "./postgresDatabase.js"
import { sqliteDatabase } from "./sqliteDatabase.js"

export class World extends Context.Tag("effect-holdfast/chaos/World")<
  World,
  {
    readonly database: Database
    /** That of the database. */
    readonly foreign: Database["foreign"]
    /** The row of a run, as the database has it. */
    readonly row: (id: RunId) => Effect.Effect<Row | undefined>
    /** The code of the error that a fault of the plan is met as. */
    readonly codeOf: (fault: ErrorFault) => unknown
    /** The kernel's lines so far. */
    readonly lines: Effect.Effect<ReadonlyArray<RunLog.Line>>
    /** The log so far as text, one JSON object each: with levels, and with the lines of the host itself. */
    readonly log: Effect.Effect<ReadonlyArray<string>>
    /** What the journal of the kernel, if it has one, keeps its lines on. */
    readonly disk: VerdictJournal.MemoryDisk
    /** Closes the kernel ahead of the end, in whatever state the database is. */
    readonly close: Effect.Effect<void>
  }
>() {}

/** What a story is made of. The kernel's settings are the defaults where it says nothing. */
export interface Options {
  readonly name: string
  readonly promise: string
  readonly guarantees: ReadonlyArray<RunHistory.Guarantee>
  readonly plan?: FaultPlan.FaultPlan
  readonly kernel?: RunKernel.Options & RunKernel.Policies
  /** Whether the kernel has a verdict journal. Defaults to `false`. */
  readonly hasJournal?: true
  /** Told of each line of the log once it is kept; one that throws is a host's logger with a defect. */
  readonly logging?: (line: string) => void
  /** Guarantees that the scenario breaks on purpose, with the reason in a comment where it is set. */
  readonly breaks?: ReadonlyArray<RunHistory.Guarantee>
  readonly program: Effect.Effect<void, unknown, RunKernel.RunKernel | RunStore | Chaos.Chaos | World>
}

export const scenario = (options: Options): Scenario.Scenario => ({
  name: options.name,
  promise: options.promise,
  guarantees: options.guarantees,
  program: Effect.scoped(play(options))
})

const play = (options: Options): Effect.Effect<void, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const where = yield* FiberRef.get(place)
    const database = yield* where === undefined ? sqliteDatabase : postgresDatabase(where)
    const log: Array<string> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.map(Logger.jsonLogger, (line) => {
        log.push(line)
        options.logging?.(line)
      })
    )
    const lines = Effect.sync(() => RunHistory.fromLog(log.join("\n")).lines)
    const scope = yield* Scope.make()
    // Closed once, by a fiber of its own: a story that is tired of waiting for it leaves the rest of it to the end.
    const closing = yield* Effect.cached(Effect.forkDaemon(Effect.provide(Scope.close(scope, Exit.void), logger)))
    // A kernel that cannot be closed is broken, too: time passes until it is.
    const close = within("2 minutes")(Effect.flatMap(closing, Fiber.join))
    const disk = VerdictJournal.makeDisk()
    const world = makeWorld(database, lines, { log: Effect.sync(() => [...log]), close, disk })
    const exit = yield* Scenario.toItsEnd(
      Effect.gen(function* () {
        const context = yield* Scope.extend(kernelOf(options, world), scope)
        yield* options.program.pipe(Effect.provide(context), Effect.provideService(World, world))
        const unfired = yield* Context.get(context, Chaos.Chaos).unfired
        if (unfired.length > 0) {
          return yield* Effect.dieMessage(`the plan has rules that never fired: ${JSON.stringify(unfired)}`)
        }
      }).pipe(Effect.provide(logger))
    )
    const isExplored = (yield* FiberRef.get(Exploration.current))?.isDisturbed === true
    // What a kernel cannot write when it closes is lost as long as there is no journal: one that may have something to
    // write gets its database back; the others are closed under the faults.
    if (Exit.isFailure(exit) || (yield* world.foreign(activeRows)).length > 0) yield* Scenario.heal
    yield* close
    yield* Scenario.heal
    // A story that was cut short did not come to its next life, which writes what it left.
    if (disk.text !== "")
      yield* Effect.provide(
        beside(nextLayer(world), () => Effect.void),
        logger
      )
    // The story is that of the scenario's own faults, in the order of arrival; otherwise only what always holds is demanded.
    if (!isExplored) yield* exit
    yield* judge(options, log.join("\n"), world, isExplored && Exit.isFailure(exit))
  })

const activeRows = "SELECT run_id FROM holdfast_runs WHERE status IN ('pending', 'running')"

const kernelOf = (options: Options, { database, disk }: Left) =>
  Effect.gen(function* () {
    const connector = yield* upon(Context.empty())(database.connector)
    const broken = yield* upon(connector)(Chaos.layerConnector(planOn(database, options.plan ?? FaultPlan.none)))
    const store = yield* upon(broken)(storeLayer)
    const journaled = options.hasJournal ? yield* upon(store)(VerdictJournal.layerMemory(disk)) : store
    return yield* upon(journaled)(RunKernel.layer(options.kernel))
  })

const planOn = ({ dialect, faultLike }: Database, plan: FaultPlan.FaultPlan): FaultPlan.FaultPlan =>
  dialect === "sqlite"
    ? plan
    : new FaultPlan.FaultPlan({
        ...plan,
        rules: plan.rules.map((rule) => ("storm" in rule ? rule : { ...rule, fault: faultLike(rule.fault) }))
      })

/** What a life left. */
export interface Left {
  readonly database: Database
  readonly disk: VerdictJournal.MemoryDisk
}

/** Another process, which knows that the one before it is gone. */
const processes: typeof HostProcesses.Service = {
  own: { pid: process.pid + 1, bootId: "machine", processStartedAt: 1 },
  isGone: ({ pid }) => pid === process.pid
}

/** The kernel that comes up on what a life left, on a database that is well. */
export const nextLayer = ({ database, disk }: Left, options?: RunKernel.Options) =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const store = yield* upon(Context.make(HostProcesses, processes))(database.store)
      return yield* upon(yield* upon(store)(VerdictJournal.layerMemory(disk)))(RunKernel.layer(options))
    })
  )

const makeWorld = (
  database: Database,
  lines: Effect.Effect<ReadonlyArray<RunLog.Line>>,
  others: Pick<typeof World.Service, "log" | "close" | "disk">
): typeof World.Service => ({
  database,
  foreign: database.foreign,
  row: (id) => Effect.map(database.foreign("SELECT * FROM holdfast_runs WHERE run_id = ?", id), (rows) => rows[0]),
  codeOf: (fault) => (driverError(database.faultLike(fault) as ErrorFault) as { readonly code?: unknown }).code,
  lines,
  ...others
})

/**
 * Something else for as long as `use` lasts, with its log in the same place: another host's kernel on the
 * same file, or a client of the host's own. Closing it may take time, which passes here.
 */
export const beside = <Services, Failure, A, E, R>(
  layer: Layer.Layer<Services, Failure>,
  use: (context: Context.Context<Services>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | Failure, R> =>
  Effect.acquireUseRelease(
    Scope.make(),
    (scope) => Effect.flatMap(Layer.buildWithScope(layer, scope), use),
    (scope) => within("2 minutes")(Scope.close(scope, Exit.void))
  )

/**
 * All that the log says, held against the guarantees and against what the file says by now. Where the story was
 * cut short, some of what it would have done is missing.
 */
const judge = (options: Options, log: string, world: typeof World.Service, isCutShort: boolean): Effect.Effect<void> =>
  Effect.gen(function* () {
    const rows = (yield* world.foreign("SELECT * FROM holdfast_runs")).map(storedRun)
    const history = RunHistory.fromLog(log)
    const excused = isCutShort ? yield* excusedOf(options, history.lines, rows, world) : new Set<RunId>()
    const found = RunHistory.check(history, { rows: rows.map(runOf), isFinal: true, toleranceMillis: 1 }).filter(
      ({ guarantee, runId }) =>
        !(options.breaks ?? []).includes(guarantee) &&
        !(guarantee === "G5" && runId !== undefined && excused.has(runId))
    )
    if (found.length > 0) yield* Effect.dieMessage(found.map(RunHistory.render).join("\n"))
    const active = rows.filter(({ id, status }) => (status === "running" || status === "pending") && !excused.has(id))
    if (active.length > 0)
      yield* Effect.dieMessage(`rows are active that nobody owns: ${active.map(({ id }) => id).join(", ")}`)
  })

/** The runs of a story that was cut short which need not have come to their end. */
const excusedOf = (
  options: Options,
  lines: ReadonlyArray<RunLog.Line>,
  rows: ReadonlyArray<StoredRun>,
  world: typeof World.Service
): Effect.Effect<ReadonlySet<RunId>> =>
  Effect.map(world.foreign("SELECT host_id FROM holdfast_hosts"), (hosts) => {
    const registered = hosts.map((row) => row.host_id)
    return new Set([
      ...lines.flatMap((line) => (isExcuse(options, line) ? [line.runId] : [])),
      ...rows.filter((row) => waitsForAHost(row, lines, registered)).map(({ id }) => id)
    ])
  })

/** Said of runs that a host does not have: that it leaves one to others, and what a row has answered to a cancel. */
const ofRowsOnly: ReadonlySet<RunLog.Line["_tag"]> = new Set(["DefinitionUnknown", "CancelAnswered"])

/**
 * A row that the next host finds: a pending one without a host; that of a host which is none of the kernels, so that
 * nobody may know of it yet; and one that a take-over brought whose answer its host never had, where the host has
 * stopped and is still registered.
 */
const waitsForAHost = (
  { id, hostId, status }: StoredRun,
  lines: ReadonlyArray<RunLog.Line>,
  registered: ReadonlyArray<unknown>
): boolean => {
  if (hostId === null) return status === "pending"
  if (status !== "running") return false
  const told = lines.filter((line) => line.hostId === hostId)
  const isStopped = told.some(({ _tag }) => _tag === "HostStopped")
  // What it had itself, and gave back, it knows no more.
  const about = told.filter((line) => RunHistory.runsOf(line).includes(id))
  const since = about.slice(about.findLastIndex(({ _tag }) => _tag === "RunReleased") + 1)
  const isKnown = since.some(({ _tag }) => !ofRowsOnly.has(_tag))
  return told.length === 0 || (isStopped && !isKnown && registered.includes(hostId))
}

/**
 * Its work waits for what the story never did, and ignores even the shutdown; or the story never repaired its row, or
 * did not come to the next host.
 */
const isExcuse = (options: Options, line: RunLog.Line): line is Extract<RunLog.Line, { readonly runId: RunId }> =>
  line._tag === "GraceExceeded" ||
  line._tag === "RunLeft" ||
  (line._tag === "VerdictLost" && (options.breaks ?? []).includes("G6"))

/**
 * The effect, which dies where it takes longer than `limit`. It is not waited for then.
 */
export const within =
  (limit: Duration.DurationInput) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatten(
      Effect.timeoutTo(Effect.disconnect(effect), {
        duration: limit,
        onSuccess: Effect.succeed<A>,
        onTimeout: () =>
          Effect.dieMessage(`it did not come to an end within ${Duration.format(Duration.decode(limit))}`)
      })
    )
