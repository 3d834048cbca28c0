/**
 * The persistence actor: one fiber, the only caller of the store's writes to runs. It takes all that
 * waits, sends one statement per kind in the order settle, entomb, release, insert, cancel, progress
 * (settling frees keys), answers each job with its own outcome, and goes on until everything is written. While a
 * write is in flight the next batch fills by itself; while the database is down one fiber probes it.
 *
 * It is forked with the kernel, so no caller's transaction, span or scope can reach its statements.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { StoreFailure } from "../../RunError.js"
import type { HostId } from "../../RunId.js"
import type {
  CancelOutcome,
  CancelRequest,
  InsertOutcome,
  NewRun,
  ProgressReport,
  Release,
  ReleaseOutcome,
  RunStore,
  Settlement,
  SettleOutcome,
  Tombstone
} from "../../RunStore.js"
import * as Counting from "../log/counting.js"
import type { WriteLine } from "../log/lineWriter.js"
import { onItsOwn } from "../log/tracing.js"
import { nowMillis } from "../wallClock.js"
import { atOnce } from "./atOnce.js"
import { attempting, namedMax } from "./attempting.js"
import * as Backoff from "./backoff.js"
import * as EventLoop from "./eventLoop.js"
import { WriteLane } from "./writeLane.js"

/** @internal */
export interface PersistOptions {
  readonly schedule: Schedule.Schedule<unknown, StoreFailure>
  readonly delayMax: Duration.Duration
  readonly attemptTimeout: Duration.Duration
  readonly parkAfterAttempts: number
  readonly batchMax: number
  /** The shortest time that a job may come with until its owner wants to be told. */
  readonly budgetMin: Duration.Duration
}

/** @internal */
export interface StatusWriter {
  readonly settle: WriteLane<Settlement, SettleOutcome>
  readonly entomb: WriteLane<Tombstone, SettleOutcome>
  readonly release: WriteLane<Release, ReleaseOutcome>
  readonly insert: WriteLane<NewRun, InsertOutcome>
  readonly cancel: WriteLane<CancelRequest, CancelOutcome>
  readonly progress: WriteLane<ProgressReport, undefined>
  /** To be called after a submit. */
  readonly wake: () => void
  /** Waits until every terminal write has been answered. */
  readonly drained: Effect.Effect<void>
}

/** @internal */
export const failureFields = (failure: StoreFailure) => ({
  operation: failure.operation,
  class: failure.class,
  message: failure.message,
  inDoubt: failure.inDoubt,
  ...(failure.code === undefined ? {} : { code: failure.code })
})

/** After a fatal failure: the failure, and when the database is asked again whether it is sound. */
interface Damage {
  readonly failure: StoreFailure
  readonly checkAt: number
}

/** @internal */
export const make = (
  store: typeof RunStore.Service,
  hostId: () => HostId,
  log: WriteLine,
  options: PersistOptions
): Effect.Effect<StatusWriter, never, Scope.Scope> =>
  Effect.gen(function* () {
    const delayMaxMillis = Duration.toMillis(options.delayMax)
    const count = yield* Counting.make
    let damage: Damage | undefined

    const giveWay = EventLoop.make()
    const attemptCheck = attempting(count, "check")

    /** Whoever comes while a statement is in flight need not be told before that has been answered, or has failed. */
    const isPatient = Duration.greaterThanOrEqualTo(options.budgetMin, options.attemptTimeout)

    /** The attempt runs beside the budgets: what waits behind a stuck statement is told in time. */
    const beside = <A>(effect: Effect.Effect<A, StoreFailure>): Effect.Effect<A, StoreFailure> =>
      atOnce(effect, (rest) =>
        Effect.gen(function* () {
          const now = yield* nowMillis
          const isFar = isPatient && nextBudgetAt() > now + Duration.toMillis(options.attemptTimeout)
          return yield* isFar ? rest : Effect.raceFirst(rest, watching)
        })
      )

    /** Done by whoever submits while a statement is in flight. */
    let arrival = Deferred.unsafeMake<void>(FiberId.none)
    /** When those who watch will tell next. */
    let watchedUntil = Number.POSITIVE_INFINITY

    const sooner: Effect.Effect<void> = Effect.suspend(() => {
      arrival = Deferred.unsafeMake<void>(FiberId.none)
      const isSooner = Effect.suspend(() => (nextBudgetAt() < watchedUntil ? Effect.void : sooner))
      return Effect.zipRight(Deferred.await(arrival), isSooner)
    })

    const untilBudget = Effect.gen(function* () {
      const now = yield* nowMillis
      const at = nextBudgetAt()
      watchedUntil = at
      // It takes `resume`, so that Effect makes no AbortController for it; `Effect.never` would hold a timer.
      yield* Number.isFinite(at) ? Effect.sleep(Math.max(0, at - now)) : Effect.async<never>((_resume) => {})
      // Whole, even if the statement is answered meanwhile: half a parking would be a job that nobody is told of.
      yield* Effect.uninterruptible(tellOverdue)
    })

    /** Begins anew for each that comes, and has to be told sooner than all that wait. */
    const watching = Effect.forever(Effect.raceFirst(sooner, Effect.forever(untilBudget)))

    const lane = <Row, Outcome>(
      operation: string,
      write: (rows: ReadonlyArray<Row>) => Effect.Effect<ReadonlyArray<Outcome>, StoreFailure>,
      { attemptsMax = Number.POSITIVE_INFINITY, isRetried = true } = {}
    ): WriteLane<Row, Outcome> => {
      const attempt = attempting(count, operation)
      return new WriteLane({
        operation,
        write: (rows, ids) => beside(attempt(write(rows), ids)),
        makeBackoff: () => Backoff.make(options.schedule, options.delayMax),
        batchMax: options.batchMax,
        attemptsMax,
        delayMaxMillis,
        isRetried,
        failed: (failure, ids, attempts, retryInMillis) =>
          log({
            _tag: "WriteFailed",
            hostId: hostId(),
            failure: failureFields(failure),
            rows: ids.length,
            runIds: ids.slice(0, namedMax),
            attempt: attempts,
            retryInMillis
          }),
        fatal: (failure) => damaged(failure),
        giveWay,
        waitedBehind: () =>
          new StoreFailure({
            operation,
            class: "unknown",
            cause: new Error("the statements before it have not been answered")
          })
      })
    }

    const parks = { attemptsMax: options.parkAfterAttempts }
    const lanes = {
      settle: lane("settle", store.settle, parks),
      entomb: lane("entomb", store.entomb, parks),
      release: lane("release", store.release, parks),
      insert: lane("insert", store.insert),
      cancel: lane("cancel", store.requestCancel, parks),
      progress: lane(
        "progress",
        (reports: ReadonlyArray<ProgressReport>) =>
          Effect.map(store.reportProgress(reports), () => reports.map(() => undefined)),
        { isRetried: false }
      )
    }
    const ordered = [lanes.settle, lanes.entomb, lanes.release, lanes.insert, lanes.cancel, lanes.progress] as const

    const nextBudgetAt = () => Math.min(...ordered.map((lane) => lane.nextBudgetAt()))
    const tellOverdue = Effect.flatMap(nowMillis, (now) =>
      now < nextBudgetAt() ? Effect.void : Effect.forEach(ordered, (lane) => lane.tellOverdue, { discard: true })
    )

    const damaged = Effect.fnUntraced(function* (failure: StoreFailure) {
      if (damage === undefined) {
        yield* log({ _tag: "DatabaseDamaged", hostId: hostId(), failure: failureFields(failure) })
      }
      damage = { failure, checkAt: (yield* nowMillis) + delayMaxMillis }
      yield* tellAll(failure)
    })

    const tellAll = (failure: StoreFailure) =>
      Effect.forEach(ordered, (lane) => lane.tellAll(failure), { discard: true })

    /** A damaged database is not written to until it passes its check; who comes meanwhile is told at once. */
    const isSoundAgain = Effect.fnUntraced(function* ({ checkAt, failure }: Damage) {
      yield* tellAll(failure)
      if ((yield* nowMillis) < checkAt) return false
      const checked = yield* Effect.either(attemptCheck(store.check, []))
      damage = checked._tag === "Right" ? undefined : { failure, checkAt: (yield* nowMillis) + delayMaxMillis }
      return damage === undefined
    })

    let latch = Deferred.unsafeMake<void>(FiberId.none)
    const wake = () => {
      Deferred.unsafeDone(latch, Effect.void)
      Deferred.unsafeDone(arrival, Effect.void)
    }
    let drainWaiters: Array<Deferred.Deferred<void>> = []
    /** From the taking of a batch until its last row has been told of: it has left its lane before that. */
    let isFlushing = false
    const isDrained = () => !isFlushing && lanes.settle.size + lanes.entomb.size + lanes.release.size === 0
    const round = Effect.gen(function* () {
      if (damage === undefined || (yield* isSoundAgain(damage))) {
        isFlushing = true
        for (const lane of ordered) if (lane.size > 0) yield* lane.flush
        isFlushing = false
      }
      yield* tellOverdue
      if (isDrained()) {
        for (const waiter of drainWaiters) Deferred.unsafeDone(waiter, Effect.void)
        drainWaiters = []
      }
      // Whoever was just answered goes on before the next batch is taken: group commit without a timer.
      yield* giveWay
    })

    /** Waits for a submit, for the end of a delay, or for a budget that passes, whichever comes first. */
    const idle = Effect.gen(function* () {
      const now = yield* nowMillis
      const nextAttemptAt = damage?.checkAt ?? Math.min(...ordered.map((lane) => lane.nextAttemptAt()))
      const at = Math.min(nextBudgetAt(), nextAttemptAt)
      if (at <= now) return
      const submitted = Deferred.await(latch)
      yield* Number.isFinite(at) ? Effect.raceFirst(submitted, Effect.sleep(at - now)) : submitted
    })

    const turn = Effect.zipRight(
      idle,
      Effect.suspend(() => {
        latch = Deferred.unsafeMake<void>(FiberId.none)
        return round
      })
    )

    // A defect of ours must not end the one fiber that all runs rely on: it is told, and the fiber goes on.
    const guarded = Effect.catchAllCause(turn, (cause) => {
      isFlushing = false
      return Cause.isInterruptedOnly(cause)
        ? Effect.failCause(cause)
        : Effect.zipRight(
            Effect.logFatal("The status writer met a defect and goes on", cause),
            Effect.sleep(delayMaxMillis)
          )
    })

    yield* Effect.forkScoped(Effect.interruptible(onItsOwn(Effect.forever(guarded))))

    const drained = Effect.suspend(() => {
      if (isDrained()) return Effect.void
      const waiter = Deferred.unsafeMake<void>(FiberId.none)
      drainWaiters.push(waiter)
      return Deferred.await(waiter)
    })

    return { ...lanes, wake, drained }
  })
