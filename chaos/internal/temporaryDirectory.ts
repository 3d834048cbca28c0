/**
 * A directory for the files of one execution, in memory where the machine has room. A file there outlives its process,
 * though not the machine: that is all that a simulation and a SIGKILL ask of it, and thousands of executions neither
 * wait for a disk nor wear one out.
 *
 * @since 0.1.0
 */
import { existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A killed host leaves half a megabyte, and those of a sweep are kept until its end. */
const roomBytes = 512 * 1024 * 1024

const hasRoom = (directory: string): boolean => {
  if (!existsSync(directory)) return false
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize > roomBytes
}

const base = hasRoom("/dev/shm") ? "/dev/shm" : tmpdir()

/** Removed with the scope. */
export const temporaryDirectory: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(base, "holdfast-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
