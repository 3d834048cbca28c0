/**
 * Logs as streams of entries: each line told apart as one of ours, somebody else's, or one that cannot be
 * read. Several logs are merged by the time of their lines, so that what happened between two hosts is
 * read in the order in which it happened. One chunk of each file is in memory at a time.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { RunId } from "../RunId.js"
import * as RunLog from "../RunLog.js"
import * as LineSplitter from "./lineSplitter.js"
import { Unusable } from "./unusable.js"

/** Where a line stands. */
export interface Place {
  readonly log: string
  /** From 1. */
  readonly lineNumber: number
}

export type Entry =
  | { readonly _tag: "Kernel"; readonly line: RunLog.Line; readonly place: Place }
  | { readonly _tag: "Foreign" }
  /** The end of a file that was cut off in the middle of a line. */
  | { readonly _tag: "Torn"; readonly place: Place }
  | { readonly _tag: "Unreadable"; readonly place: Place; readonly problem: string; readonly text: string }

/** A log to be read: the name by which it was given, and the file that has it. */
export interface Log {
  readonly name: string
  readonly path: string
}

const chunkSize = 128 * 1024
const quotedLengthMax = 200

const idPattern = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

/** Whether the text speaks of one of these runs: much cheaper than reading it. */
const speaksOf = (text: string, runs: ReadonlySet<RunId>): boolean =>
  text.match(idPattern)?.some((id) => runs.has(id as RunId)) === true

const entryOf = (raw: LineSplitter.RawLine, log: string): Entry => {
  const place = { log, lineNumber: raw.number }
  if (raw.text === undefined) {
    const problem = `longer than ${LineSplitter.lineBytesMax} bytes`
    return { _tag: "Unreadable", place, problem, text: "" }
  }
  const parsed = RunLog.parse(raw.text)
  switch (parsed._tag) {
    case "Kernel":
      return { _tag: "Kernel", line: parsed.line, place }
    case "Other":
      return { _tag: "Foreign" }
    case "Malformed":
      if (raw.isLast && parsed.problem.startsWith("not JSON")) return { _tag: "Torn", place }
      // A host may print a line of text. One that was to be an object, or that has a part of ours in it, was cut into.
      if (!raw.text.trimStart().startsWith("{") && !raw.text.includes('"holdfast"')) return { _tag: "Foreign" }
      return { _tag: "Unreadable", place, problem: parsed.problem, text: raw.text.slice(0, quotedLengthMax) }
  }
}

type Pull = Effect.Effect<ReadonlyArray<Entry>, Option.Option<Unusable>>

/** The entries of one log, chunk by chunk; only those that speak of `runs`, where given. */
const entriesOf = (
  { name, path }: Log,
  runs: ReadonlySet<RunId> | undefined
): Effect.Effect<Pull, never, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const splitter = LineSplitter.make()
    const read = (lines: ReadonlyArray<LineSplitter.RawLine>): ReadonlyArray<Entry> =>
      lines
        .filter(({ text }) => text?.trim() !== "" && (runs === undefined || speaksOf(text ?? "", runs)))
        .map((raw) => entryOf(raw, name))
    const bytes = files.stream(path, { chunkSize })
    const entries = Stream.concat(
      Stream.map(bytes, (chunk) => read(splitter.push(chunk))),
      Stream.sync(() => read(splitter.end()))
    ).pipe(
      Stream.rechunk(1),
      Stream.mapError((error) => new Unusable({ problem: `The log "${name}" cannot be read: ${error.message}` }))
    )
    return Effect.map(yield* Stream.toPull(entries), (batches) => Chunk.toReadonlyArray(batches).flat())
  })

/** A log that is being read, and how far. */
interface Reading {
  readonly pull: Pull
  batch: ReadonlyArray<Entry>
  index: number
  isAtEnd: boolean
}

const proceed = (reading: Reading, batch: ReadonlyArray<Entry> | undefined): void => {
  reading.batch = batch ?? []
  reading.index = 0
  reading.isAtEnd = batch === undefined
}

const fill = (reading: Reading): Effect.Effect<void, Unusable> =>
  reading.isAtEnd || reading.index < reading.batch.length
    ? Effect.void
    : reading.pull.pipe(
        Effect.matchEffect({
          onSuccess: (batch) => Effect.sync(() => proceed(reading, batch)),
          onFailure: Option.match({
            onSome: (error) => Effect.fail(error),
            onNone: () => Effect.sync(() => proceed(reading, undefined))
          })
        }),
        // A chunk may hold nothing but a part of one long line.
        Effect.flatMap(() => Effect.suspend(() => fill(reading)))
      )

/** What has no time of its own belongs to what stands before it. */
const timeOf = (entry: Entry): number => (entry._tag === "Kernel" ? entry.line.at : Number.NEGATIVE_INFINITY)

/** Hands out entries, the oldest first, until one of the logs has to be read on. */
const handOut = (readings: ReadonlyArray<Reading>, onEntry: (entry: Entry) => void): void => {
  for (;;) {
    let next: Reading | undefined
    let nextAt = Number.POSITIVE_INFINITY
    for (const reading of readings) {
      const entry = reading.batch[reading.index]
      if (entry === undefined) {
        if (reading.isAtEnd) continue
        return
      }
      const at = timeOf(entry)
      if (next === undefined || at < nextAt) {
        next = reading
        nextAt = at
      }
    }
    const entry = next?.batch[next.index]
    if (next === undefined || entry === undefined) return
    next.index += 1
    onEntry(entry)
  }
}

/**
 * Reads the logs from their beginnings to their ends and hands out their entries in the order of their times; `afterChunk`
 * is done after each chunk. Where `runs` is given, only of these.
 */
export const readAll = <E, R>(
  logs: ReadonlyArray<Log>,
  handler: {
    readonly onEntry: (entry: Entry) => void
    readonly afterChunk: Effect.Effect<void, E, R>
    readonly runs?: ReadonlySet<RunId> | undefined
  }
): Effect.Effect<void, Unusable | E, FileSystem.FileSystem | R> =>
  Effect.scoped(
    Effect.gen(function* () {
      const pulls = yield* Effect.forEach(logs, (log) => entriesOf(log, handler.runs))
      const readings = pulls.map((pull): Reading => ({ pull, batch: [], index: 0, isAtEnd: false }))
      while (!readings.every(({ isAtEnd }) => isAtEnd)) {
        yield* Effect.forEach(readings, fill, { discard: true })
        handOut(readings, handler.onEntry)
        yield* handler.afterChunk
      }
    })
  )
