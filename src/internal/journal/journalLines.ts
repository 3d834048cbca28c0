/**
 * The lines of a verdict journal: one entry as one NDJSON line, with the version of the format and a checksum, and back.
 * What cannot be read is told of with its line number; only a last line without its newline, which is what a process
 * that is killed leaves behind, is expected.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { HostId, RunId } from "../../RunId.js"
import { TerminalStatus, WorkOutcome } from "../../RunStatus.js"
import type { Settlement } from "../../RunStore.js"
import type { Entry } from "../../VerdictJournal.js"

const text = Schema.NullOr(Schema.String)

const SettlementFields = Schema.Struct({
  id: RunId,
  hostId: HostId,
  attempt: Schema.Int,
  token: Schema.String,
  status: TerminalStatus,
  workOutcome: WorkOutcome,
  finishedAt: Schema.Int,
  result: text,
  error: text,
  cancelRequestedAt: Schema.NullOr(Schema.Int),
  cancelReason: text
})

const NewRunFields = Schema.Struct({
  id: RunId,
  name: Schema.String,
  key: text,
  idempotencyKey: text,
  payload: text,
  payloadHash: text,
  hostId: HostId,
  attemptMax: Schema.Int,
  onHostExit: Schema.Literal("fail", "restart"),
  createdAt: Schema.Int
})

const EntryFields = Schema.Union(
  Schema.TaggedStruct("Settlement", { settlement: SettlementFields }),
  Schema.TaggedStruct("Tombstone", { run: NewRunFields, settlement: SettlementFields })
)
const decodeEntry: (input: unknown) => Either.Either<Entry, ParseResult.ParseError> =
  Schema.decodeUnknownEither(EntryFields)

/** Of the line format; another one is not guessed at. */
const version = 1

/** A token names host and attempt, not the run: together they name one verdict. */
export const keyOf = ({ id, token }: Pick<Settlement, "id" | "token">): string => `${id} ${token}`

/** @internal */
export const lineOf = (entry: Entry): string => {
  const body = JSON.stringify(entry)
  return `{"holdfastJournal":${version},"sha256":"${checksumOf(body)}","entry":${body}}\n`
}

/**
 * The first half of SHA-256: it is there in every Node that we run on (`crc32` is not), and 64 bits make sure that what
 * the disk has garbled is noticed. A line is hashed in microseconds, and synced in a hundred.
 */
const checksumOf = (body: string): string => createHash("sha256").update(body).digest("hex").slice(0, 16)

/** A line that could not be used, and why. */
export interface BadLine {
  readonly lineNumber: number
  readonly reason: string
  readonly line: string
}

/** @internal */
export interface Read {
  readonly entries: ReadonlyArray<Entry>
  readonly bad: ReadonlyArray<BadLine>
  readonly isTorn: boolean
}

/** @internal */
export const read = (contents: string): Read => {
  const lines = contents.split("\n")
  // What follows the last newline: nothing, or a line whose end was never written.
  const last = lines.pop() ?? ""
  const entries: Array<Entry> = []
  const bad: Array<BadLine> = []
  for (const [index, line] of lines.entries()) {
    Either.match(parse(line), {
      onLeft: (reason) => bad.push({ lineNumber: index + 1, reason, line }),
      onRight: (entry) => entries.push(entry)
    })
  }
  if (last === "") return { entries, bad, isTorn: false }
  // It may lack its newline alone: the checksum says whether all the rest is there.
  const end = parse(last)
  if (Either.isRight(end)) entries.push(end.right)
  return { entries, bad, isTorn: Either.isLeft(end) }
}

/**
 * What was set aside: the entries that no replay could write, and, as bad, what was none when it was read.
 *
 * @internal
 */
export const readRejected = (contents: string): Read => {
  const lines = contents.split("\n")
  const last = lines.pop() ?? ""
  const entries: Array<Entry> = []
  const bad: Array<BadLine> = []
  for (const [index, line] of lines.entries()) {
    const { line: original, reason } = rejectedOf(line)
    Either.match(parse(original), {
      onLeft: () => bad.push({ lineNumber: index + 1, reason, line: original }),
      onRight: (entry) => entries.push(entry)
    })
  }
  return { entries, bad, isTorn: last !== "" }
}

const rejectedOf = (text: string): { readonly line: string; readonly reason: string } => {
  try {
    const { line, reason } = JSON.parse(text)
    return { line: String(line), reason: String(reason) }
  } catch (error) {
    return { line: text, reason: `not JSON: ${String(error)}` }
  }
}

/** The entry, or why there is none. */
const parse = (line: string): Either.Either<Entry, string> => {
  let envelope: unknown
  try {
    envelope = JSON.parse(line)
  } catch (error) {
    return Either.left(`not JSON: ${String(error)}`)
  }
  if (envelope === null || typeof envelope !== "object" || !("holdfastJournal" in envelope)) {
    return Either.left("not a line of a verdict journal: it has no holdfastJournal")
  }
  if (envelope.holdfastJournal !== version) {
    const found = JSON.stringify(envelope.holdfastJournal)
    return Either.left(`expected version ${version}, found ${found}: it was written by another version of Holdfast`)
  }
  const entry = "entry" in envelope ? envelope.entry : undefined
  const sum = "sha256" in envelope ? envelope.sha256 : undefined
  const expected = checksumOf(JSON.stringify(entry) ?? "")
  if (sum !== expected) return Either.left(`wrong checksum: expected ${expected}, found ${JSON.stringify(sum)}`)
  return Either.mapLeft(decodeEntry(entry), describe)
}

const describe = (error: ParseResult.ParseError): string =>
  `not an entry: ${ParseResult.ArrayFormatter.formatErrorSync(error)
    .map(({ message, path }) => `${path.join(".")}: ${message}`)
    .join("; ")}`

/** How a bad line, or an entry that no replay can write, is kept: NDJSON again, with the reason. */
export const rejectedLine = (rejected: {
  readonly at: number
  readonly reason: string
  readonly lineNumber?: number
  readonly line: string
}): string => `${JSON.stringify(rejected)}\n`
