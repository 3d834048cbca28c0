/**
 * The time that goes into rows, ids and lines: whole milliseconds since 1970, UTC, by the fiber's
 * `Clock`. A simulated clock may stand between two of them after a jittered delay; a row may not. And
 * the time that leases are measured by, which no change of the wall clock moves.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** @internal */
export const nowMillis: Effect.Effect<number> = Clock.clockWith((clock) =>
  Effect.succeed(Math.floor(clock.unsafeCurrentTimeMillis()))
)

/**
 * Milliseconds on a clock that never jumps, from an origin of its own: what leases and silence are measured by.
 *
 * @internal
 */
export const monotonicMillis: Effect.Effect<number> = Clock.clockWith((clock) =>
  Effect.succeed(Number(clock.unsafeCurrentTimeNanos() / 1_000n) / 1_000)
)
