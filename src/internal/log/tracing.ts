/**
 * Spans, where somebody traces. Effect's own tracer keeps nothing of them, and two of them cost as much as
 * all the rest of a small run.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

const tracerOfEffect = Context.get(DefaultServices.liveServices, Tracer.Tracer)

/**
 * A span around the effect; without a tracer of the host's, the effect alone.
 *
 * @internal
 */
export const spanned = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  name: string,
  options: () => Omit<Tracer.SpanOptions, "captureStackTrace">
): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>> =>
  Effect.withFiberRuntime<A, E, Exclude<R, Tracer.ParentSpan>>((fiber) =>
    fiber.currentTracer === tracerOfEffect
      ? (effect as Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>>)
      : Effect.withSpan(effect, name, { ...options(), captureStackTrace: false })
  )

/**
 * Marks the span that `spanned` made.
 *
 * @internal
 */
export const annotated = (name: string, value: unknown): Effect.Effect<void> =>
  Effect.withFiberRuntime<void>((fiber) =>
    fiber.currentTracer === tracerOfEffect ? Effect.void : Effect.annotateCurrentSpan(name, value)
  )
