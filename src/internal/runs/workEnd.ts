/**
 * What work did, once it has ended: the one reading of its `Exit`. A result is encoded here, by the
 * run's own fiber, before anything is decided, and an error is made fit for a row: control characters
 * out, absolute paths out, cut to a length. Nothing here reads "cancelled" off a `Cause`; whether a run
 * was cancelled is a fact that the kernel records first.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { FailureReason } from "../../RunStatus.js"

/**
 * What the `error` column holds, as JSON.
 *
 * @internal
 */
export interface StoredError {
  readonly reason: FailureReason
  readonly message: string
  /** The encoded typed error of the work, where there is one and it encodes. */
  readonly error?: unknown
}

/** @internal */
export type WorkEnd =
  | { readonly _tag: "Succeeded"; readonly result: string | null }
  | { readonly _tag: "ResultNotEncodable"; readonly message: string }
  | { readonly _tag: "Failed"; readonly error: StoredError }
  | { readonly _tag: "Interrupted" }
  | { readonly _tag: "NotStarted"; readonly reason: NotStartedReason; readonly message: string }

/** @internal */
export type NotStartedReason = Extract<FailureReason, "StartAbandoned" | "PayloadNotDecodable">

/**
 * How a definition turns what its work gives into JSON. Ad-hoc runs have no schema, so nothing of
 * theirs is stored but the outcome.
 *
 * @internal
 */
export interface Codec<in A, in E> {
  readonly encodeResult: (value: A) => Effect.Effect<string | null, unknown>
  /** The encoded error, to stand inside the stored JSON; it may fail, and the error is then stored as its text. */
  readonly encodeError: (error: E) => Effect.Effect<unknown, unknown>
}

/** @internal */
export const codecNone: Codec<unknown, unknown> = {
  encodeResult: () => Effect.succeed(null),
  encodeError: () => Effect.succeed(undefined)
}

/** A row is no place for a stack: the longest text it takes, in UTF-16 units. The log has the whole. */
const textMax = 4_000
const textCut = " … [cut]"

/**
 * Text that is fit for a row: one that a terminal, a JSON reader and a support engineer can all be shown.
 *
 * @internal
 */
export const sanitize = (text: string): string => {
  const clean = text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "")
    .replace(/(?<![\w.:/])(?:file:\/\/\/?)?(?:[A-Za-z]:[\\/]|\/)(?:[\w.@+~-]+[\\/])+[\w.@+~-]+/g, "<path>")
    .toWellFormed()
  return clean.length <= textMax ? clean : clean.slice(0, textMax - textCut.length).toWellFormed() + textCut
}

/**
 * Reads an exit. Never fails: what cannot be encoded is an end of its own.
 *
 * @internal
 */
export const fromExit = <A, E>(exit: Exit.Exit<A, E>, codec: Codec<A, E>): Effect.Effect<WorkEnd> =>
  Exit.isSuccess(exit) ? fromValue(exit.value, codec) : fromCause(exit.cause, codec)

const fromValue = <A, E>(value: A, codec: Codec<A, E>): Effect.Effect<WorkEnd> =>
  Effect.matchCause(
    Effect.suspend(() => codec.encodeResult(value)),
    {
      onSuccess: (result): WorkEnd => ({ _tag: "Succeeded", result }),
      onFailure: (cause): WorkEnd => ({ _tag: "ResultNotEncodable", message: sanitize(messageOf(Cause.squash(cause))) })
    }
  )

const fromCause = <A, E>(cause: Cause.Cause<E>, codec: Codec<A, E>): Effect.Effect<WorkEnd> => {
  if (Cause.isInterruptedOnly(cause)) return Effect.succeed({ _tag: "Interrupted" })
  return Option.match(Cause.failureOption(cause), {
    onNone: () =>
      Effect.succeed<WorkEnd>({
        _tag: "Failed",
        error: { reason: "WorkDied", message: sanitize(messageOf(Cause.squash(cause))) }
      }),
    onSome: (error) =>
      Effect.map(encodedError(error, codec), (encoded): WorkEnd => {
        const message = sanitize(messageOf(error))
        return {
          _tag: "Failed",
          error: { reason: "WorkFailed", message, ...(encoded === undefined ? {} : { error: encoded }) }
        }
      })
  })
}

/** An error that does not encode, or not to JSON, is stored as its text alone. */
const encodedError = <A, E>(error: E, codec: Codec<A, E>): Effect.Effect<unknown> =>
  Effect.suspend(() => codec.encodeError(error)).pipe(
    Effect.map((encoded) => (JSON.stringify(encoded) === undefined ? undefined : encoded)),
    Effect.catchAllCause(() => Effect.succeed(undefined))
  )

/** @internal */
export const messageOf = (error: unknown): string => {
  if (typeof error === "string") return error
  if (error instanceof Error) return error.message === "" ? error.name : error.message
  if (typeof error === "object" && error !== null && "_tag" in error) {
    const message = "message" in error ? String(error.message) : ""
    return message === "" ? String(error._tag) : message
  }
  return jsonOr(error, String(error))
}

const jsonOr = (value: unknown, fallback: string): string => {
  try {
    return JSON.stringify(value) ?? fallback
  } catch {
    // A cycle or a BigInt: its text is all there is to show.
    return fallback
  }
}
