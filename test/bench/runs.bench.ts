/**
 * Runs from start to durable completed, on a SQLite file with `synchronous = FULL`: the kernel, at one
 * and at a thousand runs at a time, beside a hand-written better-sqlite3 loop with a commit per write,
 * in the same process. Quote the ratios, not the figures: `npm run bench`.
 *
 * @since 0.1.0
 */

import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { afterAll, bench, describe } from "vitest"
import { RunKernel } from "../../src/index.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"

const runsPerIteration = 1_000
const directory = mkdtempSync(join(tmpdir(), "holdfast-bench-"))

const runtime = ManagedRuntime.make(
  RunKernel.layer().pipe(
    Layer.provide(SqliteRunStore.layer({ filename: join(directory, "kernel.db") })),
    Layer.provideMerge(Logger.minimumLogLevel(LogLevel.None))
  )
)

const runs = (concurrency: number) =>
  runtime.runPromise(
    Effect.gen(function* () {
      const kernel = yield* RunKernel.RunKernel
      const one = Effect.flatMap(kernel.start("bench", Effect.succeed(1)), (handle) => handle.result)
      yield* Effect.forEach(Array.from({ length: runsPerIteration }), () => one, { concurrency, discard: true })
    })
  )

const raw = new Sqlite(join(directory, "raw.db"))
raw.pragma("journal_mode = WAL")
raw.pragma("synchronous = FULL")
raw.exec(
  "CREATE TABLE runs (id TEXT PRIMARY KEY, name TEXT, status TEXT, created_at INTEGER, finished_at INTEGER) STRICT"
)
const insert = raw.prepare("INSERT INTO runs VALUES (?, 'bench', 'running', ?, NULL)")
const update = raw.prepare("UPDATE runs SET status = 'completed', finished_at = ? WHERE id = ? AND status = 'running'")
let id = 0
const rawLoop = () => {
  for (let index = 0; index < runsPerIteration; index++) {
    const key = `run-${id++}`
    insert.run(key, id)
    update.run(id, key)
  }
}

afterAll(async () => {
  await runtime.dispose()
  raw.close()
  rmSync(directory, { recursive: true, force: true })
})

describe(`${runsPerIteration} runs, start to durable completed`, () => {
  bench("a better-sqlite3 loop, a commit per write", rawLoop, { time: 3_000 })
  bench("the kernel, 1 at a time", () => runs(1), { time: 3_000 })
  bench("the kernel, 1,000 at a time", () => runs(1_000), { time: 3_000 })
})
