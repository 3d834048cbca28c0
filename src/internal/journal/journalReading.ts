/**
 * A journal's directory as somebody reads it from outside: which files are there, whose they are, and what stands in
 * them. Nothing is taken over, written or removed, so it may be read while hosts use it.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type { Entry, JournalFile } from "../../VerdictJournal.js"
import * as ProcessIdentity from "../hosts/processIdentity.js"
import * as Disk from "./journalDisk.js"
import { keyOf, type Read, read, readRejected } from "./journalLines.js"

const fileName = new RegExp(`^([0-9a-f-]{36})\\.(free|${ProcessIdentity.format.source})\\.(ndjson|new)$`)
const rejectedName = /^[0-9a-f-]{36}\.rejected$/

/** What the name of a journal's file says. */
export interface Parts {
  readonly name: string
  /** The process that writes it, or `free`. */
  readonly owner: string
  /** `new` is a rewriting that is going on, or was never finished. */
  readonly kind: "ndjson" | "new"
}

/** @internal */
export const partsOf = (file: string): Parts | undefined => {
  const [, name, owner, kind] = fileName.exec(file) ?? []
  if (name === undefined || owner === undefined) return undefined
  return { name, owner, kind: kind === "new" ? "new" : "ndjson" }
}

/** In the order of their names; without those that are gone by the time at which they are read. */
export const readAll = (
  directory: string
): Effect.Effect<ReadonlyArray<JournalFile>, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const found: Array<JournalFile> = []
    for (const file of yield* Disk.filesIn(directory)) {
      // The file that it is to replace is whole.
      if (partsOf(file)?.kind === "new") continue
      const one = yield* Effect.catchIf(readOne(directory, file), Disk.isMissing, () => Effect.succeed(undefined))
      if (one !== undefined) found.push(one)
    }
    return found
  })

const readOne = (directory: string, file: string): Effect.Effect<JournalFile, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const path = Disk.join(directory, file)
    const parts = partsOf(file)
    if (parts !== undefined) {
      const contents = yield* Disk.contentsOf(path)
      return { path, kind: "verdicts", ...(yield* writerOf(parts.owner)), ...linesOf(read(contents)) }
    }
    if (!rejectedName.test(file)) return { path, kind: "foreign", entries: [], unusable: [], isTorn: false }
    return { path, kind: "rejected", ...linesOf(readRejected(yield* Disk.contentsOf(path))) }
  })

const writerOf = (owner: string): Effect.Effect<Pick<JournalFile, "writer">, never, FileSystem.FileSystem> =>
  owner === "free"
    ? Effect.succeed({})
    : Effect.map(ProcessIdentity.isGone(owner), (isGone) => ({ writer: { pid: Number.parseInt(owner, 10), isGone } }))

/** Of each verdict the last word. */
const linesOf = ({ bad, entries, isTorn }: Read): Pick<JournalFile, "entries" | "unusable" | "isTorn"> => {
  const last = new Map<string, Entry>(entries.map((entry) => [keyOf(entry.settlement), entry]))
  return {
    entries: [...last.values()],
    unusable: bad.map(({ lineNumber, reason }) => ({ lineNumber, reason })),
    isTorn
  }
}
