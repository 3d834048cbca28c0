/**
 * How the parts of a kernel are put together, and in which order they come up: the host's row, the
 * writer, the register of runs, and the recovery. What is closed last was made first.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { StoreFailure } from "../../RunError.js"
import type { Options, Policies } from "../../RunKernel.js"
import * as RunMetrics from "../../RunMetrics.js"
import { RunStore } from "../../RunStore.js"
import { VerdictJournal } from "../../VerdictJournal.js"
import { audit } from "../hosts/auditing.js"
import * as HostLease from "../hosts/hostLease.js"
import { HostProcesses } from "../hosts/hostProcess.js"
import { endedLease, fencedLease, leaseEnded, leaseFenced } from "../hosts/leaseEnd.js"
import * as Listening from "../hosts/listening.js"
import * as Recovering from "../hosts/recovering.js"
import * as Journaling from "../journal/journaling.js"
import { replay } from "../journal/replaying.js"
import * as Counting from "../log/counting.js"
import * as LineWriter from "../log/lineWriter.js"
import type { ActiveRun } from "../runs/activeRun.js"
import * as GraceWatch from "../runs/graceWatch.js"
import * as RunChanges from "../runs/runChanges.js"
import * as StartGate from "../runs/startGate.js"
import * as Backoff from "../writing/backoff.js"
import * as BoundedStore from "../writing/boundedStore.js"
import * as StatusWriter from "../writing/statusWriter.js"
import type { KernelCore } from "./kernelCore.js"
import { openRetry, type resolve } from "./kernelOptions.js"
import { shutdown } from "./stopping.js"

/** @internal */
export const make = (
  settings: ReturnType<typeof resolve>,
  policies: Pick<Options, "onLeaseEnd"> & Policies
): Effect.Effect<KernelCore, StoreFailure, RunStore | Scope.Scope> =>
  Effect.gen(function* () {
    const store = BoundedStore.make(yield* RunStore, {
      attemptTimeout: settings.persist.attemptTimeout,
      readRetry: Backoff.exponential(settings.persist.delayBase)
    })
    const scope = yield* Scope.make()
    const log = yield* LineWriter.make
    const count = yield* Counting.make
    const schedule = policies.persistSchedule ?? Backoff.exponential(settings.persist.delayBase)
    const persist = {
      ...settings.persist,
      schedule,
      budgetMin: Duration.min(settings.startTimeout, settings.persist.parkAfter)
    }
    const opening = { leaseDuration: settings.leaseDuration, openRetry: openRetry(settings.persist) }
    const journal = Option.getOrUndefined(yield* Effect.serviceOption(VerdictJournal))
    // The lease and the writer name each other's host and rows; neither asks before both are made.
    let core: KernelCore | undefined
    const { own } = yield* HostProcesses
    const lease = yield* HostLease.make(store, {
      ...opening,
      renewEvery: settings.renewEvery,
      delayMax: settings.persist.delayMax,
      process: own,
      log,
      audit: (owned) => (core === undefined ? Effect.void : audit(core, owned)),
      ended: (hostId) => (core === undefined ? Effect.void : leaseEnded(core, hostId)),
      fenced: (hostId) => (core === undefined ? Effect.void : leaseFenced(core, hostId))
    })
    const writer = yield* StatusWriter.make(store, lease.hostId, log, persist)
    const made: KernelCore = {
      store,
      writer,
      lease,
      options: { ...settings.persist, ...settings, onLeaseEnd: policies.onLeaseEnd ?? store.onLeaseEnd },
      scope,
      log,
      count,
      graces: GraceWatch.make(scope, graceExceeded(log, count)),
      startGate: StartGate.make(),
      runs: new Map(),
      inserts: new Map(),
      tombstones: new Map(),
      isTakingOver: false,
      definitions: new Map(),
      definitionCame: Deferred.unsafeMake<void>(FiberId.none),
      journal: journal === undefined ? undefined : Journaling.make(journal, settings.persist.delayMax),
      rowCancels: new Map(),
      changes: store.changes === undefined ? RunChanges.unheard : RunChanges.make(),
      tail: { max: 0 },
      isStopping: false,
      isClosed: false,
      ended: undefined
    }
    core = made
    // Before the recovery: what an earlier kernel has decided is no loss, and must not be judged as one.
    if (journal !== undefined) yield* replay({ ...opening, store, journal, hostId: lease.hostId(), log, persist })
    yield* Effect.addFinalizer((exit) => Effect.ensuring(shutdown(made), Scope.close(scope, exit)))
    yield* log({
      _tag: "HostStarted",
      hostId: lease.hostId(),
      parkAfterMillis: Duration.toMillis(settings.persist.parkAfter),
      attemptTimeoutMillis: Duration.toMillis(settings.persist.attemptTimeout),
      delayMaxMillis: Duration.toMillis(settings.persist.delayMax)
    })
    announceMetrics(count)
    yield* Listening.start(made, Backoff.exponential(settings.persist.delayBase))
    yield* Recovering.start(made, opening.openRetry)
    return made
  })

const graceExceeded =
  (log: LineWriter.WriteLine, count: Counting.Count) =>
  (run: ActiveRun): Effect.Effect<void> => {
    count(RunMetrics.graceExceeded, 1)
    const graceMillis = Duration.toMillis(run.cancelGrace)
    return log({ _tag: "GraceExceeded", runId: run.id, hostId: run.hostId, graceMillis })
  }

const counters = [
  RunMetrics.started,
  RunMetrics.parkings,
  RunMetrics.graceExceeded,
  RunMetrics.hostsFenced,
  endedLease,
  fencedLease
]

/** An exporter has them from the beginning, at zero: an alert on a figure that is not there cannot fire. */
const announceMetrics = (count: Counting.Count): void => {
  for (const gauge of [RunMetrics.active, RunMetrics.parked, RunMetrics.subscribers]) count(gauge, 0)
  for (const counter of counters) count(counter, 0)
}
