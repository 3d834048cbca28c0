/**
 * The program, in this process and as a process of its own, and folders for what it reads. A process takes a second
 * before it does anything, so one test of each command has one, and all others share this.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { afterAll } from "@effect/vitest"
import type * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { ExitCode } from "../../src/cli/exitCode.js"
import { program } from "../../src/cli/program.js"

export const main: string = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url))

export interface Ended {
  readonly status: number | null
  readonly out: string
  readonly error: string
}

/** `holdfast ...args` as this process executes it, from its arguments to what it prints and its exit code. */
export const holdfast = (args: ReadonlyArray<string>): Promise<Ended> =>
  Effect.gen(function* () {
    const ended = { status: 0, out: "", error: "" }
    const print = (where: "out" | "error") => (text?: string) =>
      Effect.sync(() => {
        ended[where] += `${text ?? ""}\n`
      })
    const listening: Console.Console = { ...(yield* Effect.console), log: print("out"), error: print("error") }
    const exitCode = {
      set: (code: number) => {
        ended.status = code
      }
    }
    yield* program([process.execPath, main, ...args]).pipe(
      Effect.withConsole(listening),
      Effect.provideService(ExitCode, exitCode),
      Effect.provide(NodeContext.layer)
    )
    return ended
  }).pipe(Effect.timeout("55 seconds"), Effect.runPromise)

export interface Settings {
  readonly cwd?: string
  readonly input?: string
  /** Another copy of the program. */
  readonly main?: string
  readonly nodeOptions?: ReadonlyArray<string>
  /** A file descriptor for what it prints, of which the answer has nothing then. */
  readonly stdout?: number
}

/** `holdfast ...args` as people run it: the built program as a process, bounded in time and without colours. */
export const spawned = (args: ReadonlyArray<string>, settings: Settings = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...(settings.nodeOptions ?? []), settings.main ?? main, ...args], {
      cwd: settings.cwd,
      timeout: 55_000,
      killSignal: "SIGKILL",
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["pipe", settings.stdout ?? "pipe", "pipe"]
    })
    let out = ""
    let error = ""
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text
    })
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      error += text
    })
    child.on("error", reject)
    child.on("close", (status) => resolve({ status, out, error }))
    child.stdin?.end(settings.input ?? "")
  })

/** A folder that is gone when the file's tests are done. */
export const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "holdfast-cli-"))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  return path
}
