/**
 * Spans, where somebody traces. Effect's own tracer keeps nothing of them, and two of them cost as much as
 * all the rest of a small run.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
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
 * Of a context the span that everything in it belongs to.
 *
 * @internal
 */
export const spanOf = (context: Context.Context<never>): Context.Context<never> => {
  const span = context.unsafeMap.get(Tracer.ParentSpan.key)
  return span === undefined ? Context.empty() : (Context.make(Tracer.ParentSpan, span) as Context.Context<never>)
}

/**
 * What a fiber of the kernel's own does for ever. It keeps of the context that it was forked in the span, so that
 * nothing of it reaches a statement; and where nobody traces, the spans that libraries make are nothing, too.
 *
 * @internal
 */
export const onItsOwn = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.withFiberRuntime<A, E>((fiber) => {
    const bare = Effect.mapInputContext(effect, spanOf)
    return fiber.currentTracer === tracerOfEffect ? Effect.withTracerEnabled(bare, false) : bare
  })

/**
 * Marks the span that `spanned` made around this fiber's step.
 *
 * @internal
 */
export const annotate = (fiber: Fiber.RuntimeFiber<unknown, unknown>, name: string, value: unknown): void => {
  // Without a tracer of the host's `spanned` made none, and a span that is there is the caller's.
  if (fiber.currentTracer === tracerOfEffect) return
  const span = fiber.currentSpan
  if (span?._tag === "Span") span.attribute(name, value)
}
