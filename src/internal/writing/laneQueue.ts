/**
 * Who waits in a lane, and who stands in its next statement: all together, fewer of them where their last one waited in
 * vain, and by itself what has failed by itself. It knows the budgets of those who wait, and tells them when they pass.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import { nowMillis } from "../wallClock.js"

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

/** What is kept about a job. @internal */
export interface Waiting<Row, Outcome> {
  readonly job: Job<Row, Outcome>
  attempts: number
  isOverdue: boolean
  lastFailure: StoreFailure | undefined
  /** How many rows its next statement may have. */
  togetherMax: number
}

/** @internal */
export class LaneQueue<Row, Outcome> {
  private readonly waiting = new Map<RunId, Waiting<Row, Outcome>>()
  /** Those of them that are sent by themselves, in their turn, and since when they may be. */
  private readonly apart = new Map<Waiting<Row, Outcome>, number>()
  /** No budget passes before this; whose it was may be gone already. Budgets are of different lengths. */
  private budgetAt = Number.POSITIVE_INFINITY

  constructor(
    private readonly batchMax: number,
    private readonly waitedBehind: () => StoreFailure
  ) {}

  get size(): number {
    return this.waiting.size
  }

  /** A job of the same run replaces one that waits: at most one row per run stands in a statement (rule 1). */
  add(job: Job<Row, Outcome>): void {
    this.remove(job.id)
    this.budgetAt = this.waiting.size === 0 ? job.budgetUntil : Math.min(this.budgetAt, job.budgetUntil)
    this.waiting.set(job.id, {
      job,
      attempts: 0,
      isOverdue: false,
      lastFailure: undefined,
      togetherMax: this.batchMax
    })
  }

  remove(id: RunId): void {
    const waiting = this.waiting.get(id)
    if (waiting === undefined) return
    this.waiting.delete(id)
    this.apart.delete(waiting)
  }

  /** Only this very job: an answer may have brought the next one of the same run already. */
  forget(waiting: Waiting<Row, Outcome>): void {
    if (this.has(waiting)) this.remove(waiting.job.id)
  }

  /** From now on it is sent by itself, after the others of its kind, and not before then. */
  setApart(waiting: Waiting<Row, Outcome>, from: number): void {
    this.apart.delete(waiting)
    if (this.has(waiting)) this.apart.set(waiting, from)
  }

  isApart(waiting: Waiting<Row, Outcome>): boolean {
    return this.apart.has(waiting)
  }

  /** They let the others go first, and fewer of them go together. */
  goBehind(sent: ReadonlyArray<Waiting<Row, Outcome>>, togetherMax: number): void {
    for (const waiting of sent.filter((one) => this.has(one))) {
      waiting.togetherMax = togetherMax
      this.waiting.delete(waiting.job.id)
      this.waiting.set(waiting.job.id, waiting)
    }
  }

  private has(waiting: Waiting<Row, Outcome>): boolean {
    return this.waiting.get(waiting.job.id) === waiting
  }

  /** When there is something to send, where those who go together may at the one time, and the others at the other. */
  nextAttemptAt(togetherAt: number, aloneAt: number): number {
    let next = this.waiting.size > this.apart.size ? togetherAt : Number.POSITIVE_INFINITY
    for (const from of this.apart.values()) next = Math.min(next, Math.max(from, aloneAt))
    return next
  }

  /** Who goes together next. */
  together(): ReadonlyArray<Waiting<Row, Outcome>> {
    const found: Array<Waiting<Row, Outcome>> = []
    let max = this.batchMax
    for (const waiting of this.waiting.values()) {
      if (this.apart.has(waiting) || found.length >= Math.min(max, waiting.togetherMax)) continue
      max = Math.min(max, waiting.togetherMax)
      found.push(waiting)
      if (found.length === max) break
    }
    return found
  }

  /** Who goes alone, and may by now. */
  alone(now: number): ReadonlyArray<Waiting<Row, Outcome>> {
    return [...this.apart].flatMap(([waiting, from]) => (from <= now ? [waiting] : []))
  }

  // -- budgets ------------------------------------------------------------------------------------------

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

  tell(isDue: (now: number, waiting: Waiting<Row, Outcome>) => boolean): Effect.Effect<void> {
    return Effect.flatMap(nowMillis, (now) => {
      const due = [...this.waiting.values()].filter((waiting) => !waiting.isOverdue && isDue(now, waiting))
      return Effect.forEach(due, (waiting) => this.tellOne(waiting, waiting.lastFailure ?? this.waitedBehind()), {
        discard: true
      })
    })
  }

  tellOne(waiting: Waiting<Row, Outcome>, failure: StoreFailure): Effect.Effect<void> {
    if (waiting.isOverdue) return Effect.void
    waiting.isOverdue = true
    return waiting.job.overdue(failure, waiting.attempts)
  }
}
