/**
 * Every metric and span name of Holdfast, and the attributes of its spans, in one place. Counters only grow; gauges say what is so now.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import type * as MetricKeyType from "effect/MetricKeyType"

/**
 * Runs whose insert was acknowledged.
 *
 * @since 0.1.0
 * @category metrics
 */
export const started: Metric.Metric.Counter<number> = Metric.counter("holdfast_runs_started", {
  description: "Runs whose insert was acknowledged",
  incremental: true
})

/**
 * Runs whose terminal status is stored. Tagged with `status`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const settled: Metric.Metric.Counter<number> = Metric.counter("holdfast_runs_settled", {
  description: "Runs whose terminal status is stored, by status",
  incremental: true
})

/**
 * Statements that the writer sent. Tagged with `operation`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const writeAttempts: Metric.Metric.Counter<number> = Metric.counter("holdfast_write_attempts", {
  description: "Statements that the status writer sent, by operation",
  incremental: true
})

/**
 * Statements that failed. Tagged with `operation` and `class`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const writeFailures: Metric.Metric.Counter<number> = Metric.counter("holdfast_write_failures", {
  description: "Statements of the status writer that failed, by operation and class of failure",
  incremental: true
})

/**
 * Verdicts that are decided and could not be stored for longer than `parkAfter`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const parked: Metric.Metric.Gauge<number> = Metric.gauge("holdfast_verdicts_parked", {
  description: "Verdicts that are decided and not stored yet, past parkAfter"
})

/**
 * Verdicts that were ever parked.
 *
 * @since 0.1.0
 * @category metrics
 */
export const parkings: Metric.Metric.Counter<number> = Metric.counter("holdfast_verdict_parkings", {
  description: "Verdicts that were parked, each counted once",
  incremental: true
})

/**
 * Operations of the verdict journal that failed. Tagged with `operation`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const journalFailures: Metric.Metric.Counter<number> = Metric.counter("holdfast_journal_failures", {
  description: "Operations of the verdict journal that failed, by operation",
  incremental: true
})

/**
 * Verdicts of an earlier kernel that were replayed from the journal. Tagged with `outcome`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const replayed: Metric.Metric.Counter<number> = Metric.counter("holdfast_verdicts_replayed", {
  description: "Verdicts that were replayed from the journal, by what the write met",
  incremental: true
})

/**
 * Runs that are in this host's memory: starting, working, or waiting for their terminal write.
 *
 * @since 0.1.0
 * @category metrics
 */
export const active: Metric.Metric.Gauge<number> = Metric.gauge("holdfast_runs_active", {
  description: "Runs in this host's memory"
})

/**
 * Streams of events that somebody reads now, of runs in this host's memory.
 *
 * @since 0.1.0
 * @category metrics
 */
export const subscribers: Metric.Metric.Gauge<number> = Metric.gauge("holdfast_subscribers", {
  description: "Streams of events that somebody reads now"
})

/**
 * Runs that did not stop within their `cancelGrace`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const graceExceeded: Metric.Metric.Counter<number> = Metric.counter("holdfast_cancel_grace_exceeded", {
  description: "Runs that ignored their interruption for longer than cancelGrace",
  incremental: true
})

/**
 * Leases of this host that it lost. Tagged with `cause`: `ended` where it could not be renewed in time, `fenced` where
 * another host has taken over meanwhile. Of one outage both may be counted.
 *
 * @since 0.1.0
 * @category metrics
 */
export const leasesLost: Metric.Metric.Counter<number> = Metric.counter("holdfast_leases_lost", {
  description: "Leases of this host that it lost, by cause",
  incremental: true
})

/**
 * Other hosts that this one judged lost, and fenced.
 *
 * @since 0.1.0
 * @category metrics
 */
export const hostsFenced: Metric.Metric.Counter<number> = Metric.counter("holdfast_hosts_fenced", {
  description: "Other hosts that this one judged lost, and fenced",
  incremental: true
})

/**
 * From the end of the work to the acknowledged terminal write, in seconds. Tagged with `unit`, from which exporters take
 * the unit of the metric.
 *
 * @since 0.1.0
 * @category metrics
 */
export const persistLatency: Metric.Metric<
  MetricKeyType.MetricKeyType.Histogram,
  number,
  import("effect/MetricState").MetricState.Histogram
> = Metric.histogram(
  "holdfast_persist_latency_seconds",
  MetricBoundaries.exponential({ start: 0.0005, factor: 2, count: 18 }),
  "From the end of the work to the acknowledged terminal write"
).pipe(Metric.tagged("unit", "s"))

/**
 * The names of all spans: `RunKernel.start` and its like around a public call, `Run` around the work itself
 * (linked to the span of the caller that started it), `StatusWriter.write` around one statement.
 *
 * @since 0.1.0
 * @category spans
 */
export const spans = {
  start: "RunKernel.start",
  cancel: "RunKernel.cancel",
  get: "RunKernel.get",
  list: "RunKernel.list",
  run: "Run",
  write: "StatusWriter.write"
} as const

/**
 * The attributes of these spans, named as OpenTelemetry does it: what it has a name for has that name, what is
 * ours begins with `holdfast`.
 *
 * @since 0.1.0
 * @category spans
 */
export const attributes = {
  /** The run; on a statement the first hundred runs, with commas between them. */
  runId: "holdfast.run.id",
  /** The work: the name of the definition, or the one given to `start`. */
  name: "holdfast.run.name",
  attempt: "holdfast.run.attempt",
  /** What a statement does: `insert`, `settle`, `entomb`, `release`, `cancel`, `progress` or `check`. */
  operation: "db.operation.name",
  /** How many runs a statement is about. */
  rows: "db.operation.batch.size"
} as const
