/**
 * A log that is read as a stream, its runs let go as early as can be, is judged as one that is in memory as a
 * whole: over drawn logs, in which anything may follow anything.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { inspect } from "../../src/cli/inspection.js"
import * as LineSplitter from "../../src/cli/lineSplitter.js"
import { RunHistory } from "../../src/index.js"
import { type Draft, entry, failure, host, hostStarted, hostStopped, idOf, other, run } from "./logs.js"
import { folder } from "./program.js"

const directory = folder()

const status = fc.constantFrom("completed", "failed", "cancelled")
const ofRun = (number: number): fc.Arbitrary<Draft> => {
  const { ended, settled, started, told, written } = run(number)
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(started(), started({ key: "a" }), started({ key: "b" })) },
    fc.constantFrom(ended(), ended("interrupted"), ended("failed", { reason: "WorkFailed" })),
    fc
      .tuple(status, fc.constantFrom("Applied", "AlreadyApplied", "NoOp"))
      .map(([is, outcome]) => written(is, { outcome })),
    { weight: 3, arbitrary: status.map((is) => settled(is)) },
    fc.constantFrom(
      told("CancelRequested"),
      told("CancelAnswered", { answer: "Requested", durable: true }),
      told("CancelAnswered", { answer: "AlreadyTerminal", status: "failed" }),
      told("VerdictParked", { verdict: "completed", attempts: 3, failure }),
      told("StartFailed", { name: "import", error: "StoreFailure", message: "", abandoned: false }),
      told("RunRecovered", { name: "import", status: "failed", previousHostId: host })
    ),
    fc.boolean().map((inDoubt) => ({
      _tag: "WriteFailed",
      failure: { ...failure, inDoubt },
      rows: 1,
      runIds: [idOf(number)],
      attempt: 1,
      retryInMillis: 50
    }))
  )
}
const drafts = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 5 }).chain(ofRun), fc.constantFrom(host, other))
    .map(([draft, hostId]) => ({ ...draft, hostId })),
  { minLength: 20, maxLength: 60 }
)

const key = ({
  expected,
  found,
  guarantee,
  runId
}: Pick<RunHistory.Violation, "expected" | "found" | "guarantee" | "runId">) =>
  [guarantee, runId, expected, found].join(" ")

describe("a log that is streamed", () => {
  it("is judged as one that is in memory, however early its runs are let go", async () => {
    let scattered = 0
    await fc.assert(
      fc.asyncProperty(drafts, fc.integer({ min: 0, max: 3 }), async (some, endedMax) => {
        const lines = [hostStarted, ...some, hostStopped].map((draft, index) => entry(10 * index, draft))
        const path = join(directory, "drawn.ndjson")
        writeFileSync(path, `${lines.join("\n")}\n`)
        const history = RunHistory.fromLog(lines.join("\n"))
        const options = { runId: undefined, isFinal: false, rowsOf: undefined, entryMax: 0, endedMax }
        const { report } = await Effect.runPromise(
          Effect.provide(inspect([{ name: "drawn", path }], options), NodeContext.layer)
        )
        assert.sameMembers(report.findings.map(key), RunHistory.check(history).map(key))
        assert.strictEqual(report.runCount, history.timelines.size)
        const checker = RunHistory.makeChecker({ endedMax })
        for (const line of history.lines) checker.add(line)
        scattered += checker.scattered.size
      }),
      { numRuns: 300, seed: 5 }
    )
    assert.isAbove(scattered, 100, "lines that come after their run was let go were drawn")
  })
})

describe("the line splitter", () => {
  it("gives the lines of a file, wherever its chunks end", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.array(fc.nat(40)), (texts, cuts) => {
        const lines = texts.map((text) => text.replaceAll("\n", ""))
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""))
        const splitter = LineSplitter.make()
        const found: Array<string | undefined> = []
        let from = 0
        for (const length of [...cuts, bytes.length]) {
          found.push(...splitter.push(bytes.subarray(from, from + length)).map(({ text }) => text))
          from += length
        }
        found.push(...splitter.end().map(({ text }) => text))
        assert.deepStrictEqual(found, lines)
      })
    )
  })

  it("keeps no line that is longer than its bound, and goes on after it", () => {
    const splitter = LineSplitter.make()
    const chunk = Buffer.alloc(1024 * 1024, "x")
    for (let sent = 0; sent <= LineSplitter.lineBytesMax; sent += chunk.length) splitter.push(chunk)
    assert.deepStrictEqual(splitter.push(Buffer.from("\nshort\n")), [
      { number: 1, text: undefined, isLast: false },
      { number: 2, text: "short", isLast: false }
    ])
  })
})
