/**
 * The verdict journal in a directory: each opening writes to a file of its own, whose name says which process that is, and
 * takes over the files of processes that are gone by renaming them, which only one can. So there is no lock that a
 * killed process could leave behind. Everything here is behind one permit: the file is changed by one at a time.
 *
 * A file is `<name>.<process>.ndjson`, or `<name>.free.ndjson` when its process has closed it in good order; what was set
 * aside from it is in `<name>.rejected`.
 *
 * @since 0.1.0
 */
import type * as Error from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { JournalFailure } from "../../RunError.js"
import { makeHostId } from "../../RunId.js"
import type { Settlement } from "../../RunStore.js"
import type { Entry, FileOptions, Found, Pending, Rejected, VerdictJournal } from "../../VerdictJournal.js"
import * as ProcessIdentity from "../hosts/processIdentity.js"
import { nowMillis } from "../wallClock.js"
import * as Disk from "./journalDisk.js"
import { keyOf, lineOf, read, rejectedLine } from "./journalLines.js"
import { partsOf } from "./journalReading.js"

type Journal = typeof VerdictJournal.Service
type Operation = JournalFailure["operation"]

/** One file of ours. */
interface Source {
  readonly name: string
  readonly path: string
  /** In the order of writing. */
  readonly live: Map<string, Entry>
  readonly isOwnerGone: boolean
  /** It has lines that could be kept nowhere else, and is not to be removed. */
  isKept: boolean
}

/** What one opening works with. */
interface Opened {
  readonly directory: string
  readonly rewriteFromBytes: number
  readonly identity: string
  readonly own: Source
  /** Our own, and those that were taken over. */
  readonly sources: Array<Source>
  /** Bytes of our own file that are known to be whole. */
  length: number
  isClosed: boolean
}

const rewriteFromBytesDefault = 1_048_576

/** How much larger than what is still needed of it a file may be. */
const wasteMax = 4

// -- make -----------------------------------------------------------------------------------------------

/** @internal */
export const make = (
  options: FileOptions
): Effect.Effect<Journal, JournalFailure, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<FileSystem.FileSystem>()
    const permit = yield* Effect.makeSemaphore(1)
    const { directory } = options
    /** One at a time, and whole: half a write would have to be repaired. */
    const guarded = <A>(operation: Operation, effect: OnFiles<A>): Effect.Effect<A, JournalFailure> =>
      permit
        .withPermits(1)(Effect.uninterruptible(Effect.provide(effect, context)))
        .pipe(Effect.mapError((cause) => failureOf(operation, directory, cause)))
    yield* guarded("open", Disk.prepare(directory))
    const identity = yield* ProcessIdentity.own
    const name: string = yield* makeHostId
    const path = Disk.join(directory, `${name}.${identity}.ndjson`)
    const own: Source = { name, path, live: new Map(), isOwnerGone: false, isKept: false }
    const rewriteFromBytes = options.rewriteFromBytes ?? rewriteFromBytesDefault
    const opened: Opened = { directory, rewriteFromBytes, identity, own, sources: [own], length: 0, isClosed: false }
    // Whatever is taken over from here on is given back, also where the rest of the opening fails.
    yield* Effect.addFinalizer(() => Effect.orDie(guarded("forget", close(opened))))
    const found = yield* guarded("open", takeOver(opened))
    const whileOpen = (operation: Operation, effect: OnFiles<void>) =>
      guarded(operation, Effect.zipRight(assertOpen(opened), effect))
    return {
      name,
      found,
      pending: Effect.sync(() => pendingIn(opened.sources)),
      append: (entries) => whileOpen("append", append(opened, entries)),
      forget: (written) => whileOpen("forget", forget(opened, written)),
      setAside: (entry, reason) => whileOpen("setAside", setAside(opened, entry, reason))
    }
  })

type OnFiles<A> = Effect.Effect<A, Error.PlatformError | Closed, FileSystem.FileSystem>

/** Somebody else may have its files by now. */
class Closed extends globalThis.Error {
  readonly _tag = "Closed"
  override readonly message = "the journal is closed"
}

const assertOpen = (opened: Opened): Effect.Effect<void, Closed> =>
  Effect.suspend(() => (opened.isClosed ? Effect.fail(new Closed()) : Effect.void))

const append = (opened: Opened, entries: ReadonlyArray<Entry>): OnFiles<void> =>
  Effect.suspend(() => {
    const { live, path } = opened.own
    const added = entries.map(lineOf).join("")
    const whole = () => textOf(live.values()) + added
    return Effect.map(Disk.append(path, { length: opened.length, added, whole }), (length) => {
      opened.length = length
      for (const entry of entries) put(live, entry)
    })
  })

const forget = (opened: Opened, written: ReadonlyArray<Pick<Settlement, "id" | "token">>): OnFiles<void> =>
  Effect.suspend(() => {
    const keys = written.map(keyOf)
    return Effect.forEach(
      opened.sources,
      (source) => {
        const before = source.live.size
        for (const key of keys) source.live.delete(key)
        return source.live.size === before ? Effect.void : compact(opened, source)
      },
      { discard: true }
    )
  })

/** Empty, it is removed; with little in it that is still needed, it is written anew. */
const compact = (opened: Opened, source: Source): OnFiles<void> =>
  Effect.suspend(() => {
    const isOwn = source === opened.own
    if (source.live.size === 0 && !source.isKept) {
      return Effect.map(Disk.removeIfThere(source.path), () => {
        if (isOwn) opened.length = 0
      })
    }
    if (!isOwn || opened.length <= opened.rewriteFromBytes) return Effect.void
    const needed = textOf(source.live.values())
    if (opened.length <= wasteMax * needed.length) return Effect.void
    return Effect.map(Disk.replace(source.path, needed), (length) => {
      opened.length = length
    })
  })

const setAside = (opened: Opened, entry: Entry, reason: string): OnFiles<void> =>
  Effect.flatMap(nowMillis, (at) => {
    const line = rejectedLine({ at, reason, line: lineOf(entry).trimEnd() })
    const to = Disk.join(opened.directory, `${opened.own.name}.rejected`)
    return Effect.zipRight(Disk.appendWhole(to, line), forget(opened, [entry.settlement]))
  })

/** The last word of a verdict, and where it was written. */
const put = (live: Map<string, Entry>, entry: Entry): void => {
  const key = keyOf(entry.settlement)
  live.delete(key)
  live.set(key, entry)
}

const textOf = (entries: Iterable<Entry>): string => [...entries].map(lineOf).join("")

/** One for each verdict: our own file has the latest word. */
const pendingIn = (sources: ReadonlyArray<Source>): ReadonlyArray<Pending> => {
  const pending = new Map<string, Pending>()
  for (const { isOwnerGone, live } of [...sources].reverse()) {
    for (const [key, entry] of live) pending.set(key, { entry, isOwnerGone })
  }
  return [...pending.values()]
}

// -- files of others --------------------------------------------------------------------------------------

/** The files whose processes are gone, or have let go of them. */
const takeOver = (opened: Opened): OnFiles<Found> =>
  Effect.gen(function* () {
    const { directory } = opened
    const found = { journals: [] as string[], torn: 0, rejected: [] as Rejected[] }
    for (const file of yield* Disk.filesIn(directory)) {
      const parts = partsOf(file)
      if (parts === undefined) continue
      const { kind, name, owner } = parts
      const isFree = owner === "free"
      if (!isFree && !(yield* ProcessIdentity.isGone(owner))) continue
      if (kind === "ndjson") yield* take(opened, found, { file, name, isFree })
      // A rewriting that was never finished: the file that it was to replace is whole.
      else yield* Disk.removeIfThere(Disk.join(directory, file))
    }
    return found
  })

interface Findings {
  readonly journals: Array<string>
  torn: number
  readonly rejected: Array<Rejected>
}

const take = (
  opened: Opened,
  found: Findings,
  { file, isFree, name }: { readonly file: string; readonly name: string; readonly isFree: boolean }
): OnFiles<void> =>
  Effect.gen(function* () {
    const { directory, identity, sources } = opened
    const path = Disk.join(directory, `${name}.${identity}.ndjson`)
    // Of two who see it, one renames it, and the other one finds nothing.
    if (!(yield* Disk.renameIfThere(Disk.join(directory, file), path))) return
    const source: Source = { name, path, live: new Map(), isOwnerGone: !isFree, isKept: true }
    sources.push(source)
    const { bad, entries, isTorn } = read(yield* Disk.contentsOf(path))
    const keptIn = yield* keepBad(Disk.join(directory, `${name}.rejected`), path, bad)
    source.isKept = keptIn === path
    for (const entry of entries) put(source.live, entry)
    found.journals.push(name)
    if (isTorn) found.torn++
    for (const { lineNumber, reason } of bad) found.rejected.push({ file: path, lineNumber, reason, keptIn })
    if (entries.length === 0 && !source.isKept) yield* Disk.removeIfThere(path)
  })

/** Where they are kept: in a file of their own, or, if that cannot be written, where they are. */
const keepBad = (to: string, from: string, bad: ReturnType<typeof read>["bad"]) =>
  Effect.gen(function* () {
    if (bad.length === 0) return to
    const at = yield* nowMillis
    const text = bad.map((line) => rejectedLine({ at, ...line })).join("")
    return yield* Effect.match(Disk.appendWhole(to, text), { onFailure: () => from, onSuccess: () => to })
  })

/** For whoever comes next, in this process or another one: what is not needed is removed, the rest is nobody's. */
const close = (opened: Opened): OnFiles<void> =>
  Effect.suspend(() => {
    opened.isClosed = true
    return Effect.forEach(opened.sources, (source) => letGo(opened.directory, source), { discard: true })
  })

const letGo = (directory: string, { isKept, live, name, path }: Source): OnFiles<void> =>
  (live.size === 0 && !isKept
    ? Disk.removeIfThere(path)
    : Effect.asVoid(Disk.renameIfThere(path, Disk.join(directory, `${name}.free.ndjson`)))
  ).pipe(
    // It is taken over when this process is gone.
    Effect.catchAll((cause) => Effect.logWarning("A file of the verdict journal could not be let go of", cause))
  )

// -- failures ---------------------------------------------------------------------------------------------

const failureOf = (operation: Operation, directory: string, why: Error.PlatformError | Closed): JournalFailure => {
  const cause = why._tag === "Closed" ? why : (why.cause ?? why)
  const code = cause instanceof globalThis.Error && "code" in cause ? String(cause.code) : undefined
  const path = why._tag === "SystemError" ? String(why.pathOrDescriptor) : directory
  return new JournalFailure({ operation, path, cause, ...(code === undefined ? {} : { code }) })
}
