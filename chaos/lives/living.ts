/**
 * How a life is lived: a kernel comes up, its callers come and go under whatever faults the explorer puts
 * over them, and the kernel is closed, in the middle of it or when all is over. Then the database heals,
 * there is time for what is left to do, and the history must keep every guarantee.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { HostProcesses } from "../../src/internal/hosts/hostProcess.js"
import { runOf } from "../../src/internal/store/runRow.js"
import type { StoreFailure } from "../../src/RunError.js"
import * as RunHistory from "../../src/RunHistory.js"
import type { RunId } from "../../src/RunId.js"
import * as RunKernel from "../../src/RunKernel.js"
import { isTerminal } from "../../src/RunStatus.js"
import type { RunStore, StoredRun } from "../../src/RunStore.js"
import * as VerdictJournal from "../../src/VerdictJournal.js"
import type { Registered } from "../../src/Work.js"
import type { History, Settings } from "../History.js"
import * as Invariants from "../Invariants.js"
import * as Exploration from "../internal/exploration.js"
import { Recorder } from "../internal/recorder.js"
import * as Scenario from "../Scenario.js"
import { callersOf, executor, isDefined } from "./callers.js"
import { Life, lifeDefault } from "./Life.js"

/**
 * Shorter than the defaults, and in the same proportions: a life of seconds passes through all that
 * otherwise takes minutes.
 */
const options = {
  leaseDuration: "20 seconds",
  shutdownGrace: "8 seconds",
  cancelGrace: "3 seconds",
  startTimeout: "5 seconds",
  persist: { delayMax: "2 seconds", attemptTimeout: "2 seconds", parkAfter: "6 seconds" }
} satisfies RunKernel.Options

const settings: Settings = {
  delayMaxMillis: 2_000,
  attemptTimeoutMillis: 2_000,
  parkAfterMillis: 6_000,
  leaseMillis: 20_000,
  shutdownGraceMillis: 8_000
}

/** How long the faults last: long enough for everything to be parked, given up or lapsed under them. */
const stormMillis = 45_000
/** From the heal until every write that waits has come through, with a connection to be noticed as lost. */
const writingMillis = settings.attemptTimeoutMillis + 2 * settings.delayMaxMillis + 1
/** From the heal until everything must be in its place, the audit of rows that nobody answers for included. */
const settleMillis = 25_000
/** From the end of a kernel until another one may take what it left. */
const lapseMillis = settings.leaseMillis + 1

/** What a life is lived on: fresh for each. */
export interface Ground {
  /** With a chaos layer in it. */
  readonly store: Layer.Layer<RunStore, unknown>
  /** The rows as the database has them, below the chaos layer; undefined where none has changed. */
  readonly rows: () => Iterable<StoredRun> | undefined
  /** Told of the recorder, by a ground that knows when a row changes. */
  readonly watch?: (recorder: Recorder) => void
}

/** The life is the input of the execution, or `otherwise`. */
export const living = (
  ground: Effect.Effect<Ground, unknown, Scope.Scope>,
  otherwise: Life = lifeDefault
): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    const input = yield* Scenario.input
    const life = input === undefined ? otherwise : yield* Schema.decodeUnknown(Life)(input)
    const { rows, store, watch } = yield* ground
    const recorder = new Recorder({ settings, clock: yield* Effect.clock, rows })
    watch?.(recorder)
    const scope = yield* Effect.scope
    const built = Layer.buildWithScope(store, scope)
    // A store that cannot be opened under faults is opened again when they are over, as a host would be started again.
    const opened = yield* Effect.exit(built)
    if (Exit.isFailure(opened)) yield* heal(recorder)
    const context = Exit.isSuccess(opened) ? opened.value : yield* built
    // Shared by the kernels that follow each other, as a disk is: so no verdict is ever lost here.
    const disk = VerdictJournal.makeDisk()
    const first = yield* open(recorder, "first", life, context, disk)
    const { calling, listening } = yield* Effect.provide(callersOf(recorder, "first", life), first.context)
    const callers = yield* Effect.fork(calling)
    const listeners = yield* Effect.fork(listening)
    if (life.shutdownAt !== undefined) {
      yield* Effect.sleep(life.shutdownAt)
      yield* first.close
    }
    yield* Effect.timeoutOption(Fiber.await(callers), stormMillis)
    yield* heal(recorder)
    const ended = yield* Scenario.toItsEnd(Fiber.join(callers))
    yield* settling(recorder)
    yield* first.close
    if (life.isFollowed) {
      yield* Effect.sleep(lapseMillis)
      const second = yield* open(recorder, "second", life, context, disk)
      yield* settling(recorder)
      yield* second.close
    }
    yield* Fiber.interrupt(listeners)
    yield* recorder.mark({ _tag: "Over" })
    yield* ended
    yield* judge(recorder)
  }).pipe(Effect.scoped, Effect.withTracerEnabled(false))

/** The time that what is left to do may take. Where nothing is left none passes: time is what an execution costs. */
const settling = (recorder: Recorder): Effect.Effect<void> =>
  Effect.gen(function* () {
    const exploration = yield* FiberRef.get(Exploration.current)
    yield* Effect.sleep((exploration?.engine.firedCount ?? 0) > 0 ? writingMillis : 1)
    for (let waited = 0; waited < settleMillis && hasActive(recorder); waited += 1_000) yield* Effect.sleep(1_000)
  })

const hasActive = (recorder: Recorder): boolean => {
  recorder.look()
  for (const { status } of recorder.rows) if (!isTerminal(status)) return true
  return false
}

/** It may be healed already, by a program that did not come to its end under the faults. */
const heal = (recorder: Recorder): Effect.Effect<void> =>
  Effect.zipRight(Scenario.heal, recorder.mark({ _tag: "Healed" }))

type Services = RunKernel.RunKernel | Registered<"defined">

/** A machine of two processes: that of a kernel is gone when the kernel has been closed, so that nobody waits for a lease. */
const pids = { first: 1, second: 2 } as const
type HostName = keyof typeof pids

const processOf = (host: HostName) => ({
  own: { pid: pids[host], bootId: "machine", processStartedAt: 0 },
  isGone: ({ pid }: { readonly pid: number }) => pid < pids[host]
})

interface Host {
  readonly context: Context.Context<Services>
  readonly close: Effect.Effect<void>
}

/** Registering work costs as much as a run does, so it is done only where there is any. */
const layerOf = (recorder: Recorder, host: string, life: Life): Layer.Layer<Services, StoreFailure, RunStore> => {
  const kernel = RunKernel.layer(options)
  return life.runs.some(isDefined)
    ? Layer.provideMerge(executor(recorder, host), kernel)
    : // Nobody will ask for what is missing.
      (kernel as Layer.Layer<Services, StoreFailure, RunStore>)
}

/** A kernel with a recorder. One that cannot register its host under the faults is opened again when they are over. */
const open = (
  recorder: Recorder,
  host: HostName,
  life: Life,
  store: Context.Context<RunStore>,
  disk: VerdictJournal.MemoryDisk
): Effect.Effect<Host, unknown> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const journaled = Layer.provide(layerOf(recorder, host, life), VerdictJournal.layerMemory(disk))
    const build = Layer.buildWithScope(journaled, scope).pipe(
      Effect.provide(store),
      Effect.provideService(HostProcesses, processOf(host)),
      Effect.locallyWith(FiberRef.currentLoggers, HashSet.add(recorder.logger(host)))
    )
    const built = yield* Effect.exit(build)
    if (Exit.isFailure(built)) yield* heal(recorder)
    const context = Exit.isSuccess(built) ? built.value : yield* build
    yield* recorder.mark({ _tag: "Opened", host })
    let isClosed = false
    const close = Effect.suspend(() => {
      if (isClosed) return Effect.void
      isClosed = true
      return recorder.mark({ _tag: "ShutdownRequested", host }).pipe(
        Effect.zipRight(
          recorder.call(
            host,
            { _tag: "Close" },
            () => Scope.close(scope, Exit.void),
            () => ({ _tag: "Done" })
          )
        ),
        Effect.zipRight(recorder.mark({ _tag: "Closed", host }))
      )
    })
    return { context, close }
  })

/** Its work ignored the shutdown for longer than the grace: no host that is there knows of its end, nor can its log. */
const outlived = (history: History, runId: RunId | undefined): boolean => {
  const about = history.entries.filter((entry) => "runId" in entry && entry.runId === runId)
  const began = about.find((entry) => entry._tag === "WorkBegan")
  if (began === undefined) return false
  const closed = history.entries.find(
    (entry) => entry._tag === "Marked" && entry.mark._tag === "Closed" && entry.mark.host === began.host
  )
  const ended = about.find((entry) => entry._tag === "WorkEnded")
  return closed !== undefined && (ended === undefined || ended.sequence > closed.sequence)
}

const judge = (recorder: Recorder): Effect.Effect<void> =>
  Effect.suspend(() => {
    recorder.look()
    const { history } = recorder
    const found = Invariants.check(history).map(Invariants.render)
    const rows = [...recorder.rows]
    const lines = history.entries.flatMap((entry) => (entry._tag === "Logged" ? [entry.line] : []))
    const told = RunHistory.check(RunHistory.fromLines(lines), { rows: rows.map(runOf), toleranceMillis: 1 })
      .filter(({ guarantee, runId }) => !((guarantee === "G5" || guarantee === "G6") && outlived(history, runId)))
      .map((violation) => `from the log alone: ${RunHistory.render(violation)}`)
    return found.length + told.length === 0 ? Effect.void : Effect.dieMessage([...found, ...told].join("\n"))
  })
