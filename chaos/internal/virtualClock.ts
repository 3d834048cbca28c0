/**
 * A clock on which time passes only when no fiber is ready: then it jumps to the next sleeper. Unlike
 * `TestClock` nobody has to push it, it wakes all sleepers of one instant together, and a simulated hour
 * costs what its work costs. A program that waits for something that never comes is told so, once the
 * limit of simulated time has passed.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

class VirtualClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  private now = 0
  private sleepers: Array<Sleeper> = []
  private ticking = false
  private stopped = false

  constructor(
    private readonly limitMillis: number,
    private readonly onLimit: () => void
  ) {}

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
      const sleeper = { at: this.now + Duration.toMillis(duration), wake: () => resume(Effect.void) }
      this.sleepers.push(sleeper)
      this.tick()
      return Effect.sync(() => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper)
      })
    })
  }

  stop(): void {
    this.stopped = true
    this.sleepers = []
  }

  /** An immediate comes after all microtasks, and fibers run in microtasks: when it comes, none is ready. */
  private tick(): void {
    if (this.ticking || this.stopped) return
    this.ticking = true
    setImmediate(() => {
      this.ticking = false
      this.advance()
    })
  }

  private advance(): void {
    const next = this.sleepers.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY)
    if (!Number.isFinite(next)) return
    if (next > this.limitMillis) {
      this.onLimit()
      return
    }
    this.now = Math.max(this.now, next)
    const due = this.sleepers.filter(({ at }) => at <= this.now)
    this.sleepers = this.sleepers.filter(({ at }) => at > this.now)
    for (const { wake } of due) wake()
    if (this.sleepers.length > 0) this.tick()
  }
}

/**
 * Runs a program on a clock of its own. Dies where it takes more than `limit` of simulated time.
 *
 * @internal
 */
export const onVirtualClock =
  (limit: Duration.DurationInput = "1 hour") =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const overrun = Deferred.unsafeMake<never>(FiberId.none)
      const why = `the program did not end within ${Duration.format(Duration.decode(limit))} of simulated time`
      const clock = new VirtualClock(Duration.toMillis(limit), () =>
        Deferred.unsafeDone(overrun, Effect.dieMessage(why))
      )
      return Effect.raceFirst(Effect.disconnect(self), Deferred.await(overrun)).pipe(
        Effect.ensuring(Effect.sync(() => clock.stop())),
        Effect.withClock(clock)
      )
    })
