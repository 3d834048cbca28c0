/**
 * A live page of the runs of a kernel: by status, with progress, the log of a chosen run, and a cancel. A
 * verdict that is not stored yet is shown as that until it is. One document without assets from elsewhere,
 * under a Content-Security-Policy that lets nothing run but its own script.
 *
 * Who may look at it, and cancel, is for the host to say: put a middleware around the API.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { document, script, style } from "./internal/dashboard/dashboardPage.js"
import * as LiveRuns from "./internal/dashboard/liveRuns.js"
import { endingOf } from "./internal/dashboard/runEnding.js"
import * as EventSource from "./internal/http/eventSource.js"
import { decodeBody } from "./internal/http/httpBody.js"
import * as Calls from "./internal/http/httpCalls.js"
import { CancelBody } from "./internal/http/httpEndpoints.js"
import * as Classes from "./internal/http/httpErrorClasses.js"
import * as Errors from "./internal/http/httpErrors.js"
import { coreOf } from "./internal/kernel/kernelCore.js"
import { RunId } from "./RunId.js"
import { RunKernel } from "./RunKernel.js"

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Where the page is served. Defaults to `"/dashboard"`. */
  readonly path?: `/${string}` | undefined
  /** How often the runs are read, while somebody looks. Defaults to `1 second`. */
  readonly refreshInterval?: Duration.DurationInput | undefined
  /**
   * How many runs the page shows: what is not stored, what is at work in this host, then the latest. All are sent
   * again when one has changed. Defaults to `200`; of the rows no more than `10000` are read.
   */
  readonly runsMax?: number | undefined
  /** Between two comments on a stream that is silent. Defaults to `15 seconds`. */
  readonly keepAlive?: Duration.DurationInput | undefined
  /** How many of its latest events each run in memory keeps, for the log of a run that is chosen later. Defaults to `64`. */
  readonly eventTailMax?: number | undefined
}

/**
 * The defaults, resolved.
 *
 * @since 0.1.0
 * @category options
 */
export const defaults = {
  path: "/dashboard",
  refreshInterval: Duration.seconds(1),
  runsMax: 200,
  keepAlive: Duration.seconds(15),
  eventTailMax: 64
} as const

/**
 * Serves the page beside the endpoints of a host's `HttpApi`.
 *
 * @since 0.1.0
 * @category layers
 * @example
 * import { createServer } from "node:http"
 * import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
 * import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
 * import * as HttpApi from "@effect/platform/HttpApi"
 * import * as Layer from "effect/Layer"
 * import { RunKernel, RunStore } from "effect-holdfast"
 * import * as RunDashboard from "effect-holdfast/RunDashboard"
 * import * as RunHttp from "effect-holdfast/RunHttp"
 *
 * const runs = RunHttp.make([])
 * class Api extends HttpApi.make("host").add(runs.group) {}
 *
 * export const Host = HttpApiBuilder.serve().pipe(
 *   Layer.provide(RunDashboard.layer({ path: "/runs-live" })),
 *   Layer.provide(HttpApiBuilder.api(Api)),
 *   Layer.provide(runs.layer(Api)),
 *   Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 3000 })),
 *   Layer.provide(RunKernel.layer()),
 *   Layer.provide(RunStore.layerMemory)
 * )
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, RunKernel> =>
  HttpApiBuilder.Router.use((router) =>
    Effect.gen(function* () {
      const kernel = yield* RunKernel
      const core = coreOf(kernel)
      core.tail.max = Math.max(core.tail.max, options.eventTailMax ?? defaults.eventTailMax)
      const path = options.path ?? defaults.path
      // Under a name of its own, so that a page at the root does not meet the paths of the API.
      const live: `/${string}` = `${path === "/" ? "" : path}/live` as `/${string}`
      const closing = yield* Deferred.make<void>()
      yield* Effect.addFinalizer(() => Deferred.succeed(closing, undefined))
      const stream = { closing, keepAlive: Duration.decode(options.keepAlive ?? defaults.keepAlive) }
      const runs = yield* LiveRuns.make(core, {
        refreshInterval: Duration.decode(options.refreshInterval ?? defaults.refreshInterval),
        runsMax: options.runsMax ?? defaults.runsMax
      })

      yield* router.get(path, Effect.succeed(page))
      yield* router.get(
        live,
        Effect.sync(() =>
          HttpServerResponse.stream(EventSource.sent(runs, stream), {
            contentType: "text/event-stream",
            headers: EventSource.headers
          })
        )
      )
      yield* router.get(`${live}/:id`, Effect.provideService(answered(events(stream)), RunKernel, kernel))
      yield* router.get(`${live}/:id/ending`, Effect.provideService(answered(ending), RunKernel, kernel))
      yield* router.post(`${live}/:id/cancel`, Effect.provideService(answered(cancel), RunKernel, kernel))
    })
  )

// -- the page ---------------------------------------------------------------------------------------------

const hash = (source: string): string => `'sha256-${createHash("sha256").update(source).digest("base64")}'`

const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

const page = HttpServerResponse.text(document, {
  contentType: "text/html; charset=utf-8",
  headers: {
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store"
  }
})

// -- what it asks -----------------------------------------------------------------------------------------

const bodyBytesMax = 16 * 1024

const runId = Effect.flatMap(HttpRouter.params, ({ id = "" }) =>
  Schema.is(RunId)(id) ? Effect.succeed(id) : new Classes.RunNotFound({ message: "This is no id of a run." })
)

const events = (options: EventSource.EventSourceOptions) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const response = EventSource.respond(yield* runId, request.headers["last-event-id"], options)
    return yield* Effect.mapError(response, Errors.ofRead)
  })

const ending = Effect.gen(function* () {
  const id = yield* runId
  const core = coreOf(yield* RunKernel)
  const found = yield* Effect.mapError(endingOf(core, id), Errors.ofRead)
  return HttpServerResponse.unsafeJson(found, { headers: { "cache-control": "no-store" } })
})

const cancel = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const id = yield* runId
  const { reason } = yield* decodeBody(request, CancelBody, bodyBytesMax)
  return HttpServerResponse.unsafeJson(yield* Calls.cancel(id, reason))
})

/** An error as `RunHttp` has it. */
const answered = <E extends { readonly _tag: string; readonly message: string }, R>(
  response: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.catchAll(response, (error) => {
    const { _tag, message } = error
    const status = HttpApiSchema.getStatusError(error.constructor as unknown as Schema.Schema.Any)
    return Effect.succeed(HttpServerResponse.unsafeJson({ ...error, _tag, message }, { status }))
  })
