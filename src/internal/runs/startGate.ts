/**
 * Where starts come in. A host that starts ten thousand runs in one step would keep its own event loop, and with
 * it every timer and socket, from turning until the last of them has asked for its row: only so many pass in one
 * turn, and the others follow in order.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { afterTurn } from "../writing/eventLoop.js"
import { isEffects } from "../writing/scheduling.js"

/** Starts in one turn of the event loop: some milliseconds' worth. */
const turnMax = 64

/** @internal */
export const make = (): Effect.Effect<void> => {
  const waiting = new Set<() => void>()
  let passed = 0

  const turned = () => {
    passed = 0
    for (const pass of waiting) {
      if (passed === turnMax) return
      waiting.delete(pass)
      count()
      pass()
    }
  }
  /** The first that passes sees to it that there is a next turn. */
  const count = () => {
    if (passed++ === 0) afterTurn(turned)
  }

  const inOrder = Effect.async<void>((resume) => {
    const pass = () => resume(Effect.void)
    waiting.add(pass)
    return Effect.sync(() => waiting.delete(pass))
  })
  return Effect.withFiberRuntime<void>((fiber) => {
    // An explorer of interleavings decides by itself who goes on.
    if (!isEffects(fiber.currentScheduler)) return Effect.void
    if (passed === turnMax) return inOrder
    count()
    return Effect.void
  })
}
