/**
 * What the hosts of a fleet say for themselves: what their callers were told and what their work did, one JSON object per
 * line, in the file before anything else happens. The file is no part of the database and goes past no proxy, so a host
 * that is cut off says what it does all the same. `at` is in milliseconds of the machine's monotonic clock, which all
 * processes share.
 *
 * @since 0.1.0
 */
import { writeSync } from "node:fs"
import * as Schema from "effect/Schema"
import { RunId } from "../../src/RunId.js"
import { TerminalStatus, WorkOutcome } from "../../src/RunStatus.js"
import { parser } from "../internal/jsonLines.js"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })
const record = <const Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Schema.TaggedStruct(tag, { slot: Schema.Int, life: Schema.Int, at: Schema.Number, ...fields })

const attempted = { id: RunId, attempt: Schema.Int }
const asked = { id: RunId, ask: Schema.String }

/**
 * - `Up`: the kernel is there.
 * - `Started`, `StartFailed`: what a start answered. `intent` names what the caller wanted, over all repetitions.
 * - `Began`, `Beat`, `Ended`: what the work itself did, and when.
 * - `CancelAsked`, `CancelAnswered`, `CancelFailed`: a cancel, and what the canceller was told. `ask` tells cancels apart.
 * - `Settled`: what somebody who waited for the end was told.
 * - `Followed`: the events of a subscription that came to its end, by tag, with what its last one said.
 * - `RoundDone`: all callers of the round have their answers.
 */
export const Told = Schema.Union(
  record("Up", {}),
  record("Started", { id: RunId, intent: Schema.String, isNew: Schema.Boolean }),
  record("StartFailed", { intent: Schema.String, error: Schema.String }),
  record("Began", attempted),
  record("Beat", attempted),
  record("Ended", { ...attempted, outcome: Schema.Literal("succeeded", "failed", "interrupted") }),
  record("CancelAsked", asked),
  record("CancelAnswered", {
    ...asked,
    answer: Schema.Literal("Requested", "AlreadyTerminal"),
    durable: optional(Schema.Boolean),
    status: optional(TerminalStatus)
  }),
  record("CancelFailed", { ...asked, error: Schema.String }),
  record("Settled", { id: RunId, status: TerminalStatus, workOutcome: WorkOutcome }),
  record("Followed", {
    id: RunId,
    events: Schema.Array(Schema.String),
    status: optional(TerminalStatus),
    workOutcome: optional(WorkOutcome)
  }),
  record("RoundDone", { round: Schema.Int })
)
export type Told = typeof Told.Type
export type ToldOf<Tag extends Told["_tag"]> = Extract<Told, { readonly _tag: Tag }>

/** A record before it is stamped with who says it and when. */
export type Unstamped = Told extends infer T ? (T extends Told ? Omit<T, "slot" | "life" | "at"> : never) : never

export type Tell = (record: Unstamped) => void

/** Of the machine: the same in all of its processes. */
export const machineMillis = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000

/** Appends whole lines, at once. */
export const tellTo =
  (descriptor: number, who: { readonly slot: number; readonly life: number }): Tell =>
  (record) => {
    const { life, slot } = who
    writeSync(descriptor, `${JSON.stringify({ ...record, slot, life, at: machineMillis() })}\n`)
  }

/** Throws where a line cannot be read. */
export const parse = parser(Told)
