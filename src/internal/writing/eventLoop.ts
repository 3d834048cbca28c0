/**
 * Lets the event loop turn under load. A synchronous driver answers within the step, and Effect goes on in
 * microtasks: as long as runs keep coming, no timer of the process fires and no socket is read, and the
 * host's own lease runs out.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { isEffects } from "./scheduling.js"

/** How long the event loop may be kept waiting. */
const turnEveryNanos = 3_000_000n

/**
 * After a whole turn: timers that are due, and what sockets have to say. A timer of no length would cost a millisecond.
 *
 * @internal
 */
export const afterTurn = (goOn: () => void): void => {
  setImmediate(goOn)
}

const turn: Effect.Effect<void> = Effect.async<void>((resume) => afterTurn(() => resume(Effect.void)))

/**
 * Gives way to the other fibers, and every few milliseconds to the event loop. Under a scheduler of somebody else's,
 * which decides by itself who goes on, and when, to the other fibers only.
 *
 * @internal
 */
export const make = (): Effect.Effect<void> => {
  let turnedAt = 0n
  return Clock.clockWith((clock) =>
    Effect.withFiberRuntime<void>((fiber) => {
      const now = clock.unsafeCurrentTimeNanos()
      if (now - turnedAt < turnEveryNanos || !isEffects(fiber.currentScheduler)) {
        return Effect.yieldNow()
      }
      turnedAt = now
      return turn
    })
  )
}
