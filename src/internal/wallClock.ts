/**
 * The time that goes into rows, ids and lines: whole milliseconds since 1970, UTC, by the fiber's
 * `Clock`. A simulated clock may stand between two of them after a jittered delay; a row may not. And
 * the time that leases are measured by, which no change of the wall clock moves.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

/** By the clock of this fiber, for what is done in one step of it. */
export const millisOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): number =>
  Math.floor(clockOf(fiber).unsafeCurrentTimeMillis())

/** @internal */
export const nowMillis: Effect.Effect<number> = Effect.withFiberRuntime((fiber) => Effect.succeed(millisOf(fiber)))

const clockOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): Clock.Clock =>
  Context.get(fiber.currentDefaultServices, Clock.Clock)

/**
 * Milliseconds on a clock that never jumps, from an origin of its own: what leases and silence are measured by.
 *
 * @internal
 */
export const monotonicOf = (fiber: Fiber.RuntimeFiber<unknown, unknown>): number =>
  Number(clockOf(fiber).unsafeCurrentTimeNanos() / 1_000n) / 1_000

/** @internal */
export const monotonicMillis: Effect.Effect<number> = Effect.withFiberRuntime((fiber) =>
  Effect.succeed(monotonicOf(fiber))
)
