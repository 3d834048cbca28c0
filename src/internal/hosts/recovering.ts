/**
 * The runs of hosts that are gone: this host observes the others, fences those that are out (rules 5
 * and 6), and takes their runs over, in batches, together with runs that were given back. What it has
 * no definition for is left to a host that has, and said once. Nothing is taken while this host's own
 * lease is not held.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Schedule from "effect/Schedule"
import type { StoreFailure } from "../../RunError.js"
import type { HostId, RunId } from "../../RunId.js"
import * as RunMetrics from "../../RunMetrics.js"
import { isTerminal } from "../../RunStatus.js"
import type { HostsSeen, StoredRun } from "../../RunStore.js"
import { type KernelCore, wakeShutdown } from "../kernel/kernelCore.js"
import { monotonicMillis, nowMillis } from "../wallClock.js"
import { adopt } from "./adopting.js"
import { HostProcesses } from "./hostProcess.js"
import { Observer, type Silent } from "./observer.js"

/** How many runs that nobody knows a round looks at, for each owner: the others come when those have gone. */
const leftMax = 1_000

interface Recovery {
  readonly core: KernelCore
  readonly observer: Observer
  /** Those whose fence was asked for and may stand, as they were seen then: nobody has said so yet. At most one for each live host. */
  readonly inDoubt: Map<HostId, Silent>
  /** The runs that were said to be left, as long as they are. */
  reported: ReadonlySet<RunId>
}

/** One round at once, then one at an interval and whenever a definition comes, until the kernel's scope closes. */
export const start = (
  core: KernelCore,
  openRetry: Schedule.Schedule<unknown, StoreFailure>
): Effect.Effect<void, StoreFailure> =>
  Effect.gen(function* () {
    const processes = yield* HostProcesses
    const every = Math.round(Duration.toMillis(core.options.renewEvery))
    const recoverAfter = Duration.toMillis(core.options.recoverAfter)
    const observer = new Observer(
      {
        beyondLease: Duration.toMillis(core.options.delayMax) + recoverAfter,
        afterGone: recoverAfter,
        gapMax: 2 * every
      },
      (host) => processes.isGone(host)
    )
    const recovery: Recovery = { core, observer, inDoubt: new Map(), reported: new Set() }
    const guarded = (isDue: boolean) =>
      round(recovery, isDue).pipe(
        // The next round asks again; writers tell of a database that is away.
        Effect.catchTag("StoreFailure", (failure) => Effect.logDebug("Lost hosts could not be looked for", failure)),
        Effect.catchAllDefect((defect) => Effect.logError("The recovery met a defect and is repeated", defect))
      )
    const loop = Effect.forever(Effect.flatMap(pause(core, every), guarded))
    yield* Effect.retry(round(recovery, false), openRetry)
    yield* Effect.forkIn(Effect.interruptible(loop), core.scope)
  })

/** Whether the time has come, and not a definition: where several are registered one after the other, the next may come yet. */
const pause = (core: KernelCore, millis: number): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const came = Effect.as(Deferred.await(core.definitionCame), false)
    const isDue = yield* Effect.raceFirst(Effect.as(Effect.sleep(millis), true), came)
    // Before the round: one that comes while it is under way brings the next.
    core.definitionCame = Deferred.unsafeMake<void>(FiberId.none)
    return isDue
  })

const mayTake = (core: KernelCore): Effect.Effect<boolean> =>
  Effect.map(monotonicMillis, (now) => !core.isStopping && core.lease.isHeld(now))

const round = (recovery: Recovery, isDue: boolean): Effect.Effect<void, StoreFailure> =>
  Effect.gen(function* () {
    const { core, observer } = recovery
    if (!(yield* mayTake(core))) return observer.lostContact()
    const askedAt = yield* monotonicMillis
    const hosts = yield* Effect.tapError(core.store.hosts, () => Effect.sync(() => observer.lostContact()))
    const { live, lost, spent } = hosts
    yield* resolveDoubt(recovery, hosts)
    const others = live.filter(({ hostId }) => hostId !== core.lease.hostId())
    const silent = observer.look({ live: others, askedAt, seenAt: yield* monotonicMillis })
    const gone = yield* Effect.filter(silent, (host) => fence(recovery, host))
    const left: Array<readonly [HostId | null, StoredRun]> = []
    for (const from of [...lost, ...gone.map(({ host }) => host.hostId)]) {
      if (isAtWorkHere(core, from)) continue
      yield* takeFrom(core, from)
      for (const row of yield* leftOf(core, from)) left.push([from, row])
    }
    if (isDue) yield* report(recovery, left)
    // Rule 11: the store keeps those that an active run names by now. No host comes back under an id that was fenced.
    yield* Effect.forEach(spent, core.store.removeHost, { discard: true })
  })

/** Rules 5 and 6: fence, then take, and by the number that was observed. One that has renewed meanwhile is left alone. */
const fence = ({ core, inDoubt }: Recovery, silent: Silent): Effect.Effect<boolean, StoreFailure> => {
  const { host } = silent
  return core.store.fence(host).pipe(
    Effect.tapError((failure) => Effect.sync(() => failure.inDoubt && inDoubt.set(host.hostId, silent))),
    Effect.tap((isFenced) => {
      if (!isFenced) return Effect.void
      inDoubt.delete(host.hostId)
      return fenced(core, silent)
    })
  )
}

/** A fence whose answer was lost is told of when it is seen to stand: before anything is taken, and once. */
const resolveDoubt = ({ core, inDoubt }: Recovery, { live, lost, spent }: HostsSeen): Effect.Effect<void> =>
  Effect.forEach(
    [...inDoubt.values()],
    (silent) => {
      const { hostId, renewSeq } = silent.host
      // It may land until the host renews: by then it names a number that has passed.
      if (live.some((host) => host.hostId === hostId && host.renewSeq === renewSeq)) return Effect.void
      inDoubt.delete(hostId)
      return [...lost, ...spent].includes(hostId) ? fenced(core, silent) : Effect.void
    },
    { discard: true }
  )

const fenced = (core: KernelCore, { host, silentMillis, why }: Silent): Effect.Effect<void> => {
  core.count(RunMetrics.hostsFenced, 1)
  return core.log({
    _tag: "HostFenced",
    hostId: core.lease.hostId(),
    fencedHostId: host.hostId,
    why,
    silentMillis: Math.floor(silentMillis)
  })
}

/** A former identity of this very host, some of whose work has not stopped yet: that hands over by itself. */
const isAtWorkHere = (core: KernelCore, from: HostId | null): boolean =>
  [...core.runs.values()].some(
    ({ hostId, state }) =>
      hostId === from && (state._tag === "Inserting" || state._tag === "Working" || state._tag === "Ended")
  )

/** Said for all of it, so that no audit takes a row whose answer is on its way for one whose answer was lost. */
const takeFrom = (core: KernelCore, from: HostId | null): Effect.Effect<void, StoreFailure> =>
  Effect.suspend(() => {
    core.isTakingOver = true
    return Effect.ensuring(
      inBatches(core, from),
      Effect.sync(() => {
        core.isTakingOver = false
        wakeShutdown(core)
      })
    )
  })

const inBatches = (core: KernelCore, from: HostId | null): Effect.Effect<void, StoreFailure> =>
  Effect.gen(function* () {
    const count = { settled: 0, restarted: 0 }
    while (yield* mayTake(core)) {
      const hostId = core.lease.hostId()
      const names = [...core.definitions.keys()]
      if (from === null && names.length === 0) return
      const rows = yield* core.store.takeOver({
        from,
        by: hostId,
        names,
        now: yield* nowMillis,
        token: `${hostId}:recovery`,
        error: hostLost,
        limit: core.options.batchMax
      })
      yield* Effect.forEach(rows, (row) => taken(core, row, from), { discard: true })
      const settled = rows.filter(({ status }) => isTerminal(status)).length
      count.settled += settled
      count.restarted += rows.length - settled
      const previous = from === null ? {} : { previousHostId: from }
      if (rows.length > 0) yield* core.log({ _tag: "RecoveryProgressed", hostId, ...previous, ...count })
      if (rows.length < core.options.batchMax) return
    }
  })

const hostLost = JSON.stringify({ reason: "HostLost", message: "Its host went away without settling it." })

const taken = (core: KernelCore, row: StoredRun, from: HostId | null): Effect.Effect<void> => {
  const { hostId, id, name, status } = row
  if (!isTerminal(status)) return adopt(core, row, from)
  const previousHostId = hostId ?? undefined
  const line = { runId: id, hostId: core.lease.hostId(), name, status }
  return core.log({ _tag: "RunRecovered", ...line, ...(previousHostId === undefined ? {} : { previousHostId }) })
}

/** What the take-over had to leave: a run of a definition that this host does not have. */
const leftOf = (core: KernelCore, from: HostId | null): Effect.Effect<ReadonlyArray<StoredRun>, StoreFailure> =>
  Effect.map(core.store.ownedBy({ hostId: from, limit: leftMax }), (rows) =>
    rows.filter((row) => row.onHostExit === "restart" && !core.definitions.has(row.name))
  )

const report = (recovery: Recovery, left: ReadonlyArray<readonly [HostId | null, StoredRun]>): Effect.Effect<void> => {
  const { core, reported } = recovery
  recovery.reported = new Set(left.map(([, { id }]) => id))
  return Effect.forEach(
    left.filter(([, { id }]) => !reported.has(id)),
    ([from, { attempt, id, name }]) =>
      core.log({
        _tag: "DefinitionUnknown",
        runId: id,
        hostId: core.lease.hostId(),
        name,
        attempt,
        ...(from === null ? {} : { previousHostId: from })
      }),
    { discard: true }
  )
}
