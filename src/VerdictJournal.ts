/**
 * The verdict journal: where a verdict goes that the database does not take, so that it outlives the process (G6). The
 * kernel appends what it parks, and what a shutdown leaves unwritten, forgets what has been written, and replays the
 * rest at its next start, before any orphan is judged. It is optional: a kernel without one logs such verdicts as
 * `VerdictLost`.
 *
 * Faults that an implementation must survive: a process that is killed at any instruction, a torn last line, lines that
 * nobody can read, a disk that is full or broken. Replays are guarded writes, so an entry too many does no harm; one
 * too few is a verdict lost.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as JournalFiles from "./internal/journal/journalFiles.js"
import * as JournalMemory from "./internal/journal/journalMemory.js"
import * as JournalReading from "./internal/journal/journalReading.js"
import type { JournalFailure } from "./RunError.js"
import type { Settlement, Tombstone } from "./RunStore.js"

// -- models -------------------------------------------------------------------------------------------

/**
 * What is kept of a verdict: all that its write needs.
 *
 * @since 0.1.0
 * @category models
 */
export type Entry =
  | { readonly _tag: "Settlement"; readonly settlement: Settlement }
  /** Of a start that is in doubt: where there is no row, a terminal one is inserted. */
  | ({ readonly _tag: "Tombstone" } & Tombstone)

/**
 * An entry that is not forgotten.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pending {
  readonly entry: Entry
  /** Whether the process that wrote it is known to be gone; `false` where its kernel was closed in good order. */
  readonly isOwnerGone: boolean
}

/**
 * A line that could not be used.
 *
 * @since 0.1.0
 * @category models
 */
export interface Rejected {
  /** The file that it stood in. */
  readonly file: string
  /** From 1. */
  readonly lineNumber: number
  readonly reason: string
  /** Where the line is kept, for somebody to look at. */
  readonly keptIn: string
}

/**
 * What was found when the journal was opened.
 *
 * @since 0.1.0
 * @category models
 */
export interface Found {
  /** The journals that were taken over; each is named as in the line `VerdictJournaled` of its entries. */
  readonly journals: ReadonlyArray<string>
  /** Last lines that were cut off in the middle, which is what a process that is killed leaves: one for each journal at most. */
  readonly torn: number
  readonly rejected: ReadonlyArray<Rejected>
}

/**
 * A file in a journal's directory, as `readDirectory` finds it.
 *
 * @since 0.1.0
 * @category models
 */
export interface JournalFile {
  readonly path: string
  /** Verdicts that wait for their rows; what was set aside for a person to look at; or no file of a journal. */
  readonly kind: "verdicts" | "rejected" | "foreign"
  /** The process that writes it; none for a file that was closed in good order. */
  readonly writer?: { readonly pid: number; readonly isGone: boolean }
  /** The last word for each run and token. Some may be in the database already: a file is tidied up later. */
  readonly entries: ReadonlyArray<Entry>
  /** Lines that are no entry, by their number, from 1. */
  readonly unusable: ReadonlyArray<{ readonly lineNumber: number; readonly reason: string }>
  /** Whether its last line is cut off in the middle. */
  readonly isTorn: boolean
}

// -- service ------------------------------------------------------------------------------------------

/**
 * One journal for one kernel.
 *
 * @since 0.1.0
 * @category services
 */
export class VerdictJournal extends Context.Tag("effect-holdfast/VerdictJournal")<
  VerdictJournal,
  {
    /** Unique: what the log calls it. */
    readonly name: string
    readonly found: Found
    /** What is in the journal now, in the order of writing: the last entry for each run and token. */
    readonly pending: Effect.Effect<ReadonlyArray<Pending>>
    /** When it succeeds, the entries outlive this process and a loss of power. An entry replaces an earlier one of the same run and token. */
    readonly append: (entries: ReadonlyArray<Entry>) => Effect.Effect<void, JournalFailure>
    /** These are in the database, or settled by somebody else. A forgotten entry may come back: its replay changes nothing. */
    readonly forget: (written: ReadonlyArray<Pick<Settlement, "id" | "token">>) => Effect.Effect<void, JournalFailure>
    /** Moves an entry that no replay can write to where a person will look, with the reason. */
    readonly setAside: (entry: Entry, reason: string) => Effect.Effect<void, JournalFailure>
  }
>() {}

// -- layers -------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category options
 */
export interface FileOptions {
  /**
   * Where the journal's files are; it is made where it is missing. On a disk of this machine that survives a restart,
   * best not the one that the database is on, and only for processes that see each other (no two containers).
   */
  readonly directory: string
  /** A file that has grown beyond this, and beyond four times what is still needed of it, is written anew. Defaults to `1048576`. */
  readonly rewriteFromBytes?: number | undefined
}

/**
 * A journal in files: one for each process, so that no two ever write to one. Entries are NDJSON lines with a version
 * and a checksum, and are synced to the disk with each append. The files of processes that are gone are taken over by
 * whoever opens the directory next, each by one. Fails where the directory cannot be used.
 *
 * @since 0.1.0
 * @category layers
 * @example
 * import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
 * import * as Layer from "effect/Layer"
 * import { RunKernel, VerdictJournal } from "effect-holdfast"
 * import * as SqliteRunStore from "effect-holdfast/SqliteRunStore"
 *
 * export const Runs = RunKernel.layer().pipe(
 *   Layer.provide(SqliteRunStore.layer({ filename: "runs.db" })),
 *   Layer.provide(VerdictJournal.layerFile({ directory: "runs.journal" })),
 *   Layer.provide(NodeFileSystem.layer)
 * )
 */
export const layerFile = (options: FileOptions): Layer.Layer<VerdictJournal, JournalFailure, FileSystem.FileSystem> =>
  Layer.scoped(VerdictJournal, JournalFiles.make(options))

/**
 * The files of a journal, to look at: nothing is taken over, written or removed, and hosts may go on using it. Whether a
 * process is gone is told as this process sees it, so ask on the machine, and in the container, of the hosts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const readDirectory = (
  directory: string
): Effect.Effect<ReadonlyArray<JournalFile>, PlatformError, FileSystem.FileSystem> => JournalReading.readAll(directory)

/**
 * What stands in for a disk in tests and simulations: it survives the kernels that write to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface MemoryDisk {
  /** As the log names the journal. */
  readonly name: string
  /** The lines, as a file would have them. */
  text: string
  /** What was set aside. */
  rejected: string
  /** Asked before each write, with the lines that there would be after it: a failure that it gives is what the disk answers. */
  fails?: ((operation: "append" | "forget" | "setAside", text: string) => Error | undefined) | undefined
}

/**
 * An empty one. The name defaults to `memory`; journals of kernels that are there together need one each, as files have.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeDisk = (name = "memory"): MemoryDisk => ({ name, text: "", rejected: "" })

/**
 * A journal on a disk in memory, for one kernel after the other.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (disk: MemoryDisk): Layer.Layer<VerdictJournal> =>
  Layer.effect(VerdictJournal, JournalMemory.make(disk))

/**
 * No journal, said aloud: verdicts that the database does not take before the process ends are lost, and logged as that.
 * It is what a kernel does that is given none.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerNone: Layer.Layer<never> = Layer.empty
