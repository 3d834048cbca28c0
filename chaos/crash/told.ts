/**
 * What a life says for itself: what its callers were told and what its work did, one JSON object per
 * line, each in the file before anything else happens. A SIGKILL loses nothing of what had been said,
 * so whatever stands here was promised.
 *
 * @since 0.1.0
 */
import { writeSync } from "node:fs"
import * as Schema from "effect/Schema"
import { RunId } from "../../src/RunId.js"
import { RunStatus, TerminalStatus, WorkOutcome } from "../../src/RunStatus.js"
import { parser } from "../internal/jsonLines.js"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })
const record = <const Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Schema.TaggedStruct(tag, { life: Schema.Int, ...fields })

/**
 * - `Started`, `StartFailed`: what a start answered. `key` and `idempotencyKey` are those that it was given.
 * - `Began`, `Ended`: what the work itself did.
 * - `CancelAnswered`: what a canceller was told; `InDoubt` promises nothing. `Settled`: what `handle.settled` gave.
 * - `Event`: what a subscriber was told, in order.
 * - `Listed`: what the kernel says of all runs.
 * - `Failed`: a call failed that should not.
 * - `Closed`: the life came to its end; what passed the chaos layer, by label, and how long it took.
 */
export const Told = Schema.Union(
  record("Started", {
    id: RunId,
    name: Schema.String,
    key: optional(Schema.String),
    idempotencyKey: optional(Schema.String),
    isNew: Schema.Boolean
  }),
  record("StartFailed", { name: Schema.String, key: optional(Schema.String), error: Schema.String }),
  record("Began", { id: RunId, attempt: Schema.Int }),
  record("Ended", { id: RunId, attempt: Schema.Int, outcome: Schema.Literal("succeeded", "failed", "interrupted") }),
  record("CancelAnswered", {
    id: RunId,
    answer: Schema.Literal("Requested", "AlreadyTerminal", "InDoubt"),
    durable: optional(Schema.Boolean),
    status: optional(TerminalStatus)
  }),
  record("Settled", { id: RunId, status: TerminalStatus, workOutcome: WorkOutcome }),
  record("Event", { id: RunId, event: Schema.String, status: optional(RunStatus) }),
  record("Listed", { runs: Schema.Array(Schema.Struct({ id: RunId, status: RunStatus })) }),
  record("Failed", { what: Schema.String, error: Schema.String }),
  record("Closed", { operations: Schema.Array(Schema.String), millis: Schema.Number })
)
export type Told = typeof Told.Type
export type ToldOf<Tag extends Told["_tag"]> = Extract<Told, { readonly _tag: Tag }>

/** A record before it is stamped with its life. */
export type Unstamped = Told extends infer T ? (T extends Told ? Omit<T, "life"> : never) : never

export type Tell = (record: Unstamped) => void

/** Appends whole lines, at once. */
export const tellTo =
  (descriptor: number, life: number): Tell =>
  (record) => {
    writeSync(descriptor, `${JSON.stringify({ ...record, life })}\n`)
  }

/** Throws where a line cannot be read. */
export const parse = parser(Told)
