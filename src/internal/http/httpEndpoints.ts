/**
 * The endpoints of `RunHttp`, as definitions: paths, schemas and statuses. Handlers, clients and the
 * OpenAPI document all come from these.
 *
 * @since 0.1.0
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Schema from "effect/Schema"
import { RunId } from "../../RunId.js"
import { RunStatus } from "../../RunStatus.js"
import type * as Work from "../../Work.js"
import * as Errors from "./httpErrorClasses.js"
import { RunView } from "./runView.js"

// -- schemas --------------------------------------------------------------------------------------------

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const Name = Schema.String.pipe(Schema.maxLength(200))
const Key = Schema.String.pipe(Schema.maxLength(1000))

/** @internal */
export const listMax = 500
const Limit = Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, listMax))

const Query = Schema.Struct({
  name: optional(Name),
  status: optional(RunStatus),
  key: optional(Key),
  limit: optional(Limit)
})

const IdempotencyHeaders = Schema.Struct({
  "idempotency-key": optional(Schema.String.pipe(Schema.minLength(1), Schema.maxLength(255)))
})
const EventHeaders = Schema.Struct({ "last-event-id": optional(Schema.String.pipe(Schema.maxLength(200))) })

/** @internal */
export const CancelBody = Schema.Struct({ reason: optional(Schema.String.pipe(Schema.maxLength(1000))) })

const Started = Schema.Struct({ isNew: Schema.Literal(true), run: RunView }).annotations(
  HttpApiSchema.annotations({ status: 201, identifier: "Started", description: "The run was started." })
)
const Found = Schema.Struct({ isNew: Schema.Literal(false), run: RunView }).annotations(
  HttpApiSchema.annotations({
    status: 200,
    identifier: "Found",
    description: "The idempotency key belongs to this run, with the same payload."
  })
)
const Requested = Schema.Struct({ requested: Schema.Literal(true), durable: Schema.Boolean }).annotations({
  identifier: "CancelRequested",
  description: "The run ends as cancelled. Where durable is false the row does not have the request yet."
})
const Events = HttpApiSchema.Text({ contentType: "text/event-stream" }).annotations({
  description:
    "Events named snapshot, progressed, logged, dropped, cancelRequested, parked, superseded, vanished and settled; the last is settled."
})

// -- endpoints --------------------------------------------------------------------------------------------

const describe = (text: string) => OpenApi.annotations({ description: text })

const list = HttpApiEndpoint.get("list", "/runs")
  .setUrlParams(Query)
  .addSuccess(Schema.Struct({ runs: Schema.Array(RunView) }))
  .addError(Errors.StoreUnavailable)
  .annotateContext(describe("The runs that match, newest first. limit is 1 to 500, 100 where it is absent."))

const current = HttpApiEndpoint.get("current", "/runs/current")
  .setUrlParams(Schema.Struct({ name: Name, key: optional(Key) }))
  .addSuccess(RunView)
  .addError(Errors.RunNotFound)
  .addError(Errors.StoreUnavailable)
  .annotateContext(describe("The active run of a name and key, else its latest."))

const get = HttpApiEndpoint.get("get", "/runs/:id")
  .setPath(Schema.Struct({ id: RunId }))
  .addSuccess(RunView)
  .addError(Errors.RunNotFound)
  .addError(Errors.StoreUnavailable)
  .annotateContext(describe("One run."))

const cancel = HttpApiEndpoint.post("cancel", "/runs/:id/cancel")
  .setPath(Schema.Struct({ id: RunId }))
  .setPayload(CancelBody)
  .addSuccess(Requested)
  .addError(Errors.BodyNotJson)
  .addError(Errors.RunNotFound)
  .addError(Errors.RunAlreadyTerminal)
  .addError(Errors.BodyTooLarge)
  .addError(Errors.MediaTypeUnsupported)
  .addError(Errors.PayloadInvalid)
  .addError(Errors.StoreUnavailable)
  .addError(Errors.HostStopping)
  .annotateContext(describe("Asks a run to end as cancelled, on whatever host it runs."))

const events = HttpApiEndpoint.get("events", "/runs/:id/events")
  .setPath(Schema.Struct({ id: RunId }))
  .setHeaders(EventHeaders)
  .addSuccess(Events)
  .addSuccess(HttpApiSchema.NoContent)
  .addError(Errors.RunNotFound)
  .addError(Errors.StoreUnavailable)
  .annotateContext(
    describe("The events of a run, until its end is stored. 204 where the client was told the end before.")
  )

const startOf = (work: Work.Any) =>
  HttpApiEndpoint.post(`start_${work.name}`, `/runs/${work.name}`)
    .setHeaders(IdempotencyHeaders)
    .setPayload(work.payloadSchema as Schema.Schema<unknown, unknown>)
    .addSuccess(Started)
    .addSuccess(Found)
    .addError(Errors.BodyNotJson)
    .addError(Errors.RunNotFound)
    .addError(Errors.RunAlreadyActive)
    .addError(Errors.IdempotencyConflict)
    .addError(Errors.BodyTooLarge)
    .addError(Errors.MediaTypeUnsupported)
    .addError(Errors.PayloadInvalid)
    .addError(Errors.StoreUnavailable)
    .addError(Errors.HostStopping)
    .annotateContext(describe(`Starts a run of "${work.name}".`))

type AnyStart = ReturnType<typeof startOf>
type SuccessOf = HttpApiEndpoint.HttpApiEndpoint.Success<AnyStart>
type ErrorOf = HttpApiEndpoint.HttpApiEndpoint.Error<AnyStart>

/**
 * How a definition is started over HTTP; for a client derived from the API, the method `start_NAME`.
 *
 * @since 0.1.0
 * @category models
 */
export type StartEndpoint<W extends Work.Any> = W extends Work.Any
  ? HttpApiEndpoint.HttpApiEndpoint<
      `start_${W["name"]}`,
      "POST",
      never,
      never,
      Schema.Schema.Type<W["payloadSchema"]>,
      typeof IdempotencyHeaders.Type,
      SuccessOf,
      ErrorOf
    >
  : never

// -- group ------------------------------------------------------------------------------------------------

const base = HttpApiGroup.make("runs").add(list).add(current).add(get).add(cancel).add(events)

/**
 * The group `runs` with a start for each definition.
 *
 * @since 0.1.0
 * @category models
 */
export type Group<W extends Work.Any> = HttpApiGroup.HttpApiGroup<
  "runs",
  HttpApiGroup.HttpApiGroup.Endpoints<typeof base> | StartEndpoint<W>,
  HttpApiGroup.HttpApiGroup.Error<typeof base>
>

/** @internal */
export const groupOf = <W extends Work.Any>(works: ReadonlyArray<W>): Group<W> =>
  works.reduce((group: any, work) => group.add(startOf(work)), base) as Group<W>
