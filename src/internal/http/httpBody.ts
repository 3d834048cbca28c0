/**
 * The body of a request, as JSON of a bounded size. Whatever a client sends gets an answer that says
 * what was expected; nothing is kept beyond the bound.
 *
 * @since 0.1.0
 */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { sanitize } from "../runs/workEnd.js"
import { BodyNotJson, BodyTooLarge, MediaTypeUnsupported, PayloadInvalid } from "./httpErrorClasses.js"

/** @internal */
export type BodyError = BodyNotJson | BodyTooLarge | MediaTypeUnsupported | PayloadInvalid

/** @internal */
export const decodeBody = <A, I>(
  request: HttpServerRequest.HttpServerRequest,
  schema: Schema.Schema<A, I>,
  bytesMax: number
): Effect.Effect<A, BodyError> =>
  Effect.gen(function* () {
    yield* assertJson(request)
    const text = yield* readText(request, bytesMax)
    const json = yield* parse(text)
    return yield* Effect.mapError(
      Schema.decodeUnknown(schema)(json),
      (error) => new PayloadInvalid({ message: sanitize(ParseResult.TreeFormatter.formatErrorSync(error)) })
    )
  })

const assertJson = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<void, MediaTypeUnsupported> => {
  const type = request.headers["content-type"]
  if (type !== undefined && /^application\/json\s*(?:;|$)/i.test(type)) return Effect.void
  const found = type === undefined ? "there was none" : `it was "${sanitize(type)}"`
  const message = `The content type must be application/json, and ${found}. Send a JSON body and say so.`
  return new MediaTypeUnsupported({ message })
}

const parse = (text: string): Effect.Effect<unknown, BodyNotJson> =>
  Effect.try({
    try: () => JSON.parse(text) as unknown,
    catch: (error) => {
      const why = error instanceof Error ? error.message : String(error)
      return new BodyNotJson({ message: `The body must be JSON (${sanitize(why)}).` })
    }
  })

/**
 * A body that declares its size is refused unread. One that does not is read and forgotten up to some times the bound,
 * so that its sender gets to hear why; beyond that the connection is given up.
 */
const readText = (
  request: HttpServerRequest.HttpServerRequest,
  bytesMax: number
): Effect.Effect<string, BodyNotJson | BodyTooLarge> =>
  Effect.suspend(() => {
    const tooLarge = new BodyTooLarge({ message: `The body must not be larger than ${bytesMax} bytes.`, bytesMax })
    if (Number(request.headers["content-length"] ?? 0) > bytesMax) return tooLarge
    const chunks: Array<Uint8Array> = []
    let bytes = 0
    const take = (chunk: Uint8Array): boolean => {
      bytes += chunk.length
      if (bytes <= bytesMax) chunks.push(chunk)
      else chunks.length = 0
      return bytes <= bytesMax * patience
    }
    return request.stream.pipe(
      Stream.runForEachWhile((chunk) => Effect.sync(() => take(chunk))),
      Effect.mapError(() => new BodyNotJson({ message: "The body could not be read to its end." })),
      Effect.flatMap(() => (bytes > bytesMax ? tooLarge : Effect.sync(() => textOf(chunks))))
    )
  })

const patience = 8

/** What is not UTF-8 becomes replacement characters, and the schema has its say. */
const textOf = (chunks: ReadonlyArray<Uint8Array>): string => Buffer.concat(chunks).toString("utf8")
