/**
 * What a benchmark leaves behind: its entries, the machine that they are from, and the parts that failed. As
 * JSON it is what the page is made of.
 *
 * @since 0.1.0
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { dirname } from "node:path"
import * as DateTime from "effect/DateTime"
import type { Entry } from "./entry.js"
import type { Size } from "./part.js"

export interface Report {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly size: Size
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly node: string }
  readonly entries: ReadonlyArray<Entry>
  readonly failed: ReadonlyArray<{ readonly part: string; readonly message: string }>
}

/** The benchmark is no Effect, and asks no test's clock. */
const isoNow = (): string => DateTime.formatIso(DateTime.unsafeNow())

export const reportOf = (size: Size, entries: Report["entries"], failed: Report["failed"]): Report => ({
  at: isoNow(),
  size,
  machine: {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version
  },
  entries,
  failed
})

export const write = (file: string, report: Report): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
}

/** Undefined where there is none yet. */
export const read = (file: string): Report | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Report) : undefined
