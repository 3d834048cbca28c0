/**
 * What the verdict journal does to its disk, each step durable when it has succeeded: the bytes are synced, and so is the
 * directory where a name has changed in it.
 *
 * @since 0.1.0
 */
import { join as joinPath } from "node:path"
import type * as Error from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"

type OnDisk<A> = Effect.Effect<A, Error.PlatformError, FileSystem.FileSystem>

/** @internal */
export const join = (directory: string, file: string): string => joinPath(directory, file)

/** There, and ours to write in. */
export const prepare = (directory: string): OnDisk<void> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    Effect.zipRight(
      files.makeDirectory(directory, { recursive: true }),
      files.access(directory, { readable: true, writable: true })
    )
  )

/** In a steady order. */
export const filesIn = (directory: string): OnDisk<ReadonlyArray<string>> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    Effect.map(files.readDirectory(directory), (names) => [...names].sort())
  )

/** @internal */
export const contentsOf = (path: string): OnDisk<string> =>
  Effect.flatMap(FileSystem.FileSystem, (files) => files.readFileString(path))

/** Bytes after the first `length`, which are known to be whole. Answers how long the file is then. */
export const append = (
  path: string,
  { added, length, whole }: { readonly length: number; readonly added: string; readonly whole: () => string }
): OnDisk<number> =>
  Effect.scoped(
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const file = yield* files.open(path, { flag: "a" })
      const size = Number((yield* file.stat).size)
      // Somebody has removed what we had written; nothing that is still needed may be missing.
      if (size < length) return yield* replace(path, whole())
      // The rest of an append that failed halfway would garble the line that follows it.
      if (size > length) yield* file.truncate(length)
      const bytes = encode(added)
      yield* file.writeAll(bytes)
      yield* file.sync
      if (length === 0) yield* syncDirectoryOf(path)
      return length + bytes.length
    })
  )

/** At the end of a file that only grows. */
export const appendWhole = (path: string, text: string): OnDisk<void> =>
  Effect.scoped(
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const file = yield* files.open(path, { flag: "a" })
      yield* file.writeAll(encode(text))
      yield* file.sync
      yield* syncDirectoryOf(path)
    })
  )

/** All of it or nothing: written beside the file, and then put in its place. Answers how long the file is then. */
export const replace = (path: string, text: string): OnDisk<number> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const beside = path.replace(/ndjson$/, "new")
    const bytes = encode(text)
    yield* Effect.scoped(
      Effect.gen(function* () {
        const file = yield* files.open(beside, { flag: "w" })
        yield* file.writeAll(bytes)
        yield* file.sync
      })
    )
    yield* files.rename(beside, path)
    yield* syncDirectoryOf(path)
    return bytes.length
  })

/** Whether it was there. */
export const renameIfThere = (from: string, to: string): OnDisk<boolean> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    files.rename(from, to).pipe(
      Effect.zipRight(syncDirectoryOf(to)),
      Effect.as(true),
      Effect.catchIf(isMissing, () => Effect.succeed(false))
    )
  )

/** @internal */
export const removeIfThere = (path: string): OnDisk<void> =>
  Effect.flatMap(FileSystem.FileSystem, (files) => Effect.catchIf(files.remove(path), isMissing, () => Effect.void))

/** @internal */
export const isMissing = (error: Error.PlatformError): boolean =>
  error._tag === "SystemError" && error.reason === "NotFound"

/** A name is on the disk when its directory is. Windows has no such call, and needs none. */
const syncDirectoryOf = (path: string): OnDisk<void> =>
  process.platform === "win32"
    ? Effect.void
    : Effect.scoped(
        Effect.flatMap(FileSystem.FileSystem, (files) =>
          Effect.flatMap(files.open(joinPath(path, ".."), { flag: "r" }), (directory) => directory.sync)
        )
      )

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
