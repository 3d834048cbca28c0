/**
 * Runs over HTTP: an `HttpApi` group of `@effect/platform` to mount in a host's own server. It starts
 * given definitions of work, lists and cancels runs, and tells their events as Server-Sent Events that a
 * browser resumes by itself. What an answer says is what the kernel said: nothing is stored before it is.
 *
 * Who may call it is for the host to say: put a middleware around the group.
 *
 * @since 0.1.0
 */
import type * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import { respond } from "./internal/http/eventSource.js"
import { decodeBody } from "./internal/http/httpBody.js"
import * as Calls from "./internal/http/httpCalls.js"
import { CancelBody, type Group, groupOf } from "./internal/http/httpEndpoints.js"
import * as Errors from "./internal/http/httpErrors.js"
import { coreOf } from "./internal/kernel/kernelCore.js"
import type { RunId } from "./RunId.js"
import { RunKernel } from "./RunKernel.js"
import type { RunQuery } from "./RunStore.js"
import type * as Work from "./Work.js"

export type {
  /**
   * @since 0.1.0
   * @category models
   */
  Group,
  /**
   * @since 0.1.0
   * @category models
   */
  StartEndpoint
} from "./internal/http/httpEndpoints.js"
export * from "./internal/http/httpErrorClasses.js"
export {
  /**
   * A run as its clients see it: the row, and `notStored` while its verdict is decided and the row does not say so.
   *
   * @since 0.1.0
   * @category schemas
   */
  RunView
} from "./internal/http/runView.js"

// -- options ----------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Between two comments on a stream of events that is silent, so that no proxy closes it. Defaults to `15 seconds`. */
  readonly keepAlive?: Duration.DurationInput | undefined
  /** How large the body of a request may be, in bytes. Defaults to `1048576`. */
  readonly bodyBytesMax?: number | undefined
  /**
   * How many of its latest events each run in memory keeps, for clients that attach later or come back. It costs
   * memory for each active run of the kernel. Defaults to `64`.
   */
  readonly eventTailMax?: number | undefined
}

/**
 * The defaults, resolved.
 *
 * @since 0.1.0
 * @category options
 */
export const defaults = { keepAlive: Duration.seconds(15), bodyBytesMax: 1024 * 1024, eventTailMax: 64 } as const

// -- models -----------------------------------------------------------------------------------------------

/**
 * The group of some definitions, and the layer that answers its requests.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunHttp<W extends Work.Any> {
  /** To be added to the `HttpApi` of a host; clients and OpenAPI come from it. Take a `prefix` or a `middleware` as usual. */
  readonly group: Group<W>
  /** Answers the requests to the group, in an API that it was added to. */
  readonly layer: <ApiId extends string, Groups extends HttpApiGroup.HttpApiGroup.Any, E, R>(
    api: HttpApi.HttpApi<ApiId, Groups, E, R>,
    options?: Options
  ) => Layer.Layer<
    HttpApiGroup.ApiGroup<ApiId, "runs">,
    never,
    RunKernel | Work.RegisteredOf<W> | HttpApiGroup.HttpApiGroup.MiddlewareWithName<Groups, "runs">
  >
}

// -- constructors -----------------------------------------------------------------------------------------

/**
 * The group `runs`, for these definitions. Their names stand in paths, so they are made of letters, digits and
 * `. _ ~ -`; another name is a defect, as is one that occurs twice.
 *
 * - `POST /runs/NAME` starts work; the body is its payload, the header `idempotency-key` optional.
 * - `GET /runs` lists, with `name`, `status`, `key` and `limit` (1 to 500, 100 by default).
 * - `GET /runs/current` answers with the active run of a `name` and `key`, else with the latest.
 * - `GET /runs/ID` answers with one run.
 * - `POST /runs/ID/cancel` cancels it; the body may have a `reason`.
 * - `GET /runs/ID/events` tells its events as Server-Sent Events.
 *
 * All but the first speak of every run in the kernel's database.
 *
 * @since 0.1.0
 * @category constructors
 * @example
 * import * as HttpApi from "@effect/platform/HttpApi"
 * import * as Schema from "effect/Schema"
 * import { Work } from "effect-holdfast"
 * import * as RunHttp from "effect-holdfast/RunHttp"
 *
 * const Import = Work.make("import", { payload: { file: Schema.String } })
 * const runs = RunHttp.make([Import])
 *
 * export class Api extends HttpApi.make("host").add(runs.group) {}
 * export const Runs = runs.layer(Api, { keepAlive: "10 seconds" })
 */
export const make = <const Works extends ReadonlyArray<Work.Any>>(works: Works): RunHttp<Works[number]> => {
  assertNames(works)
  return {
    group: groupOf<Works[number]>(works),
    layer: (api, options = {}) =>
      // The types of the builder follow each handler; here they come from a list, and are said in the signature above.
      (HttpApiBuilder.group as any)(api, "runs", (handlers: any) => handle(handlers, works, options))
  }
}

// -- internals --------------------------------------------------------------------------------------------

const assertNames = (works: ReadonlyArray<Work.Any>): void => {
  const seen = new Set<string>()
  for (const { name } of works) {
    if (!/^[\w.~-]+$/.test(name)) {
      throw new Error(
        `The work "${name}" cannot be served under its name. Name it with letters, digits and . _ ~ - only.`
      )
    }
    if (seen.has(name)) throw new Error(`The work "${name}" was given twice. Give each definition once.`)
    seen.add(name)
  }
}

interface Request<Path = unknown, UrlParams = unknown, Headers = unknown> {
  readonly request: Parameters<typeof decodeBody>[0]
  readonly path: Path
  readonly urlParams: UrlParams
  readonly headers: Headers
}

const handle = (handlers: any, works: ReadonlyArray<Work.Any>, options: Options) =>
  Effect.gen(function* () {
    const core = coreOf(yield* RunKernel)
    core.tail.max = Math.max(core.tail.max, options.eventTailMax ?? defaults.eventTailMax)
    const closing = yield* Deferred.make<void>()
    yield* Effect.addFinalizer(() => Deferred.succeed(closing, undefined))
    const keepAlive = Duration.decode(options.keepAlive ?? defaults.keepAlive)
    const bodyBytesMax = options.bodyBytesMax ?? defaults.bodyBytesMax

    const events = ({ headers, path }: Request<{ id: RunId }, unknown, { "last-event-id"?: string }>) =>
      Effect.mapError(respond(path.id, headers["last-event-id"], { keepAlive, closing }), Errors.ofRead)
    const cancel = ({ path, request }: Request<{ id: RunId }>) =>
      Effect.flatMap(decodeBody(request, CancelBody, bodyBytesMax), ({ reason }) => Calls.cancel(path.id, reason))

    let handled = handlers
      .handle("list", ({ urlParams }: Request<unknown, RunQuery>) =>
        Effect.map(Calls.list(urlParams), (runs) => ({ runs }))
      )
      .handle("current", ({ urlParams }: Request<unknown, { name: string; key?: string }>) =>
        Calls.current(urlParams.name, urlParams.key)
      )
      .handle("get", ({ path }: Request<{ id: RunId }>) => Calls.get(path.id))
      .handleRaw("cancel", cancel)
      .handle("events", events)
    for (const work of works) handled = handled.handleRaw(`start_${work.name}`, startOf(work, bodyBytesMax))
    return handled
  })

/** A definition, as far as starting it goes. Which arguments it takes depends on whether it has a payload. */
interface Startable {
  readonly start: (...args: ReadonlyArray<unknown>) => Parameters<typeof Calls.start>[0]
}

const startOf =
  (work: Work.Any, bodyBytesMax: number) =>
  ({ headers, request }: Request<unknown, unknown, { "idempotency-key"?: string }>) =>
    Effect.gen(function* () {
      const payloadSchema = work.payloadSchema as Schema.Struct<Schema.Struct.Fields> & Schema.Schema<object, unknown>
      const payload = yield* decodeBody(request, payloadSchema, bodyBytesMax)
      const options = { idempotencyKey: headers["idempotency-key"] }
      const { start } = work as unknown as Startable
      const hasPayload = Object.keys(payloadSchema.fields).length > 0
      return yield* Calls.start(hasPayload ? start(payload, options) : start(options))
    })
