/**
 * A host as its web clients meet it: a real server on loopback with the group mounted, over a memory
 * store of which a test may change any operation. Requests go out through Node's own client, so that a
 * test sees the very bytes.
 */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { HttpApi, HttpApiBuilder, HttpServer, OpenApi } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { beforeAll } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { RunError, RunKernel, RunMetrics, RunStore, Work } from "../../src/index.js"
import { makeFrom } from "../../src/internal/store/memoryStore.js"
import { emptyTables } from "../../src/internal/store/memoryTables.js"
import * as RunDashboard from "../../src/RunDashboard.js"
import * as RunHttp from "../../src/RunHttp.js"

const payload = { file: Schema.NonEmptyString, pages: Schema.optionalWith(Schema.Int, { default: () => 1 }) }

export const Import = Work.make("import", {
  payload,
  success: Schema.Int,
  key: ({ file }) => file
})
export const Ping = Work.make("ping")

export const runs = RunHttp.make([Import, Ping])
export class Api extends HttpApi.make("host").add(runs.group).annotate(OpenApi.Title, "Host") {}

export type Store = typeof RunStore.RunStore.Service

export const failure = (fields: Partial<RunError.StoreFailure> = {}): RunError.StoreFailure =>
  new RunError.StoreFailure({
    operation: "read",
    class: "transient",
    code: "SQLITE_CANTOPEN",
    cause: new Error("unable to open /var/lib/secret/runs.db"),
    ...fields
  })

/** What the imports of a test do; each waits until the test lets it go. */
export const makeGate = Effect.map(Deferred.make<void>(), (gate) => ({
  open: Deferred.succeed(gate, undefined),
  wait: Deferred.await(gate)
}))

/** How many read now; what other files of tests have left in the process is not counted. To be called once in a file. */
export const countSubscribers = () => {
  const inProcess = Effect.map(Metric.value(RunMetrics.subscribers), ({ value }) => value)
  let before = 0
  beforeAll(() => {
    before = Effect.runSync(inProcess)
  })
  const subscribers = Effect.map(inProcess, (now) => now - before)
  const untilSubscribers = (count: number) =>
    subscribers.pipe(
      Effect.repeat({ until: (now) => now === count, schedule: Schedule.spaced("10 millis") }),
      Effect.timeout("20 seconds")
    )
  return { subscribers, untilSubscribers }
}

/** The newest run comes first, and runs that started in one millisecond stand in any order. */
export const nextMillisecond = Effect.flatMap(Clock.currentTimeMillis, (started) =>
  Effect.repeat(Clock.currentTimeMillis, { until: (now) => now > started })
)

export interface Setting {
  readonly import?: (file: string) => Effect.Effect<number, never, any>
  readonly options?: RunHttp.Options
  readonly kernel?: RunKernel.Options
  readonly dashboard?: RunDashboard.Options
  /** Where it listens instead of a port of loopback. */
  readonly socketPath?: string
  /** Another host's, where two share a database. */
  readonly store?: Store
  readonly change?: (store: Store) => Partial<Store>
}

/** Ends with the test's scope: first what serves the requests, then the server, then the kernel. */
export const start = (setting: Setting = {}) =>
  Effect.gen(function* () {
    const memory = setting.store ?? makeFrom(emptyTables())
    const executors = Layer.merge(
      Import.toLayer(({ file }) => setting.import?.(file) ?? Effect.succeed(1)),
      Ping.toLayer(() => Effect.void)
    )
    const Kernel = RunKernel.layer({ shutdownGrace: 0, ...setting.kernel }).pipe(
      Layer.provide(Layer.succeed(RunStore.RunStore, { ...memory, ...setting.change?.(memory) }))
    )
    const ApiLive = Layer.provide(HttpApiBuilder.api(Api), runs.layer(Api, setting.options))
    const { socketPath } = setting
    const listening = socketPath === undefined ? { host: "127.0.0.1", port: 0 } : { path: socketPath }
    const layer = HttpApiBuilder.serve().pipe(
      Layer.provide(HttpApiBuilder.middlewareOpenApi()),
      Layer.provide(RunDashboard.layer({ refreshInterval: "20 millis", eventTailMax: 0, ...setting.dashboard })),
      Layer.provide(ApiLive),
      Layer.provideMerge(NodeHttpServer.layer(Http.createServer, listening)),
      Layer.provide(executors),
      Layer.provideMerge(Kernel),
      Layer.provideMerge(Logger.remove(Logger.defaultLogger))
    )
    const context = yield* Layer.build(layer)
    const server = yield* Effect.provide(HttpServer.HttpServer, context)
    const kernel = yield* Effect.provide(RunKernel.RunKernel, context)
    const { port } = server.address as unknown as AddressInfo
    return { kernel, store: memory, port, ask: ask(port) }
  })

export interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly text: string
  readonly json: any
}

export interface Asked {
  readonly method?: string
  readonly body?: unknown
  /** In place of the body's JSON. */
  readonly raw?: string | Buffer
  readonly headers?: Record<string, string>
}

const ask =
  (port: number) =>
  (path: string, { body, headers, method = "GET", raw }: Asked = {}): Effect.Effect<Answer, Error> =>
    Effect.async((resume) => {
      const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body))
      const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" }
      const request = Http.request(
        { host: "127.0.0.1", port, path, method, headers: { ...type, ...headers }, agent: false },
        (response) => {
          let text = ""
          response.setEncoding("utf8").on("data", (chunk) => (text += chunk))
          response.on("end", () => resume(Effect.succeed(answerOf(response, text))))
          response.on("error", (error) => resume(Effect.fail(error)))
        }
      )
      request.on("error", (error) => resume(Effect.fail(error)))
      request.end(sent)
      return Effect.sync(() => request.destroy())
    })

const answerOf = (response: Http.IncomingMessage, text: string): Answer => ({
  status: response.statusCode ?? 0,
  headers: response.headers,
  text,
  json: response.headers["content-type"]?.startsWith("application/json") === true ? JSON.parse(text) : undefined
})

// -- events -----------------------------------------------------------------------------------------------

export interface Told {
  readonly id: string | undefined
  readonly event: string
  readonly data: any
}

/** Reads what a server sends, and waits for it: a reader of its own, so that the tests do not trust the encoder. */
export class Reader {
  readonly events: Array<Told> = []
  comments = 0
  isEnded = false
  status: number | undefined
  private rest = ""
  private waiting: Array<() => void> = []
  private request: Http.ClientRequest

  constructor(port: number, path: string, lastEventId?: string) {
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId }
    this.request = Http.get({ host: "127.0.0.1", port, path, headers, agent: false }, (response) => {
      this.status = response.statusCode
      response.setEncoding("utf8").on("data", (chunk: string) => this.take(chunk))
      response.on("close", () => this.ended())
      response.on("error", () => this.ended())
      this.wake()
    })
    this.request.on("error", () => this.ended())
  }

  close(): void {
    this.request.destroy()
  }

  /** Until this holds, or the connection has ended. */
  until(holds: (reader: Reader) => boolean): Effect.Effect<void> {
    return Effect.async((resume) => {
      const look = () => {
        if (holds(this) || this.isEnded) resume(Effect.void)
        else this.waiting.push(look)
      }
      look()
    })
  }

  /** Several at once, each until this holds. */
  static all(readers: ReadonlyArray<Reader>, holds: (reader: Reader) => boolean): Effect.Effect<void> {
    return Effect.forEach(readers, (reader) => reader.until(holds), { concurrency: "unbounded", discard: true })
  }

  get names(): ReadonlyArray<string> {
    return this.events.map(({ event }) => event)
  }

  private take(chunk: string): void {
    this.rest += chunk
    const blocks = this.rest.split("\n\n")
    this.rest = blocks.pop() ?? ""
    for (const block of blocks) {
      const fields = new Map(
        block.split("\n").map((line) => {
          const at = line.indexOf(":")
          return [line.slice(0, at), line.slice(at + 2)] as const
        })
      )
      if (fields.has("")) this.comments++
      const event = fields.get("event")
      if (event !== undefined)
        this.events.push({ id: fields.get("id"), event, data: JSON.parse(fields.get("data") ?? "null") })
    }
    this.wake()
  }

  private ended(): void {
    this.isEnded = true
    this.wake()
  }

  private wake(): void {
    const waiting = this.waiting
    this.waiting = []
    for (const look of waiting) look()
  }
}
