/**
 * A clock on which time passes only when its owner says so, and then jumps to the next sleeper. It
 * wakes all sleepers of one instant together, so that the scheduler may choose among them; `TestClock`
 * wakes them one by one and runs each to its end, which hides races.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

interface Sleeper {
  readonly at: number
  /** Undefined once it has been woken or interrupted. */
  wake: (() => void) | undefined
}

export class SimulatedClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  /** The latest first, so that the next one is taken off the end; of one instant, the first to come is last. */
  private readonly sleepers: Array<Sleeper> = []

  constructor(private now: number) {}

  readonly currentTimeMillis: Effect.Effect<number> = Effect.sync(() => this.now)
  readonly currentTimeNanos: Effect.Effect<bigint> = Effect.sync(() => this.unsafeCurrentTimeNanos())

  unsafeCurrentTimeMillis(): number {
    return this.now
  }

  unsafeCurrentTimeNanos(): bigint {
    return BigInt(Math.round(this.now * 1_000_000))
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.async<void>((resume) => {
      const sleeper: Sleeper = { at: this.now + Duration.toMillis(duration), wake: () => resume(Effect.void) }
      this.sleepers.splice(this.positionOf(sleeper.at), 0, sleeper)
      return Effect.sync(() => {
        sleeper.wake = undefined
      })
    })
  }

  /** Jumps to the next sleeper, and wakes those of its instant. False where nobody sleeps until `limit`. */
  advance(limit: number): boolean {
    let woken = false
    for (let next = this.sleepers.at(-1); next !== undefined && next.at <= limit; next = this.sleepers.at(-1)) {
      if (woken && next.at > this.now) break
      this.sleepers.pop()
      if (next.wake === undefined) continue
      this.now = Math.max(this.now, next.at)
      woken = true
      next.wake()
    }
    return woken
  }

  private positionOf(at: number): number {
    let low = 0
    let high = this.sleepers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.sleepers[middle]?.at ?? 0) > at) low = middle + 1
      else high = middle
    }
    return low
  }
}
