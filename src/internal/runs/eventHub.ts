/**
 * The events of one run on this host, and those who listen. Numbers them, keeps one bounded buffer
 * per listener, and ends with `Settled`. Everything is synchronous, so that attaching a listener is
 * one step: it gets the state of that instant first, then every event after it, without a gap.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Run, RunEvent } from "../../Run.js"
import type { RunNotFound } from "../../RunError.js"
import * as RunMetrics from "../../RunMetrics.js"

/** An event that has not got its number yet. */
type Unnumbered = RunEvent extends infer Event ? (Event extends RunEvent ? Omit<Event, "sequence"> : never) : never

/** @internal */
export type Announcement = Exclude<Unnumbered, { _tag: "Snapshot" | "Dropped" }>

/** Only these may be lost, and only by the listener that is too slow for them. A transition never is. */
const isDroppable = (event: RunEvent): boolean => event._tag === "Logged" || event._tag === "Progressed"

/**
 * One listener's buffer. It holds at most `bufferMax` droppable events; the transitions of a run are
 * few by nature, and always fit.
 */
class Subscription {
  private buffer: Array<RunEvent> = []
  private droppable = 0
  private dropped = 0
  private end: Option.Option<RunNotFound> | undefined
  private waiting: Deferred.Deferred<void> | undefined

  constructor(private readonly bufferMax: number) {}

  offer(event: RunEvent): void {
    if (isDroppable(event)) {
      if (this.droppable >= this.bufferMax) this.dropOldest()
      this.droppable++
    }
    this.buffer.push(event)
    this.wake()
  }

  /** No event follows; where a failure is given, the stream ends with it. */
  close(failure: Option.Option<RunNotFound>): void {
    this.end ??= failure
    this.wake()
  }

  readonly pull: Effect.Effect<Chunk.Chunk<RunEvent>, Option.Option<RunNotFound>> = Effect.suspend(() => {
    if (this.buffer.length > 0) return Effect.succeed(this.drain())
    if (this.end !== undefined) return Effect.fail(this.end)
    this.waiting ??= Deferred.unsafeMake<void>(FiberId.none)
    return Effect.zipRight(Deferred.await(this.waiting), this.pull)
  })

  private dropOldest(): void {
    this.buffer.splice(this.buffer.findIndex(isDroppable), 1)
    this.droppable--
    this.dropped++
  }

  private drain(): Chunk.Chunk<RunEvent> {
    const events = this.buffer
    const first = events[0]
    if (this.dropped > 0 && first !== undefined) {
      // Told where the gap is: before the oldest event that was kept, under that event's number.
      events.unshift({ _tag: "Dropped", sequence: first.sequence, count: this.dropped })
    }
    this.buffer = []
    this.droppable = 0
    this.dropped = 0
    return Chunk.unsafeFromArray(events)
  }

  private wake(): void {
    if (this.waiting === undefined) return
    const waiting = this.waiting
    this.waiting = undefined
    Deferred.unsafeDone(waiting, Effect.void)
  }
}

/**
 * How many of the latest events a run keeps for readers who come later, or come back. Nothing, until somebody asks
 * for it: a host without such readers does not pay for them.
 *
 * @internal
 */
export interface Tail {
  max: number
}

/** @internal */
export class EventHub {
  private sequence = 0
  private readonly latest: Array<RunEvent> = []
  private readonly subscriptions = new Set<Subscription>()
  private end: { readonly last: RunEvent | undefined; readonly failure: Option.Option<RunNotFound> } | undefined

  constructor(private readonly tail: Tail = { max: 0 }) {}

  /**
   * Tells every listener, and answers the event with its number. After the last event nothing is
   * published any more: a daemon of the work may go on logging, and `Settled` stays the last.
   */
  publish(announcement: Announcement): RunEvent | undefined {
    if (this.end !== undefined) return undefined
    this.sequence++
    const event = { ...announcement, sequence: this.sequence } as RunEvent
    for (const subscription of this.subscriptions) subscription.offer(event)
    if (this.tail.max > 0) this.keep(event)
    if (event._tag === "Settled") this.finish(event, Option.none())
    return event
  }

  /** The row is gone: there is nothing that the last event could be equal to. */
  fail(failure: RunNotFound): void {
    if (this.end === undefined) this.finish(undefined, Option.some(failure))
  }

  /** The host goes away before the run has settled: the streams end without a last word. */
  close(): void {
    if (this.end === undefined) this.finish(undefined, Option.none())
  }

  /** The latest events, the oldest first: those that are numbered up to `sequence`, which a `Snapshot` includes. */
  latestUpTo(sequence: number): ReadonlyArray<RunEvent> {
    return this.latest.filter((event) => event.sequence <= sequence)
  }

  /** `snapshot` is asked for in the very step in which the listener is attached. */
  stream(snapshot: () => Run, bufferMax: number): Stream.Stream<RunEvent, RunNotFound> {
    const subscribe = Effect.sync(() => {
      const subscription = new Subscription(bufferMax)
      subscription.offer({ _tag: "Snapshot", sequence: this.sequence, run: snapshot() })
      if (this.end === undefined) {
        this.subscriptions.add(subscription)
      } else {
        if (this.end.last !== undefined) subscription.offer(this.end.last)
        subscription.close(this.end.failure)
      }
      return subscription
    })
    const unsubscribe = (subscription: Subscription) =>
      Effect.zipRight(
        Effect.sync(() => this.subscriptions.delete(subscription)),
        Metric.incrementBy(RunMetrics.subscribers, -1)
      )
    return Stream.unwrapScoped(
      Effect.map(
        Effect.acquireRelease(Effect.zipLeft(subscribe, Metric.incrementBy(RunMetrics.subscribers, 1)), unsubscribe),
        (subscription) => Stream.repeatEffectChunkOption(subscription.pull)
      )
    )
  }

  private keep(event: RunEvent): void {
    this.latest.push(event)
    if (this.latest.length > this.tail.max) this.latest.shift()
  }

  private finish(last: RunEvent | undefined, failure: Option.Option<RunNotFound>): void {
    this.end = { last, failure }
    for (const subscription of this.subscriptions) subscription.close(failure)
    this.subscriptions.clear()
  }
}
