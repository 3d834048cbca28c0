/**
 * The hosts of a life: kernels on one store, each with a recorder, in a process that is gone when its
 * kernel has been closed, or that is killed with its kernel in it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Scope from "effect/Scope"
import { HostProcesses } from "../../src/internal/hosts/hostProcess.js"
import { StoreFailure } from "../../src/RunError.js"
import * as RunKernel from "../../src/RunKernel.js"
import { RunStore } from "../../src/RunStore.js"
import * as VerdictJournal from "../../src/VerdictJournal.js"
import * as Exploration from "../internal/exploration.js"
import { recordedWork } from "../internal/recordedKernel.js"
import type { Recorder } from "../internal/recorder.js"
import { upon } from "../internal/upon.js"
import * as Scenario from "../Scenario.js"
import { isDefined, type Peer, type Services } from "./callers.js"
import type { Life } from "./Life.js"
import * as MortalProcess from "./mortalProcess.js"
import { optionsOf } from "./settings.js"
import { Defined, Restartable, workOf } from "./works.js"

/** What the hosts of a life share. */
export interface World {
  readonly recorder: Recorder
  readonly life: Life
  /** By process id. */
  readonly processesGone: Set<number>
}

export interface Host extends Peer {
  readonly close: Effect.Effect<void>
  /** What comes at its `shutdownAt`: it is closed, or its process is killed. */
  readonly end: Effect.Effect<void>
}

const pids = { first: 1, second: 2, next: 3 } as const
type HostName = keyof typeof pids

/** It may be healed already, by a program that did not come to its end under the faults. */
export const heal = (recorder: Recorder): Effect.Effect<void> =>
  Effect.zipRight(Scenario.heal, recorder.mark({ _tag: "Healed" }))

/** A store that cannot be opened under faults is opened again when they are over, as a host would be started again. */
export const opened = (
  recorder: Recorder,
  store: Effect.Effect<Context.Context<RunStore>, unknown, Scope.Scope>
): Effect.Effect<Context.Context<RunStore>, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const built = yield* Effect.exit(store)
    if (Exit.isFailure(built)) yield* heal(recorder)
    return Exit.isSuccess(built) ? built.value : yield* store
  })

/** A kernel with a recorder. One that cannot register its host under the faults is opened again when they are over. */
export const open = (
  world: World,
  host: HostName,
  store: Context.Context<RunStore>,
  disk: VerdictJournal.MemoryDisk
): Effect.Effect<Host, unknown> =>
  Effect.gen(function* () {
    const { life, processesGone, recorder } = world
    const scope = yield* Scope.make()
    const mortal = life.isKilled === true ? MortalProcess.make() : undefined
    const silentAt = host === "first" ? life.second?.silentAt : undefined
    const build = Effect.gen(function* () {
      const alive = silentAt === undefined ? store : yield* silenced(store, silentAt)
      const journal = VerdictJournal.layerMemory(mortal?.disk(disk) ?? disk)
      const journaled = yield* upon(mortal?.store(alive) ?? alive)(journal)
      const kernel = yield* upon(journaled)(RunKernel.layer(optionsOf(life)))
      return yield* registered(recorder, host, life, kernel)
    }).pipe(
      Scope.extend(scope),
      Effect.provideService(HostProcesses, {
        own: { pid: pids[host], bootId: "machine", processStartedAt: 0 },
        isGone: ({ pid }) => life.second?.isApart !== true && processesGone.has(pid ?? 0)
      }),
      Effect.locallyWith(FiberRef.currentLoggers, HashSet.add(recorder.logger(host)))
    )
    const built = yield* Effect.exit(build)
    if (Exit.isFailure(built)) yield* heal(recorder)
    const context = Exit.isSuccess(built) ? built.value : yield* build
    yield* recorder.mark({ _tag: "Opened", host })
    const closing = recorder.mark({ _tag: "ShutdownRequested", host }).pipe(
      Effect.zipRight(
        recorder.call(
          host,
          { _tag: "Close" },
          () => Scope.close(scope, Exit.void),
          () => ({ _tag: "Done" })
        )
      ),
      Effect.zipRight(Effect.sync(() => processesGone.add(pids[host]))),
      Effect.zipRight(recorder.mark({ _tag: "Closed", host }))
    )
    // Whoever comes while it is being closed waits for it as well: a life is not over before its hosts are gone.
    const close = yield* Effect.cached(closing)
    if (mortal === undefined) return { host, context, close, end: close, inside: (caller) => caller }
    const kill = Effect.suspend(() => {
      mortal.kill()
      processesGone.add(pids[host])
      recorder.lose(host)
      // What is left of it in this process has to come to an end, and nobody sees it. Whoever kills it does not wait for
      // that; the life does, when it closes its hosts.
      return Effect.forkDaemon(close)
    })
    return { host, context, close, end: Effect.asVoid(kill), inside: mortal.inside }
  })

/** Registering work costs as much as a run does, so it is done only where there is any. */
const registered = (
  recorder: Recorder,
  host: string,
  life: Life,
  kernel: Context.Context<RunKernel.RunKernel>
): Effect.Effect<Context.Context<Services>, never, Scope.Scope> => {
  const execute = (payload: { readonly work: string }) => {
    const { body, knowledge } = workOf(JSON.parse(payload.work))
    return recordedWork(recorder, host, undefined, body, knowledge)
  }
  const hasDefined = life.runs.some(isDefined)
  const hasRestarts = life.runs.some(({ restarts }) => restarts)
  const definedAfter = host === "second" ? life.second?.definedAfter : undefined
  const all = Effect.gen(function* () {
    const defined = hasDefined || hasRestarts ? yield* upon(kernel)(Defined.toLayer(execute)) : kernel
    if (!hasRestarts) return defined
    const restartable = upon(defined)(Restartable.toLayer(execute))
    if (definedAfter === undefined) return yield* restartable
    yield* Effect.forkScoped(Effect.delay(restartable, definedAfter))
    return defined
  })
  // Nobody will ask for what is missing.
  return all as Effect.Effect<Context.Context<Services>, never, Scope.Scope>
}

/** Whether a time of the life has come, and the database has not healed yet. */
const fromUntilHealed = (at: number): Effect.Effect<() => boolean> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const exploration = yield* FiberRef.get(Exploration.current)
    let isHealed = false
    exploration?.join(
      Effect.sync(() => {
        isHealed = true
      })
    )
    return () => !isHealed && clock.unsafeCurrentTimeMillis() >= at
  })

/** What the journal of a host keeps its lines on. */
export const diskOf = ({ diskFullAt, second }: Life, host: HostName): Effect.Effect<VerdictJournal.MemoryDisk> =>
  Effect.gen(function* () {
    // Who comes up after all others finds the files of all of them, as one; who returns while another is there, its own.
    const disk = VerdictJournal.makeDisk(second?.returnsAfter === undefined ? undefined : host)
    if (diskFullAt === undefined) return disk
    const isFull = yield* fromUntilHealed(diskFullAt)
    disk.fails = () => (isFull() ? new Error("ENOSPC: no space left") : undefined)
    return disk
  })

/** The store of a host whose renewals fail from a time on, until the database has healed, and nothing else does. */
const silenced = (context: Context.Context<RunStore>, silentAt: number): Effect.Effect<Context.Context<RunStore>> =>
  Effect.map(fromUntilHealed(silentAt), (isSilent) => {
    const store = Context.get(context, RunStore)
    const silence = new StoreFailure({ operation: "renew", class: "transient", cause: new Error("silent") })
    return Context.make(RunStore, {
      ...store,
      renewHost: (renewal) => Effect.suspend(() => (isSilent() ? Effect.fail(silence) : store.renewHost(renewal)))
    })
  })
