/**
 * `holdfast inspect` as people run it, on real files.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import {
  completed,
  entry,
  host,
  hostStarted,
  hostStopped,
  idOf,
  logOf,
  other,
  planted,
  plantedLog,
  run,
  writeLongLog
} from "./logs.js"
import { folder, holdfast, spawned } from "./program.js"

const directory = folder()
const fileOf = (name: string, text: string): string => {
  const file = join(directory, name)
  writeFileSync(file, text)
  return file
}

interface Told {
  readonly findings: ReadonlyArray<{
    readonly guarantee: string
    readonly runId?: string
    readonly quotes: ReadonlyArray<{ readonly place?: string; readonly text: string }>
  }>
  readonly runCount: number
  readonly foreignCount: number
  readonly tornCount: number
  readonly timeline: ReadonlyArray<{ readonly place?: string; readonly text: string }>
}

const told = async (...args: ReadonlyArray<string>): Promise<Told & { readonly status: number | null }> => {
  const { error, out, status } = await holdfast(["inspect", "--json", ...args])
  assert.strictEqual(error, "")
  return { ...(JSON.parse(out) as Told), status }
}

const sound = logOf(hostStarted, ...completed(1), ...completed(2), hostStopped)

describe("holdfast inspect", () => {
  it("exits with 0 where every guarantee was kept, and says so of each", async () => {
    const { error, out, status } = await spawned(["inspect", fileOf("sound.ndjson", sound)])
    assert.deepStrictEqual([status, error], [0, ""])
    assert.match(out, /10 lines of the kernel/)
    assert.match(out, /runs\s+2\s+2 completed/)
    assert.strictEqual(out.match(/ kept$/gm)?.length, 12)
  })

  it("finds ten planted violations of different kinds, and exactly those, each with its lines and their places", async () => {
    const log = fileOf("planted.ndjson", plantedLog())
    const { findings, runCount, status } = await told(log)
    assert.deepStrictEqual(
      findings.map(({ guarantee, runId }) => [guarantee, runId]),
      planted.map(([guarantee, number]) => [guarantee, idOf(number)])
    )
    assert.deepStrictEqual([status, runCount], [1, 31])
    const lines = readFileSync(log, "utf8").split("\n")
    for (const { quotes } of findings) {
      assert.isNotEmpty(quotes)
      for (const { place, text } of quotes) {
        const number = Number(place?.slice(log.length + 1))
        assert.deepStrictEqual(JSON.parse(text), JSON.parse(lines[number - 1] ?? "").message, "the line that is named")
      }
    }
    const { out } = await holdfast(["inspect", log])
    assert.match(out, /^10 violations$/m)
    for (const [guarantee, number] of planted) assert.include(out, `\n${guarantee} of run ${idOf(number)}\n`)
  })

  it("counts lines of others, and a torn last line, and holds neither against the host", async () => {
    const [first = "", ...rest] = sound.split("\n")
    const log = [first, '{"message":"listening"}', "> npm start", "", ...rest].join("\n")
    const { findings, foreignCount, status, tornCount } = await told(fileOf("torn.ndjson", `${log}{"message":{"_tag`))
    assert.deepStrictEqual([status, findings, foreignCount, tornCount], [0, [], 2, 1])
  })

  it("reads a log that begins with a byte order mark as any other", async () => {
    const { findings, foreignCount, status } = await told(fileOf("marked.ndjson", `\ufeff${sound}`))
    assert.deepStrictEqual([status, findings, foreignCount], [0, [], 0])
  })

  it("shows a line that was cut into as a violation of G11, with its place and its text", async () => {
    const log = fileOf("cut.ndjson", sound.replace("\n", '\n{"message":{"_tag":"Run{"message":\n'))
    const { findings, status } = await told(log)
    assert.deepStrictEqual(
      [status, findings.map(({ guarantee, quotes }) => [guarantee, quotes])],
      [1, [["G11", [{ place: `${log}:2`, text: '{"message":{"_tag":"Run{"message":' }]]]]
    )
  })

  it("reads standard input", async () => {
    const { out, status } = await spawned(["inspect", "-", "--json"], { input: plantedLog() })
    assert.deepStrictEqual([status, (JSON.parse(out) as Told).findings.length], [1, 10])
  })

  it("reads several logs as one, in the order of time", async () => {
    // The log of the host that comes later is given first.
    const linesOf = ({ ended, settled, started, written }: ReturnType<typeof run>, hostId: string, at: number) =>
      [started({ key: "k" }), ended(), written(), settled()]
        .map((draft, index) => entry(at + 10 * index, { ...draft, hostId }))
        .join("\n")
    const first = fileOf("first.ndjson", linesOf(run(1), host, 0))
    const after = fileOf("after.ndjson", linesOf(run(2), other, 100))
    assert.deepStrictEqual((await told(after, first)).findings, [])
    const between = fileOf("between.ndjson", linesOf(run(2), other, 5))
    const { findings } = await told(between, first)
    assert.deepStrictEqual(
      findings.map(({ guarantee, runId }) => [guarantee, runId]),
      [["G8", idOf(2)]]
    )
  })

  it("judges and shows one run alone with --run", async () => {
    const log = fileOf("one.ndjson", plantedLog())
    const { findings, status, timeline } = await told("--run", idOf(4), log)
    assert.deepStrictEqual([status, findings.map(({ guarantee }) => guarantee)], [1, ["G4"]])
    assert.deepStrictEqual(
      timeline.map(({ text }) => JSON.parse(text)._tag),
      ["RunStarted", "WorkEnded", "Settled", "VerdictWritten"]
    )
    assert.strictEqual((await told("--run", idOf(102), log)).status, 0)
  })

  it("demands an end of every run with --final", async () => {
    const log = fileOf("open.ndjson", logOf(hostStarted, run(1).started()))
    assert.strictEqual((await told(log)).status, 0)
    const { findings } = await told("--final", log)
    assert.deepStrictEqual(
      findings.map(({ guarantee }) => guarantee),
      ["G5"]
    )
  })

  it("inspects a log of 50 MB in a heap of 64 MB", async () => {
    const file = join(directory, "long.ndjson")
    const runCount = writeLongLog(file, 50_000_000)
    const { error, out, status } = await spawned(["inspect", "--json", file], {
      nodeOptions: ["--max-old-space-size=64"]
    })
    assert.deepStrictEqual([status, error], [0, ""])
    const report = JSON.parse(out) as Told
    assert.deepStrictEqual([report.runCount, report.findings], [runCount, []])
  })

  it("writes a page with --html", async () => {
    const page = join(directory, "report.html")
    const { status } = await holdfast(["inspect", "--html", page, fileOf("page.ndjson", plantedLog())])
    assert.strictEqual(status, 1)
    assert.match(readFileSync(page, "utf8"), /10 violations/)
  })
})

describe("holdfast inspect, given what it cannot use", () => {
  const unusable: ReadonlyArray<readonly [string, ReadonlyArray<string>, RegExp]> = [
    ["a file that is not there", [join(directory, "none.ndjson")], /There is no log ".*none.ndjson"/],
    ["a directory", [directory], /is a directory/],
    ["a log of somebody else", [fileOf("other.ndjson", '{"message":"hello"}\n')], /no line of a Holdfast kernel/],
    ["an empty log", [fileOf("empty.ndjson", "")], /no line of a Holdfast kernel/],
    [
      "a binary file",
      [fileOf("noise.ndjson", '\u0000\u0001\n{\u0002\n\ufffd"holdfast"\n')],
      /no line of .*noise.ndjson:2: not JSON/
    ],
    [
      "a database as a log",
      [fileOf("runs.db", `SQLite format 3\u0000${"\u0000".repeat(4_000)}`)],
      /no line of a Holdfast/
    ],
    ["a log without a name", [""], /There is no log ""/],
    ["no log", [], /Missing argument/],
    ["an option that it does not have", ["--jsn", fileOf("a.ndjson", sound)], /no option "--jsn"/],
    ["a run id that is none", ["--run", "seven", fileOf("b.ndjson", sound)], /"seven" is no run id/],
    ["a run that is not in the log", ["--run", idOf(77), fileOf("c.ndjson", sound)], /no line of run/],
    [
      "a database that is not there",
      ["--database", "none.db", fileOf("d.ndjson", sound)],
      /no database file "none.db"/
    ],
    [
      "a database of another system",
      ["--database", "mysql://u:secret@h/d", fileOf("e.ndjson", sound)],
      /"mysql:" is no database/
    ],
    [
      "a page that cannot be written",
      ["--html", join(directory, "no", "x.html"), fileOf("f.ndjson", sound)],
      /cannot be written/
    ]
  ]
  for (const [what, args, sentence] of unusable) {
    it(`${what}: one sentence and exit 2`, async () => {
      const { error, out, status } = await holdfast(["inspect", ...args])
      assert.strictEqual(status, 2)
      assert.strictEqual(out, "")
      assert.match(error, sentence)
      assert.notMatch(error, /^\s+at |secret/m)
      assert.strictEqual(error.trim().split("\n").length, 1)
    })
  }
})
