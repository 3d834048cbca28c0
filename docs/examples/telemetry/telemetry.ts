/**
 * Spans and metrics of a host, sent to an OpenTelemetry collector over OTLP/HTTP, as JSON. What is not sent yet is sent
 * when the layer ends, for three seconds at most; a collector that is away costs the host nothing else.
 */
import { NodeSdk } from "@effect/opentelemetry"
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http"
import { PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics"
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace-base"

export interface Settings {
  /** Of the collector, without a path, such as `http://127.0.0.1:4318`. */
  readonly endpoint: string
  /** As the backend shows it. */
  readonly serviceName: string
  /** Which share of the traces is sent, from 0 to 1. Defaults to all. */
  readonly sampled?: number
  /** Milliseconds between two exports of the metrics. Defaults to 10 seconds. */
  readonly metricsEveryMillis?: number
}

export const layer = ({ endpoint, metricsEveryMillis = 10_000, sampled = 1, serviceName }: Settings) =>
  NodeSdk.layer(() => ({
    resource: { serviceName },
    // Its queue is bounded: of spans that come faster than they can be sent the newest are dropped.
    spanProcessor: new BatchSpanProcessor(new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })),
    tracerConfig: { sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampled) }) },
    metricReader: new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter({ url: `${endpoint}/v1/metrics` }),
      exportIntervalMillis: metricsEveryMillis,
      exportTimeoutMillis: Math.min(metricsEveryMillis, 5_000)
    })
  }))
