/**
 * One kind of write on its way to the store: who waits, what is sent together, what happens to each
 * after a failure. A lane sends one statement for all that waits (group commit), builds every row
 * anew for every attempt, splits a batch that the database refuses until the bad row stands alone,
 * and tells a job when its budget has passed. It is driven by the one fiber of `statusWriter`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import { nowMillis } from "../wallClock.js"
import type { Backoff } from "./backoff.js"

/** @internal */
export interface Job<Row, Outcome> {
  readonly id: RunId
  /** The row to send now; none where there is nothing left to write, and the job is dropped. */
  readonly row: () => Row | undefined
  readonly answered: (outcome: Outcome, attempts: number) => Effect.Effect<void>
  /** Told once: the budget has passed, or the database refuses this row. The job is kept and goes on. */
  readonly overdue: (failure: StoreFailure, attempts: number) => Effect.Effect<void>
  /** Whether there is another row to try, now that the database refuses these values. */
  readonly reshape?: (failure: StoreFailure) => boolean
  /** When its owner wants to be told, in milliseconds of the Clock. */
  readonly budgetUntil: number
}

/** What a lane keeps about a job. */
interface Waiting<Row, Outcome> {
  readonly job: Job<Row, Outcome>
  attempts: number
  isOverdue: boolean
  lastFailure: StoreFailure | undefined
  /** The database refuses it: it is sent alone, and not before then. */
  aloneFrom: number | undefined
}

/** @internal */
export interface LaneOptions<Row, Outcome> {
  readonly operation: string
  readonly write: (
    rows: ReadonlyArray<Row>,
    ids: ReadonlyArray<RunId>
  ) => Effect.Effect<ReadonlyArray<Outcome>, StoreFailure>
  readonly backoff: Backoff
  readonly batchMax: number
  /** Attempts until a job is overdue, whatever its budget says. */
  readonly attemptsMax: number
  readonly delayMaxMillis: number
  /** `false`: a row that fails is dropped (a newer report replaces it). */
  readonly isRetried: boolean
  readonly failed: (
    failure: StoreFailure,
    ids: ReadonlyArray<RunId>,
    attempt: number,
    retryInMillis: number
  ) => Effect.Effect<void>
  readonly fatal: (failure: StoreFailure) => Effect.Effect<void>
  /** Lets those who were answered go on. */
  readonly giveWay: Effect.Effect<void>
  readonly waitedBehind: () => StoreFailure
}

/** How many jobs are answered in one go: each has a run behind it that goes on, and the event loop waits for all. */
const answersMax = 8

/** @internal */
export class WriteLane<Row, Outcome> {
  private readonly waiting = new Map<RunId, Waiting<Row, Outcome>>()
  private dueAt = 0
  /** No budget passes before this; whose it was may be gone already. Budgets are of different lengths. */
  private budgetAt = Number.POSITIVE_INFINITY

  constructor(private readonly options: LaneOptions<Row, Outcome>) {}

  get size(): number {
    return this.waiting.size
  }

  /** A job of the same run replaces one that waits: at most one row per run stands in a statement (rule 1). */
  submit(job: Job<Row, Outcome>): void {
    this.budgetAt = this.waiting.size === 0 ? job.budgetUntil : Math.min(this.budgetAt, job.budgetUntil)
    this.waiting.set(job.id, {
      job,
      attempts: 0,
      isOverdue: false,
      lastFailure: undefined,
      aloneFrom: undefined
    })
  }

  /** Whoever asked no longer waits. A row that was sent already may land all the same. */
  withdraw(id: RunId): void {
    this.waiting.delete(id)
  }

  /** When there is something to send; infinite where nothing waits. */
  nextAttemptAt(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { aloneFrom } of this.waiting.values()) {
      if (aloneFrom === undefined) return Math.min(next, this.dueAt)
      next = Math.min(next, Math.max(aloneFrom, this.dueAt))
    }
    return next
  }

  /** When the next budget may pass. Asked for at every statement, so it is no search through all that waits. */
  nextBudgetAt(): number {
    return this.waiting.size === 0 ? Number.POSITIVE_INFINITY : this.budgetAt
  }

  /** Behind a stuck batch all that waits is overdue together. */
  readonly tellOverdue: Effect.Effect<void> = Effect.flatMap(nowMillis, (now) => {
    if (now < this.budgetAt) return Effect.void
    const recount = Effect.sync(() => {
      this.budgetAt = Number.POSITIVE_INFINITY
      for (const { isOverdue, job } of this.waiting.values()) {
        if (!isOverdue && job.budgetUntil < this.budgetAt) this.budgetAt = job.budgetUntil
      }
    })
    return Effect.zipRight(
      this.tell((_, { job }) => now >= job.budgetUntil),
      recount
    )
  })

  readonly tellAll = (failure: StoreFailure): Effect.Effect<void> =>
    Effect.suspend(() => {
      for (const waiting of this.waiting.values()) waiting.lastFailure = failure
      return this.tell(() => true)
    })

  /** Sends what is due: all that waits together, and each refused row alone. */
  readonly flush: Effect.Effect<void> = Effect.gen(this, function* () {
    const now = yield* nowMillis
    if (now < this.dueAt) return
    const together: Array<Waiting<Row, Outcome>> = []
    const alone: Array<Waiting<Row, Outcome>> = []
    for (const waiting of this.waiting.values()) {
      if (waiting.aloneFrom === undefined) {
        if (together.length < this.options.batchMax) together.push(waiting)
      } else if (waiting.aloneFrom <= now) {
        alone.push(waiting)
      }
    }
    yield* this.send(together)
    for (const waiting of alone) {
      // One that fails for all holds up the others as well; they keep their turn.
      if (this.dueAt > now) return
      yield* this.send([waiting])
    }
  })

  private send(batch: ReadonlyArray<Waiting<Row, Outcome>>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const sent: Array<Waiting<Row, Outcome>> = []
      const rows: Array<Row> = []
      for (const waiting of batch) {
        const row = waiting.job.row()
        if (row === undefined) {
          this.waiting.delete(waiting.job.id)
        } else {
          waiting.attempts++
          sent.push(waiting)
          rows.push(row)
        }
      }
      if (rows.length === 0) return Effect.void
      const ids = sent.map(({ job }) => job.id)
      return Effect.matchEffect(this.options.write(rows, ids), {
        onSuccess: (outcomes) => this.succeeded(sent, outcomes),
        onFailure: (failure) => this.failed(sent, failure)
      })
    })
  }

  private succeeded(sent: ReadonlyArray<Waiting<Row, Outcome>>, outcomes: ReadonlyArray<Outcome>): Effect.Effect<void> {
    this.options.backoff.reset()
    // Whole: what the database has said is told to all, even if the writer is interrupted meanwhile.
    return Effect.uninterruptible(
      Effect.gen(this, function* () {
        for (const [index, waiting] of sent.entries()) {
          this.forget(waiting)
          yield* waiting.job.answered(outcomes[index] as Outcome, waiting.attempts)
          if ((index + 1) % answersMax === 0) yield* this.options.giveWay
        }
      })
    )
  }

  private failed(sent: ReadonlyArray<Waiting<Row, Outcome>>, failure: StoreFailure): Effect.Effect<void> {
    for (const waiting of sent) waiting.lastFailure = failure
    if (!this.options.isRetried) for (const waiting of sent) this.forget(waiting)
    switch (failure.class) {
      case "permanent":
        return this.isolate(sent, failure)
      case "fatal":
        return Effect.zipRight(this.backOff(sent, failure), this.options.fatal(failure))
      case "transient":
      case "wholeTransaction":
      case "unknown":
      case "slow":
      case "connection":
        return this.backOff(sent, failure)
    }
  }

  private backOff(sent: ReadonlyArray<Waiting<Row, Outcome>>, failure: StoreFailure): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      const delay = failure.class === "slow" ? this.options.delayMaxMillis : yield* this.options.backoff.next(failure)
      this.dueAt = (yield* nowMillis) + delay
      yield* this.report(sent, failure, delay)
      yield* this.tell((now, { attempts, job }) => attempts >= this.options.attemptsMax || now >= job.budgetUntil)
    })
  }

  /** One bad row must not hold up the others: halves are sent at once, and what fails alone stays alone. */
  private isolate(sent: ReadonlyArray<Waiting<Row, Outcome>>, failure: StoreFailure): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      const [first] = sent
      if (first === undefined) return
      if (sent.length > 1) {
        yield* this.report(sent, failure, 0)
        // A refusal of all says nothing of each: it does not bring a healthy row nearer to being parked.
        for (const waiting of sent) waiting.attempts--
        const middle = sent.length >> 1
        yield* this.send(sent.slice(0, middle))
        yield* this.send(sent.slice(middle))
        return
      }
      if (first.job.reshape?.(failure) === true) {
        yield* this.report(sent, failure, 0)
        return
      }
      first.aloneFrom = (yield* nowMillis) + this.options.delayMaxMillis
      yield* this.report(sent, failure, this.options.delayMaxMillis)
      yield* this.tellOne(first, failure)
    })
  }

  private report(
    sent: ReadonlyArray<Waiting<Row, Outcome>>,
    failure: StoreFailure,
    delay: number
  ): Effect.Effect<void> {
    const attempt = sent.reduce((most, { attempts }) => Math.max(most, attempts), 0)
    return this.options.failed(
      failure,
      sent.map(({ job }) => job.id),
      attempt,
      delay
    )
  }

  private tell(isDue: (now: number, waiting: Waiting<Row, Outcome>) => boolean): Effect.Effect<void> {
    return Effect.flatMap(nowMillis, (now) => {
      const due = [...this.waiting.values()].filter((waiting) => !waiting.isOverdue && isDue(now, waiting))
      return Effect.forEach(
        due,
        (waiting) => this.tellOne(waiting, waiting.lastFailure ?? this.options.waitedBehind()),
        { discard: true }
      )
    })
  }

  private tellOne(waiting: Waiting<Row, Outcome>, failure: StoreFailure): Effect.Effect<void> {
    if (waiting.isOverdue) return Effect.void
    waiting.isOverdue = true
    return waiting.job.overdue(failure, waiting.attempts)
  }

  /** Only this very job: an answer may have submitted the next one of the same run already. */
  private forget(waiting: Waiting<Row, Outcome>): void {
    if (this.waiting.get(waiting.job.id) === waiting) this.waiting.delete(waiting.job.id)
  }
}
