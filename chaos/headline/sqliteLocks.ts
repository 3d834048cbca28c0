/**
 * The file is locked by another process, for real, for shorter and for longer than anybody waits.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import { temporaryDirectory } from "../internal/temporaryDirectory.js"
import type { Case } from "./cases.js"

const holder = fileURLToPath(new URL("./lockHolder.js", import.meta.url))

/** Succeeds when another process has the lock; it ends by itself, and with its scope at the latest. */
const lock = (filename: string, millis: number): Effect.Effect<void, Error, Scope.Scope> =>
  Effect.flatMap(
    Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, [holder, filename, String(millis)], { stdio: ["ignore", "pipe", 2] })),
      (child) => Effect.sync(() => child.kill())
    ),
    (child) =>
      Effect.async<void, Error>((resume) => {
        child.stdout?.once("data", () => resume(Effect.void))
        child.once("exit", (code) => resume(Effect.fail(new Error(`The holder of the lock ended with ${code}.`))))
      })
  )

const locked = (millis: number, fault: string): Case => ({
  database: "SQLite",
  fault,
  ground: Effect.map(temporaryDirectory, (folder) => {
    const filename = join(folder, "runs.db")
    return { store: SqliteRunStore.layer({ filename }), breakIt: lock(filename, millis) }
  })
})

export const sqliteLocks: ReadonlyArray<Case> = [
  locked(300, "locked for 300 ms"),
  locked(2_000, "locked for 2 s"),
  locked(7_000, "locked for 7 s, longer than the usual busy timeout"),
  locked(20_000, "locked for 20 s, past the parking of the verdict")
]
