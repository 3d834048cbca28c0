/**
 * What the kernel tells the verdict journal: a verdict that is parked is appended, one that is written or superseded is
 * forgotten, and a shutdown appends what it leaves. One fiber at a time does it, beside the writer, so that a slow disk
 * holds up no write to the database; it is there only while there is something to do. A journal that fails is told of,
 * counted and tried again, while the verdict is in memory and the writer goes on.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import type { JournalFailure } from "../../RunError.js"
import * as RunMetrics from "../../RunMetrics.js"
import type { Settlement } from "../../RunStore.js"
import type { Entry, VerdictJournal } from "../../VerdictJournal.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import * as ActiveRun from "../runs/activeRun.js"

/** The journal, and what the kernel has for it. Each run stands here once at most. */
export interface JournalKeeper {
  readonly journal: typeof VerdictJournal.Service
  readonly delayMaxMillis: number
  /** Parked, and not in the journal yet. */
  readonly waiting: Set<ActiveRun.ActiveRun>
  /** In the journal, each with what stands there. */
  readonly kept: Map<ActiveRun.ActiveRun, Settlement>
  /** In the journal, and not needed there any more. */
  readonly done: Map<ActiveRun.ActiveRun, Settlement>
  isBusy: boolean
}

/** @internal */
export const make = (journal: typeof VerdictJournal.Service, delayMax: Duration.Duration): JournalKeeper => ({
  journal,
  delayMaxMillis: Duration.toMillis(delayMax),
  waiting: new Set(),
  kept: new Map(),
  done: new Map(),
  isBusy: false
})

/** Entries of one append. */
const batchMax = 1_024
const delayBaseMillis = 100
/** How many runs a line names. */
const namedMax = 100
/** How long a shutdown waits for the journal, beyond its grace: a disk that hangs must not keep the process for ever. */
const leaveLimit = Duration.seconds(5)

/** The verdict, where it is parked, as it is now. Answers at once. */
export const keep = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  Effect.suspend(() => {
    // What a shutdown leaves is appended by `leave`.
    if (core.journal === undefined || core.isClosed) return Effect.void
    if (run.state._tag !== "Ended" || run.state.parked === undefined) return Effect.void
    core.journal.waiting.add(run)
    return wake(core, core.journal)
  })

/** The run has left its state as `Ended`: there is nothing to replay. Answers at once. */
export const forget = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  Effect.suspend(() => {
    const keeper = core.journal
    if (keeper === undefined) return Effect.void
    keeper.waiting.delete(run)
    const kept = keeper.kept.get(run)
    if (kept === undefined || core.isClosed) return Effect.void
    keeper.kept.delete(run)
    keeper.done.set(run, kept)
    return wake(core, keeper)
  })

/**
 * Nobody will write these any more. Answers which of them are in the journal, as they are now.
 *
 * @internal
 */
export const leave = (
  core: KernelCore,
  runs: ReadonlyArray<ActiveRun.ActiveRun>
): Effect.Effect<ReadonlySet<ActiveRun.ActiveRun>> =>
  Effect.suspend(() => {
    const keeper = core.journal
    if (keeper === undefined) return Effect.succeed(new Set())
    const left = runs.filter((run) => isNews(keeper, run))
    const attempts = (queue: ReadonlyArray<ActiveRun.ActiveRun>, attempt: number): Effect.Effect<void> => {
      if (queue.length === 0) return Effect.void
      const batch = batchOf(queue, attempt)
      const rest = queue.slice(batch.length)
      return Effect.flatMap(appendAll(core, keeper, batch), (failure) => {
        if (failure === undefined) return attempts(rest, 0)
        const delay = delayOf(keeper, attempt)
        return Effect.zipRight(
          failed(core, failure, queue, delay),
          Effect.delay(attempts([...rest, ...batch], attempt + 1), delay)
        )
      })
    }
    return attempts(left, 0).pipe(
      // Not waited for beyond its time: an append is not to be broken in the middle, and a disk may never answer.
      Effect.disconnect,
      Effect.interruptible,
      Effect.timeoutOption(leaveLimit),
      Effect.map(() => new Set(runs.filter((run) => keeper.kept.has(run) && !isNews(keeper, run))))
    )
  })

// -- the fiber ----------------------------------------------------------------------------------------------

const wake = (core: KernelCore, keeper: JournalKeeper): Effect.Effect<void> => {
  if (keeper.isBusy) return Effect.void
  keeper.isBusy = true
  const idle = Effect.sync(() => {
    keeper.isBusy = false
  })
  return Effect.asVoid(Effect.forkIn(Effect.interruptible(Effect.ensuring(working(core, keeper, 0), idle)), core.scope))
}

/** Until nothing is left to do. */
const working = (core: KernelCore, keeper: JournalKeeper, attempt: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (core.isClosed || (keeper.waiting.size === 0 && keeper.done.size === 0)) return Effect.void
    const batch = batchOf([...keeper.waiting], attempt)
    return Effect.flatMap(Effect.zipRight(forgetDone(core, keeper), appendAll(core, keeper, batch)), (failure) => {
      if (failure === undefined) return working(core, keeper, 0)
      const delay = delayOf(keeper, attempt)
      toTheEnd(keeper.waiting, batch)
      return Effect.zipRight(
        failed(core, failure, [...keeper.waiting], delay),
        Effect.delay(working(core, keeper, attempt + 1), delay)
      )
    })
  })

/** Half as many after each failure: a disk with little room takes what fits, and one large entry keeps no others out. */
const batchOf = (queue: ReadonlyArray<ActiveRun.ActiveRun>, attempt: number): ReadonlyArray<ActiveRun.ActiveRun> =>
  queue.slice(0, Math.min(batchMax, Math.ceil(queue.length / 2 ** attempt)))

/** Those of them that still wait. */
const toTheEnd = (waiting: Set<ActiveRun.ActiveRun>, batch: ReadonlyArray<ActiveRun.ActiveRun>): void => {
  for (const run of batch) if (waiting.delete(run)) waiting.add(run)
}

const delayOf = ({ delayMaxMillis }: JournalKeeper, attempt: number): number =>
  Math.min(delayMaxMillis, delayBaseMillis * 2 ** Math.min(attempt, 16))

/** In one append. Answers with the failure, if there is one. */
const appendAll = (
  core: KernelCore,
  keeper: JournalKeeper,
  runs: ReadonlyArray<ActiveRun.ActiveRun>
): Effect.Effect<JournalFailure | undefined> =>
  Effect.gen(function* () {
    const entries = new Map(runs.flatMap((run) => entryOf(run).map((entry) => [run, entry] as const)))
    if (entries.size > 0) {
      const appended = yield* Effect.either(keeper.journal.append([...entries.values()]))
      if (Either.isLeft(appended)) return appended.left
    }
    for (const run of runs) keeper.waiting.delete(run)
    for (const [run, { settlement }] of entries) {
      // Written meanwhile: the entry is one too many.
      ;(run.state._tag === "Ended" ? keeper.kept : keeper.done).set(run, settlement)
      yield* core.log({
        _tag: "VerdictJournaled",
        runId: run.id,
        hostId: run.hostId,
        journal: keeper.journal.name,
        verdict: settlement.status,
        workOutcome: settlement.workOutcome
      })
    }
    return undefined
  })

/** One that cannot be forgotten is replayed for nothing: it is told of, and not tried again. */
const forgetDone = (core: KernelCore, keeper: JournalKeeper): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (keeper.done.size === 0) return Effect.void
    const done = [...keeper.done]
    keeper.done.clear()
    return Effect.catchAll(keeper.journal.forget(done.map(([, settlement]) => settlement)), (failure) =>
      failed(
        core,
        failure,
        done.map(([run]) => run)
      )
    )
  })

const entryOf = (run: ActiveRun.ActiveRun): ReadonlyArray<Entry> => {
  if (run.state._tag !== "Ended") return []
  // A run that is given back has no verdict: whoever takes over what this host leaves restarts it.
  if (run.state.isReleased || ActiveRun.verdictOf(run, run.state)._tag === "Release") return []
  const settlement = ActiveRun.settlementOf(run, run.state)
  return [run.state.entomb ? { _tag: "Tombstone", run: run.newRun, settlement } : { _tag: "Settlement", settlement }]
}

/** Whether the journal lacks it, or has an earlier verdict of it: a cancel may have come since. */
const isNews = (keeper: JournalKeeper, run: ActiveRun.ActiveRun): boolean =>
  entryOf(run).some(({ settlement }) => JSON.stringify(settlement) !== JSON.stringify(keeper.kept.get(run)))

const failed = (
  core: KernelCore,
  failure: JournalFailure,
  runs: ReadonlyArray<ActiveRun.ActiveRun>,
  retryInMillis?: number
): Effect.Effect<void> =>
  Effect.zipRight(
    Metric.update(Metric.tagged(RunMetrics.journalFailures, "operation", failure.operation), 1),
    core.log({
      _tag: "JournalFailed",
      hostId: core.lease.hostId(),
      operation: failure.operation,
      message: failure.message,
      ...(failure.code === undefined ? {} : { code: failure.code }),
      entries: runs.length,
      runIds: runs.slice(0, namedMax).map(({ id }) => id),
      ...(retryInMillis === undefined ? {} : { retryInMillis })
    })
  )
