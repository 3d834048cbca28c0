/**
 * Counts without an effect, with the labels of the fiber that built the kernel: all of its figures carry
 * the same ones, and a run, which is counted five times, pays next to nothing for it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import type * as Metric from "effect/Metric"

/**
 * Adds to a counter or a gauge, records in a histogram.
 *
 * @internal
 */
export type Count = <Type, Out>(metric: Metric.Metric<Type, number, Out>, amount: number) => void

/** @internal */
export const make: Effect.Effect<Count> = Effect.map(
  FiberRef.get(FiberRef.currentMetricLabels),
  (labels): Count =>
    (metric, amount) =>
      metric.unsafeModify(amount, labels)
)
