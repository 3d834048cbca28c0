/**
 * The Chromium of this machine, one for all tests of a file. Nothing is downloaded: it is the first browser of
 * its kind that `PATH` has, or the one that `CHROMIUM` names.
 */
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { afterAll, beforeAll } from "@effect/vitest"
import { type Browser, chromium } from "playwright-core"

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const find = (): string | undefined => {
  if (process.env["CHROMIUM"]) return process.env["CHROMIUM"]
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "")
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable)
}

const file = find()

/** `npm run test:browser` asks for a browser, and for pictures; `npm test` uses a browser where there is one. */
export const isDemanded: boolean = process.env["MODE"] === "browser"

const absent =
  "No Chromium was found: the tests of test/browser are skipped. Install one (Debian: apt-get install chromium), or name it in the environment variable CHROMIUM."

export const isSkipped: boolean = file === undefined && !isDemanded
if (isSkipped) console.warn(absent)

/** Without a sandbox, since root has none; the pages are our own. */
export const useChromium = (): (() => Browser) => {
  let browser: Browser | undefined
  beforeAll(async () => {
    if (file === undefined) throw new Error(absent.replace("are skipped", "cannot be run"))
    browser = await chromium.launch({ executablePath: file, args: ["--no-sandbox"] })
  })
  afterAll(() => browser?.close())
  return () => {
    if (browser === undefined) throw new Error("The browser is there only while tests run.")
    return browser
  }
}
