/**
 * How a life is lived: its hosts come up, their callers come and go under whatever faults the explorer puts
 * over them, and the hosts are closed, in the middle of it or when all is over. Then the database heals,
 * there is time for what is left to do, and the history must keep every guarantee.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { runOf } from "../../src/internal/store/runRow.js"
import * as RunHistory from "../../src/RunHistory.js"
import type { RunId } from "../../src/RunId.js"
import { isTerminal } from "../../src/RunStatus.js"
import type { RunStore, StoredRun } from "../../src/RunStore.js"
import type { History, Settings } from "../History.js"
import * as Invariants from "../Invariants.js"
import * as Exploration from "../internal/exploration.js"
import { Recorder } from "../internal/recorder.js"
import * as Scenario from "../Scenario.js"
import { callersOf } from "./callers.js"
import * as Hosts from "./hosts.js"
import { Life, lifeDefault } from "./Life.js"
import { settings } from "./settings.js"

/** How long the faults last: long enough for everything to be parked, given up or lapsed under them. */
const stormMillis = 45_000
/** From the heal until every write that waits has come through, with a connection to be noticed as lost. */
const writingMillis = settings.attemptTimeoutMillis + 2 * settings.delayMaxMillis + 1
/** From the heal until everything must be in its place, the audit of rows that nobody answers for included. */
const settleMillis = 25_000
/** From the end of a kernel until another one may take what it left. */
const lapseMillis = settings.leaseMillis + 1

/** Of hosts that cannot see each other's processes: silence is observed for a lease and more, at looks that are a renewal apart. */
const apartMillis = settings.leaseMillis * (1 + 2 / 3) + settings.delayMaxMillis

const settingsOf = ({ second }: Life): Settings => ({
  ...settings,
  recoverMillis: second?.isApart === true ? apartMillis : undefined,
  definedMillis: second?.definedAfter
})

/** What a life is lived on: fresh for each. */
export interface Ground {
  /** With a chaos layer in it. */
  readonly store: Effect.Effect<Context.Context<RunStore>, unknown, Scope.Scope>
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
    const recorder = new Recorder({ settings: settingsOf(life), clock: yield* Effect.clock, rows })
    watch?.(recorder)
    const world: Hosts.World = { recorder, life, processesGone: new Set() }
    const context = yield* Hosts.opened(recorder, store)
    const disk = yield* Hosts.diskOf(life, "first")
    const first = yield* Hosts.open(world, "first", context, disk)
    const second = life.second === undefined ? undefined : yield* openSecond(world, store)
    const { calling, listening } = yield* callersOf(recorder, life, first, second)
    const callers = yield* Effect.fork(calling)
    const listeners = yield* Effect.fork(listening)
    if (second !== undefined && life.second?.shutdownAt !== undefined) {
      yield* Effect.fork(Effect.delay(second.end, life.second.shutdownAt))
    }
    let returned: Effect.Effect<Hosts.Host, unknown> | undefined
    if (life.shutdownAt !== undefined) {
      yield* Effect.sleep(life.shutdownAt)
      yield* first.end
      const after = life.second?.returnsAfter
      if (after !== undefined) {
        returned = Fiber.join(yield* Effect.fork(Effect.delay(Hosts.open(world, "next", context, disk), after)))
      }
    }
    yield* Effect.timeoutOption(Fiber.await(callers), stormMillis)
    yield* Hosts.heal(recorder)
    // With the last of the hosts go those who wait for a run that it gave back.
    const last = isEmptied(life) ? Effect.delay(Fiber.interrupt(callers), settleMillis) : Fiber.join(callers)
    const ended = yield* Scenario.toItsEnd(Effect.asVoid(last))
    yield* settling(world)
    yield* first.close
    if (second !== undefined) {
      // What the first one gave back.
      yield* settling(world)
      yield* second.close
    }
    if (returned !== undefined) yield* Effect.flatMap(returned, ({ close }) => Effect.zipRight(settling(world), close))
    if (life.isFollowed) {
      yield* Effect.sleep(lapseMillis)
      // Files of processes that are gone are taken over with their directory.
      disk.text += second?.disk.text ?? ""
      const next = yield* Hosts.open(world, "next", context, disk)
      yield* settling(world)
      yield* next.close
    }
    yield* Fiber.interrupt(listeners)
    yield* recorder.mark({ _tag: "Over" })
    yield* ended
    yield* judge(recorder, life)
  }).pipe(Effect.scoped, Effect.withTracerEnabled(false))

/** Whether a time comes at which none of its hosts is there. */
const isEmptied = ({ second, shutdownAt }: Life): boolean =>
  shutdownAt !== undefined && second?.shutdownAt !== undefined && second.returnsAfter === undefined

/** With a connection and a journal of its own: a process shares none. */
const openSecond = (world: Hosts.World, store: Ground["store"]) =>
  Effect.gen(function* () {
    const context = yield* Hosts.opened(world.recorder, store)
    const disk = yield* Hosts.diskOf(world.life, "second")
    const second = yield* Hosts.open(world, "second", context, disk)
    return { ...second, disk }
  })

/** The time that what is left to do may take. Where nothing is left none passes: time is what an execution costs. */
const settling = ({ life, recorder }: Hosts.World): Effect.Effect<void> =>
  Effect.gen(function* () {
    const exploration = yield* FiberRef.get(Exploration.current)
    yield* Effect.sleep((exploration?.engine.firedCount ?? 0) > 0 ? writingMillis : 1)
    // What is restarted takes its time once more.
    const again = life.runs.reduce((most, { restarts, work }) => Math.max(most, restarts ? 2 * work.millis : 0), 0)
    const limit = settleMillis + again + (life.second?.isApart === true ? apartMillis : 0)
    for (let waited = 0; waited < limit && hasActive(recorder); waited += 1_000) yield* Effect.sleep(1_000)
  })

const hasActive = (recorder: Recorder): boolean => {
  recorder.look()
  for (const { status } of recorder.rows) if (!isTerminal(status)) return true
  return false
}

/** Its work ignored the shutdown for longer than the grace: no host that is there knows of its end, nor can its log. */
const outlived = (history: History, runId: RunId | undefined): boolean => {
  const about = history.entries.filter((entry) => "runId" in entry && entry.runId === runId)
  const began = about.findLast((entry) => entry._tag === "WorkBegan")
  if (began === undefined) return false
  const closed = history.entries.find(
    (entry) => entry._tag === "Marked" && entry.mark._tag === "Closed" && entry.mark.host === began.host
  )
  const ended = about.findLast((entry) => entry._tag === "WorkEnded")
  return closed !== undefined && (ended === undefined || ended.sequence > closed.sequence)
}

const judge = (recorder: Recorder, life: Life): Effect.Effect<void> =>
  Effect.suspend(() => {
    recorder.look()
    const { history } = recorder
    const found = Invariants.check(history).map(Invariants.render)
    const rows = [...recorder.rows]
    const lines = history.entries.flatMap((entry) => (entry._tag === "Logged" ? [entry.line] : []))
    const told = RunHistory.check(RunHistory.fromLines(lines), { rows: rows.map(runOf), toleranceMillis: 1 })
      .filter(({ guarantee, runId }) => !((guarantee === "G5" || guarantee === "G6") && outlived(history, runId)))
      // What no disk took is lost, and told so: the invariants look whether it is told as what it was.
      .filter(({ guarantee }) => !(guarantee === "G6" && life.diskFullAt !== undefined))
      .map((violation) => `from the log alone: ${RunHistory.render(violation)}`)
    return found.length + told.length === 0 ? Effect.void : Effect.dieMessage([...found, ...told].join("\n"))
  })
