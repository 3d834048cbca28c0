/**
 * A collector on loopback that keeps what is sent to it over OTLP/HTTP as JSON.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"

type Value = { readonly stringValue?: string; readonly intValue?: number | string; readonly boolValue?: boolean }
type KeyValues = ReadonlyArray<{ readonly key: string; readonly value: Value }>

export interface SentSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: KeyValues
  readonly links?: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>
  readonly events?: ReadonlyArray<{ readonly name: string; readonly attributes: KeyValues }>
  /** 1 is well, 2 is an error. */
  readonly status: { readonly code: number; readonly message?: string }
}

export interface Point {
  readonly attributes: KeyValues
  readonly asDouble?: number
  readonly asInt?: number | string
  readonly count?: number
  readonly sum?: number
  readonly bucketCounts?: ReadonlyArray<number | string>
}

interface Metric {
  readonly name: string
  readonly unit?: string
  readonly sum?: { readonly dataPoints: ReadonlyArray<Point>; readonly isMonotonic: boolean }
  readonly gauge?: { readonly dataPoints: ReadonlyArray<Point> }
  readonly histogram?: { readonly dataPoints: ReadonlyArray<Point> }
}

export const fieldsOf = (attributes: KeyValues): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)])
  )

/** What was received; of metrics each export, the latest last. */
export interface Received {
  readonly spans: Array<SentSpan>
  readonly exports: Array<ReadonlyArray<Metric>>
  readonly services: Set<unknown>
}

/** The points of a metric in one export: its kind, and each point with its fields. */
export const pointsOf = (metrics: ReadonlyArray<Metric> | undefined, name: string): ReadonlyArray<Point> => {
  const metric = metrics?.find((one) => one.name === name)
  return (metric?.sum ?? metric?.gauge ?? metric?.histogram)?.dataPoints ?? []
}

export const otlpReceiver = Effect.map(
  Effect.acquireRelease(
    Effect.async<{ readonly received: Received; readonly close: () => void; readonly port: number }>((resume) => {
      const received: Received = { spans: [], exports: [], services: new Set() }
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk) => chunks.push(chunk))
        request.on("end", () => {
          take(received, request.url ?? "", JSON.parse(Buffer.concat(chunks).toString("utf8")))
          response.setHeader("content-type", "application/json").end("{}")
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ received, close, port }))
      })
    }),
    ({ close }) => Effect.sync(close)
  ),
  ({ port, received }) => ({ endpoint: `http://127.0.0.1:${port}`, received })
)

const take = (received: Received, path: string, body: any): void => {
  for (const { resource, scopeSpans } of path === "/v1/traces" ? body.resourceSpans : []) {
    received.services.add(fieldsOf(resource.attributes)["service.name"])
    for (const { spans } of scopeSpans) received.spans.push(...spans)
  }
  for (const { scopeMetrics } of path === "/v1/metrics" ? body.resourceMetrics : []) {
    received.exports.push(scopeMetrics.flatMap(({ metrics }: { metrics: ReadonlyArray<Metric> }) => metrics))
  }
}
