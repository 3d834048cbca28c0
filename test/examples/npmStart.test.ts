/**
 * What `npm start` runs, as a real process on a real file: the table is there, Holdfast recorded nothing
 * wrongly and the naive manager did, the rows say what the table says, and whoever asks for the
 * impossible is told so in one line. Runs what `tsc -b` has compiled, as `npm start` does.
 */

import { execFile } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import { Effect } from "effect"
import { RunHistory, RunLog } from "../../src/index.js"

const main = fileURLToPath(new URL("../../dist/docs/examples/glossary/main.js", import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Ends by itself within the time, or the test fails. `stopAt`: Ctrl-C as soon as the output says so. */
const start = (args: ReadonlyArray<string>, options: { readonly temporary: string; readonly stopAt?: string }) =>
  Effect.async<Ended>((resume) => {
    assert.isTrue(existsSync(main), "run `npx tsc -b` first: the example is not compiled")
    const child = execFile(
      process.execPath,
      [main, ...args],
      { timeout: 50_000, killSignal: "SIGKILL", env: { ...process.env, TMPDIR: options.temporary } },
      (_, stdout, stderr) => resume(Effect.succeed({ code: child.exitCode, stdout, stderr }))
    )
    const { stopAt } = options
    if (stopAt === undefined) return
    let said = ""
    child.stdout?.on("data", (chunk) => {
      const isThere = said.includes(stopAt)
      said += chunk
      if (!isThere && said.includes(stopAt)) child.kill("SIGINT")
    })
  })

const folder = FileSystem.FileSystem.pipe(
  Effect.flatMap((files) => files.makeTempDirectoryScoped({ prefix: "holdfast-example-" })),
  Effect.orDie,
  Effect.provide(NodeFileSystem.layer)
)

/** Of each run: its document, what Holdfast's row says in the table, and whether a side is marked. */
const tableOf = (stdout: string) =>
  stdout
    .split("\n")
    .map((line) => line.split("│"))
    .filter((cells) => cells.length === 3)
    .slice(2)
    .map(([document = "", holdfast = "", naive = ""]) => ({
      document: document.trim(),
      status: /(completed|failed|cancelled|running|none)/.exec(holdfast.split(/ {2,}/)[1] ?? "")?.[0],
      isHoldfastMarked: holdfast.includes("✗"),
      isNaiveMarked: naive.includes("✗")
    }))

const wrongOf = (title: string, stdout: string): number =>
  Number(new RegExp(`^${title}: (\\d+) of \\d+ runs recorded wrongly`, "m").exec(stdout)?.[1])

/** As no part of Holdfast sees it. */
const rowsOf = (database: string) => {
  const connection = new Sqlite(database, { readonly: true })
  try {
    const sql = "SELECT run_key AS path, status, finished_at AS finishedAt, result FROM holdfast_runs ORDER BY run_id"
    return connection.prepare(sql).all() as Array<{ path: string; status: string; finishedAt: number; result: string }>
  } finally {
    connection.close()
  }
}

const essays = 14

describe("npm start", { concurrent: true }, () => {
  it.scopedLive("by default: Holdfast is never wrong, the naive manager at least three times", () =>
    Effect.gen(function* () {
      const temporary = yield* folder
      const { code, stderr, stdout } = yield* start([], { temporary })
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      const table = tableOf(stdout)
      assert.strictEqual(table.length, essays)
      assert.strictEqual(wrongOf("Holdfast", stdout), 0)
      assert.strictEqual(table.filter(({ isHoldfastMarked }) => isHoldfastMarked).length, 0)
      assert.isAtLeast(wrongOf("naive manager", stdout), 3)
      assert.strictEqual(table.filter(({ isNaiveMarked }) => isNaiveMarked).length, wrongOf("naive manager", stdout))
      const statuses = new Set(table.map(({ status }) => status))
      assert.deepStrictEqual(statuses, new Set(["completed", "cancelled", "failed"]))
      assert.isEmpty(readdirSync(temporary), "the temporary database was not removed")
    })
  )

  it.scopedLive("the rows say what the table says, and hold the glossaries as JSON", () =>
    Effect.gen(function* () {
      const temporary = yield* folder
      const database = `${temporary}/runs.db`
      const { code, stdout } = yield* start(["--database", database, "--seed", "4"], { temporary })
      assert.strictEqual(code, 0)
      const rows = rowsOf(database)
      assert.deepStrictEqual(
        rows.map(({ path, status }) => [path.split("/").at(-1), status]),
        tableOf(stdout).map(({ document, status }) => [document, status])
      )
      for (const { finishedAt, result, status } of rows) {
        assert.isNumber(finishedAt)
        if (status === "completed") assert.isNotEmpty(JSON.parse(result).terms)
        else assert.isNull(result)
      }
    })
  )

  it.scopedLive("without a storm both are right", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* start(["--storm", "none"], { temporary: yield* folder })
      assert.strictEqual(code, 0)
      assert.strictEqual(tableOf(stdout).length, essays)
      assert.strictEqual(wrongOf("Holdfast", stdout), 0)
      assert.strictEqual(wrongOf("naive manager", stdout), 0)
    })
  )

  it.scopedLive("in a heavy storm of another seed Holdfast is right, and its log is whole", () =>
    Effect.gen(function* () {
      const temporary = yield* folder
      const log = `${temporary}/runs.ndjson`
      const { code, stdout } = yield* start(["--storm", "heavy", "--seed", "31", "--log", log], { temporary })
      assert.strictEqual(code, 0)
      assert.strictEqual(wrongOf("Holdfast", stdout), 0)
      const text = readFileSync(log, "utf8")
      const lines = text.trimEnd().split("\n").map(RunLog.parse)
      assert.isEmpty(lines.filter(({ _tag }) => _tag === "Malformed"))
      const tags = lines.flatMap((parsed) => (parsed._tag === "Kernel" ? [parsed.line._tag] : []))
      assert.include(tags, "WriteFailed")
      assert.strictEqual(
        tags.filter((tag) => tag === "Settled").length,
        tags.filter((tag) => tag === "WorkEnded").length
      )
      assert.deepStrictEqual(RunHistory.check(RunHistory.fromLog(text)).map(RunHistory.render), [])
    })
  )

  it.scopedLive("reads a folder of one's own, whatever its files are called", () =>
    Effect.gen(function* () {
      const temporary = yield* folder
      mkdirSync(`${temporary}/文書`)
      writeFileSync(`${temporary}/文書/灯台 \u001b[31m.md`, "# 灯台\n\n灯台守は灯台の日誌をつけた。")
      writeFileSync(`${temporary}/文書/lamp.txt`, "The lamp, a lamp, and the oil.")
      const { code, stdout } = yield* start(["--folder", `${temporary}/文書`, "--storm", "none"], { temporary })
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(
        tableOf(stdout).map(({ document, status }) => [document, status]),
        [
          ["lamp.txt", "completed"],
          ["灯台  [31m.md", "completed"]
        ]
      )
      assert.include(stdout, '{"term":"灯台","count":2}')
      assert.notInclude(stdout, "\u001b")
    })
  )

  it.scopedLive("Ctrl-C leaves no active row behind", () =>
    Effect.gen(function* () {
      const temporary = yield* folder
      const database = `${temporary}/runs.db`
      const { code, stderr } = yield* start(["--database", database], { temporary, stopAt: "toudai.md: 14 paragraphs" })
      assert.deepStrictEqual({ code, stderr }, { code: 130, stderr: "" })
      const rows = rowsOf(database)
      assert.strictEqual(rows.length, essays)
      assert.isEmpty(rows.filter(({ finishedAt }) => finishedAt === null))
      assert.include(
        rows.map(({ status }) => status),
        "failed"
      )
    })
  )
})

describe("npm start, asked for the impossible", { concurrent: true }, () => {
  const mistakes: Record<string, (temporary: string) => ReadonlyArray<string>> = {
    "an unknown option": () => ["--bogus"],
    "a seed that is no number": () => ["--seed", "tomorrow"],
    "an unknown storm": () => ["--storm", "gale"],
    "a folder that is missing": (temporary) => ["--folder", `${temporary}/nowhere`],
    "a folder without documents": (temporary) => ["--folder", `${temporary}/empty`],
    "a database in a missing folder": (temporary) => ["--database", `${temporary}/nowhere/runs.db`],
    "a database that is a folder": (temporary) => ["--database", `${temporary}/empty`],
    "a database that is something else": (temporary) => ["--database", `${temporary}/notes.txt`],
    "a log in a missing folder": (temporary) => ["--log", `${temporary}/nowhere/runs.ndjson`]
  }
  for (const [what, argsIn] of Object.entries(mistakes)) {
    it.scopedLive(`${what}: one line, exit 2`, () =>
      Effect.gen(function* () {
        const temporary = yield* folder
        mkdirSync(`${temporary}/empty`)
        writeFileSync(`${temporary}/notes.txt`, "This is no database, and is longer than the header of one would be.")
        const { code, stderr, stdout } = yield* start(argsIn(temporary), { temporary })
        assert.strictEqual(code, 2)
        assert.strictEqual(stdout, "")
        assert.match(stderr, /^glossary: [^\n]+\.\n$/)
      })
    )
  }
})
