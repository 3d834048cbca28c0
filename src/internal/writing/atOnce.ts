/**
 * Runs an effect in a fiber of its own that begins at once. What needs no waiting is done before anybody
 * has to be set beside it: a statement on SQLite blocks its thread and cannot be outrun, and a race
 * against the clock would cost more than the statement.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"

/**
 * The effect's own exit where it is done at once; otherwise what `meanwhile` makes of the fiber. The fiber ends with
 * whoever waits for it.
 *
 * @internal
 */
export const atOnce = <A, E, B, E2>(
  effect: Effect.Effect<A, E>,
  meanwhile: (fiber: Fiber.RuntimeFiber<A, E>) => Effect.Effect<B, E2>
): Effect.Effect<A | B, E | E2> =>
  Effect.withFiberRuntime<A | B, E | E2>((parent) => {
    const fiber = Runtime.runFork(
      Runtime.make({
        context: parent.currentContext,
        runtimeFlags: Runtime.defaultRuntimeFlags,
        fiberRefs: parent.getFiberRefs()
      })
    )(effect)
    return fiber.unsafePoll() ?? Effect.onInterrupt(meanwhile(fiber), () => Fiber.interrupt(fiber))
  })
