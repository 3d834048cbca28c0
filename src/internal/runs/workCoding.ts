/**
 * How a definition's payload, result and error get to JSON and back. Schemas need no services, so all
 * of it can be done at registration, start and attach, and the store sees only strings.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Decoder } from "./handles.js"
import type { Codec } from "./workEnd.js"

/** @internal */
export interface Coding<Payload, A, E> extends Codec<A, E>, Decoder<A, E> {
  /** `null` stands for no payload, which only a definition without fields reads. */
  readonly decodePayload: (stored: string | null) => Effect.Effect<Payload, unknown>
  readonly encodePayload: (payload: Payload) => Effect.Effect<string, unknown>
}

/** @internal */
export const makeCoding = <Payload, A, E>(
  payload: Schema.Schema<Payload, unknown>,
  success: Schema.Schema<A, unknown>,
  error: Schema.Schema<E, unknown>
): Coding<Payload, A, E> => {
  const encodePayload = Schema.encode(payload)
  const decodePayload = Schema.decodeUnknown(payload)
  const encodeSuccess = Schema.encode(success)
  const encodeError = Schema.encode(error)
  const decodeSuccess = Schema.decodeUnknownOption(success)
  const decodeError = Schema.decodeUnknownOption(error)
  return {
    decodePayload: (stored) =>
      Effect.flatMap(
        Effect.try(() => (stored === null ? {} : JSON.parse(stored))),
        (encoded) => decodePayload(encoded)
      ),
    encodePayload: (value) => Effect.map(encodePayload(value), (encoded) => JSON.stringify(encoded)),
    // `undefined` has no JSON: a void result is stored as NULL.
    encodeResult: (value) => Effect.map(encodeSuccess(value), (encoded) => JSON.stringify(encoded) ?? null),
    encodeError,
    decodeResult: (json) => decodeSuccess(json === null ? undefined : JSON.parse(json)),
    decodeError: (encoded) => (encoded === undefined ? Option.none() : decodeError(encoded))
  }
}

/** Two payloads are the same when what is stored of them is; the text itself could be long. */
export const hashOf = (stored: string): string => createHash("sha256").update(stored).digest("hex")

/**
 * Payload and options, from the arguments of a start: a definition without a payload takes its options first. The
 * schema's constructor fills in defaults; what it rejects, and the types would have let pass, is a mistake of the program.
 *
 * @internal
 */
export const argumentsOf = <Payload>(
  schema: { readonly fields: Schema.Struct.Fields; readonly make: (value: never) => unknown },
  args: ReadonlyArray<unknown>
): [payload: Payload, options: { readonly idempotencyKey?: string | undefined } | undefined] =>
  (Object.keys(schema.fields).length === 0 ? [{}, args[0]] : [schema.make(args[0] as never), args[1]]) as never
