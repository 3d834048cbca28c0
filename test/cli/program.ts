/**
 * The built program as a process of its own, and folders for what it reads.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll } from "@effect/vitest"

export const main: string = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url))

export interface Ended {
  readonly status: number | null
  readonly out: string
  readonly error: string
}

export interface Settings {
  readonly cwd?: string
  readonly input?: string
  /** Another copy of the program. */
  readonly main?: string
  readonly nodeOptions?: ReadonlyArray<string>
}

/** `holdfast ...args`, bounded in time and without colours. */
export const holdfast = (args: ReadonlyArray<string>, settings: Settings = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...(settings.nodeOptions ?? []), settings.main ?? main, ...args], {
      cwd: settings.cwd,
      timeout: 55_000,
      killSignal: "SIGKILL",
      env: { ...process.env, NO_COLOR: "1" }
    })
    let out = ""
    let error = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      error += text
    })
    child.on("error", reject)
    child.on("close", (status) => resolve({ status, out, error }))
    child.stdin.end(settings.input ?? "")
  })

/** A folder that is gone when the file's tests are done. */
export const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), "holdfast-cli-"))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  return path
}
