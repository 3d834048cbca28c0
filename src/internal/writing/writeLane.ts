/**
 * One kind of write on its way to the store: what is sent together, and what happens to each after a failure. A lane
 * sends one statement for all that waits (group commit), builds every row anew for every attempt, and splits a batch
 * that the database refuses, or that waits in vain, until the bad row stands alone. It is driven by the one fiber of
 * `statusWriter`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import { nowMillis } from "../wallClock.js"
import type { Backoff } from "./backoff.js"
import { type Job, LaneQueue, type Waiting } from "./laneQueue.js"

/** @internal */
export interface LaneOptions<Row, Outcome> {
  readonly operation: string
  readonly write: (
    rows: ReadonlyArray<Row>,
    ids: ReadonlyArray<RunId>
  ) => Effect.Effect<ReadonlyArray<Outcome>, StoreFailure>
  readonly makeBackoff: () => Backoff
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

type Batch<Row, Outcome> = ReadonlyArray<Waiting<Row, Outcome>>

/** When the next statement may be sent: the later, the more have failed since the last that did not. */
interface Pace {
  readonly backoff: Backoff
  dueAt: number
}

/** @internal */
export class WriteLane<Row, Outcome> {
  private readonly queue: LaneQueue<Row, Outcome>
  private readonly together: Pace
  /** That of the rows which are sent by themselves: what fails with one of them says nothing of the others. */
  private readonly alone: Pace

  constructor(private readonly options: LaneOptions<Row, Outcome>) {
    this.queue = new LaneQueue(options.batchMax, options.waitedBehind)
    this.together = { backoff: options.makeBackoff(), dueAt: 0 }
    this.alone = { backoff: options.makeBackoff(), dueAt: 0 }
  }

  get size(): number {
    return this.queue.size
  }

  submit(job: Job<Row, Outcome>): void {
    this.queue.add(job)
  }

  /** Whoever asked no longer waits. A row that was sent already may land all the same. */
  withdraw(id: RunId): void {
    this.queue.remove(id)
  }

  /** When there is something to send; infinite where nothing waits. */
  nextAttemptAt(): number {
    return this.queue.nextAttemptAt(this.together.dueAt, this.alone.dueAt)
  }

  nextBudgetAt(): number {
    return this.queue.nextBudgetAt()
  }

  get tellOverdue(): Effect.Effect<void> {
    return this.queue.tellOverdue
  }

  tellAll(failure: StoreFailure): Effect.Effect<void> {
    return this.queue.tellAll(failure)
  }

  /** Sends what is due: all that waits together, and then each that stands alone. */
  readonly flush: Effect.Effect<void> = Effect.gen(this, function* () {
    const now = yield* nowMillis
    if (this.together.dueAt <= now) {
      yield* this.send(this.queue.together())
      if (this.together.dueAt > now) return
    }
    for (const waiting of this.queue.alone(now)) {
      // One that fails for all holds up the others as well; they keep their turn.
      if (this.alone.dueAt > now) return
      yield* this.send([waiting])
    }
  })

  private send(batch: Batch<Row, Outcome>): Effect.Effect<void> {
    return Effect.suspend(() => {
      const sent: Array<Waiting<Row, Outcome>> = []
      const rows: Array<Row> = []
      for (const waiting of batch) {
        const row = waiting.job.row()
        if (row === undefined) {
          this.queue.forget(waiting)
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

  private paceOf([first]: Batch<Row, Outcome>): Pace {
    return first !== undefined && this.queue.isApart(first) ? this.alone : this.together
  }

  private succeeded(sent: Batch<Row, Outcome>, outcomes: ReadonlyArray<Outcome>): Effect.Effect<void> {
    this.paceOf(sent).backoff.reset()
    // Whole: what the database has said is told to all, even if the writer is interrupted meanwhile.
    return Effect.uninterruptible(
      Effect.gen(this, function* () {
        for (const [index, waiting] of sent.entries()) {
          this.queue.forget(waiting)
          yield* waiting.job.answered(outcomes[index] as Outcome, waiting.attempts)
          if ((index + 1) % answersMax === 0) yield* this.options.giveWay
        }
      })
    )
  }

  private failed(sent: Batch<Row, Outcome>, failure: StoreFailure): Effect.Effect<void> {
    for (const waiting of sent) waiting.lastFailure = failure
    if (!this.options.isRetried) for (const waiting of sent) this.queue.forget(waiting)
    switch (failure.class) {
      case "permanent":
        return this.isolate(sent, failure)
      case "fatal":
        return Effect.zipRight(this.backOff(sent, failure), this.options.fatal(failure))
      case "wholeTransaction":
      case "unknown":
        return this.narrow(sent, failure)
      case "transient":
      case "slow":
      case "connection":
        return this.backOff(sent, failure)
    }
  }

  private backOff(sent: Batch<Row, Outcome>, failure: StoreFailure): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      const pace = this.paceOf(sent)
      const delay = failure.class === "slow" ? this.options.delayMaxMillis : yield* pace.backoff.next(failure)
      pace.dueAt = (yield* nowMillis) + delay
      yield* this.report(sent, failure, delay)
      yield* this.queue.tell((now, { attempts, job }) => attempts >= this.options.attemptsMax || now >= job.budgetUntil)
    })
  }

  /**
   * It may have waited for one row of them, which somebody has locked: that one must not hold up the others for as long.
   * They go behind whoever waits, and half of them go together next time, until it stands alone. Nothing is sent sooner for
   * that: a database that answers nobody is asked after the same delays, for fewer rows at a time.
   */
  private narrow(sent: Batch<Row, Outcome>, failure: StoreFailure): Effect.Effect<void> {
    const pace = this.paceOf(sent)
    const [first, ...others] = sent
    this.queue.goBehind(sent, Math.ceil(sent.length / 2))
    return Effect.tap(this.backOff(sent, failure), () => {
      if (first !== undefined && others.length === 0) this.queue.setApart(first, pace.dueAt)
    })
  }

  /** One bad row must not hold up the others: halves are sent at once, and what fails alone stays alone. */
  private isolate(sent: Batch<Row, Outcome>, failure: StoreFailure): Effect.Effect<void> {
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
      this.queue.setApart(first, (yield* nowMillis) + this.options.delayMaxMillis)
      yield* this.report(sent, failure, this.options.delayMaxMillis)
      yield* this.queue.tellOne(first, failure)
    })
  }

  private report(sent: Batch<Row, Outcome>, failure: StoreFailure, delay: number): Effect.Effect<void> {
    const attempt = sent.reduce((most, { attempts }) => Math.max(most, attempts), 0)
    return this.options.failed(
      failure,
      sent.map(({ job }) => job.id),
      attempt,
      delay
    )
  }
}
