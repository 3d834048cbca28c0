/**
 * The delays between attempts, from a `Schedule`. Asks the schedule without sleeping, so that one
 * fiber can wait for several things at once, and holds every delay below the maximal one: once the
 * database is well again, a waiting verdict is written within that time (G5).
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as Intervals from "effect/ScheduleIntervals"
import type { StoreFailure } from "../../RunError.js"
import { nowMillis } from "../wallClock.js"

/** @internal */
export interface Backoff {
  /** Whole milliseconds until the next attempt. A schedule that is done goes on at the maximal delay. */
  readonly next: (failure: StoreFailure) => Effect.Effect<number>
  /** After a success the next failure starts from the beginning. */
  readonly reset: () => void
}

/**
 * Exponential with jitter, in whole milliseconds.
 *
 * @internal
 */
export const exponential = (delayBase: Duration.Duration): Schedule.Schedule<unknown, StoreFailure> =>
  Schedule.exponential(delayBase).pipe(
    Schedule.jittered,
    Schedule.modifyDelay((_, delay) => Duration.millis(Math.round(Duration.toMillis(delay))))
  )

/** @internal */
export const make = (schedule: Schedule.Schedule<unknown, StoreFailure>, delayMax: Duration.Duration): Backoff => {
  const delayMaxMillis = Duration.toMillis(delayMax)
  let state: unknown = schedule.initial
  let isDone = false
  return {
    next: Effect.fnUntraced(function* (failure) {
      if (isDone) return delayMaxMillis
      const now = yield* nowMillis
      const [nextState, , decision] = yield* schedule.step(now, failure, state)
      state = nextState
      if (ScheduleDecision.isDone(decision)) {
        isDone = true
        return delayMaxMillis
      }
      return Math.min(delayMaxMillis, Math.max(0, Math.round(Intervals.start(decision.intervals) - now)))
    }),
    reset: () => {
      state = schedule.initial
      isDone = false
    }
  }
}
