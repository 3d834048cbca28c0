/**
 * The errors of `RunHttp` as they go over the wire: one class per answer, each with its status, a
 * message for people and what a program needs to act on it. Nothing of a cause, a stack or a path of
 * the host gets into one.
 *
 * @since 0.1.0
 */
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { RunId } from "../../RunId.js"
import { TerminalStatus } from "../../RunStatus.js"

const status = (code: number) => HttpApiSchema.annotations<any>({ status: code })

/**
 * 400: the body is not JSON.
 *
 * @since 0.1.0
 * @category errors
 */
export class BodyNotJson extends Schema.TaggedError<BodyNotJson>()(
  "BodyNotJson",
  { message: Schema.String },
  status(400)
) {}

/**
 * 404: no run has this id, or there is none of this name and key.
 *
 * @since 0.1.0
 * @category errors
 */
export class RunNotFound extends Schema.TaggedError<RunNotFound>()(
  "RunNotFound",
  { message: Schema.String },
  status(404)
) {}

/**
 * 409: another run of this work and key is active. The key frees when that run settles.
 *
 * @since 0.1.0
 * @category errors
 */
export class RunAlreadyActive extends Schema.TaggedError<RunAlreadyActive>()(
  "RunAlreadyActive",
  { message: Schema.String, activeId: RunId },
  status(409)
) {}

/**
 * 409: the idempotency key was used before, with another payload.
 *
 * @since 0.1.0
 * @category errors
 */
export class IdempotencyConflict extends Schema.TaggedError<IdempotencyConflict>()(
  "IdempotencyConflict",
  { message: Schema.String, existingId: RunId },
  status(409)
) {}

/**
 * 409: the cancel came too late and changed nothing.
 *
 * @since 0.1.0
 * @category errors
 */
export class RunAlreadyTerminal extends Schema.TaggedError<RunAlreadyTerminal>()(
  "RunAlreadyTerminal",
  { message: Schema.String, status: TerminalStatus },
  status(409)
) {}

/**
 * 413: the body is larger than this host takes.
 *
 * @since 0.1.0
 * @category errors
 */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()(
  "BodyTooLarge",
  { message: Schema.String, bytesMax: Schema.Int },
  status(413)
) {}

/**
 * 415: the body does not say that it is JSON. A page of another origin cannot send that without being asked about
 * it first, so a browser cannot be made to start or cancel runs by a page that it visits.
 *
 * @since 0.1.0
 * @category errors
 */
export class MediaTypeUnsupported extends Schema.TaggedError<MediaTypeUnsupported>()(
  "MediaTypeUnsupported",
  { message: Schema.String },
  status(415)
) {}

/**
 * 422: the body is JSON, and not what the schema asks for. The message is the schema's.
 *
 * @since 0.1.0
 * @category errors
 */
export class PayloadInvalid extends Schema.TaggedError<PayloadInvalid>()(
  "PayloadInvalid",
  { message: Schema.String },
  status(422)
) {}

/**
 * 503: the database failed. `inDoubt` says that what was asked for may have been applied, or may yet be.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreUnavailable extends Schema.TaggedError<StoreUnavailable>()(
  "StoreUnavailable",
  { message: Schema.String, inDoubt: Schema.Boolean },
  status(503)
) {}

/**
 * 503: the host is shutting down. `inDoubt`: what was asked may have been done before.
 *
 * @since 0.1.0
 * @category errors
 */
export class HostStopping extends Schema.TaggedError<HostStopping>()(
  "HostStopping",
  { message: Schema.String, inDoubt: Schema.Boolean },
  status(503)
) {}
