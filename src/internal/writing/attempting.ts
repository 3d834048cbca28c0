/**
 * One attempt of an operation of the writer's, counted, in a span of its own where somebody traces.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import * as RunMetrics from "../../RunMetrics.js"
import type { Count } from "../log/counting.js"
import { spanned } from "../log/tracing.js"

/** How many runs of a batch a line or a span names. */
export const namedMax = 100

/** @internal */
export const attempting = (count: Count, operation: string) => {
  // Tagged once: to tag a metric costs more than to update it.
  const attempts = Metric.tagged(RunMetrics.writeAttempts, "operation", operation)
  return <A>(effect: Effect.Effect<A, StoreFailure>, ids: ReadonlyArray<RunId>): Effect.Effect<A, StoreFailure> =>
    Effect.suspend(() => {
      count(attempts, 1)
      const counted = Effect.tapError(effect, (failure) => Effect.sync(() => countFailure(count, operation, failure)))
      return spanned(counted, RunMetrics.spans.write, () => ({
        attributes: {
          [RunMetrics.attributes.operation]: operation,
          [RunMetrics.attributes.rows]: ids.length,
          [RunMetrics.attributes.runId]: ids.slice(0, namedMax).join(",")
        }
      }))
    })
}

const countFailure = (count: Count, operation: string, failure: StoreFailure): void =>
  count(RunMetrics.writeFailures.pipe(Metric.tagged("operation", operation), Metric.tagged("class", failure.class)), 1)
