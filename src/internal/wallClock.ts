/**
 * The time that goes into rows, ids and lines: whole milliseconds since 1970, UTC, by the fiber's
 * `Clock`. A simulated clock may stand between two of them after a jittered delay; a row may not.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** @internal */
export const nowMillis: Effect.Effect<number> = Effect.map(Clock.currentTimeMillis, Math.floor)
