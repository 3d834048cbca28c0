/**
 * The verdict journal on real files: what was appended is there after the process, whatever becomes of it, and what cannot
 * be read or written is told of.
 *
 * @since 0.1.0
 */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import type * as Scope from "effect/Scope"
import * as ProcessIdentity from "../../src/internal/hosts/processIdentity.js"
import { lineOf, read } from "../../src/internal/journal/journalLines.js"
import type { JournalFailure } from "../../src/RunError.js"
import { HostId, RunId } from "../../src/RunId.js"
import type { Settlement } from "../../src/RunStore.js"
import * as VerdictJournal from "../../src/VerdictJournal.js"

const hostId = HostId.make("01900000-0000-7000-8000-0000000000aa")
const idOf = (number: number) => RunId.make(`01900000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`)

const settlementOf = (number: number, more: Partial<Settlement> = {}): Settlement => ({
  id: idOf(number),
  hostId,
  attempt: 1,
  token: `${hostId}:1`,
  status: "completed",
  workOutcome: "succeeded",
  finishedAt: number,
  result: JSON.stringify(`page ${number}, ünïcode\n`),
  error: null,
  cancelRequestedAt: null,
  cancelReason: null,
  ...more
})
const entryOf = (number: number, more?: Partial<Settlement>): VerdictJournal.Entry => ({
  _tag: "Settlement",
  settlement: settlementOf(number, more)
})
const tombstoneOf = (number: number): VerdictJournal.Entry => ({
  _tag: "Tombstone",
  run: {
    id: idOf(number),
    name: "import",
    key: "one",
    idempotencyKey: "two",
    payload: "{}",
    payloadHash: "hash",
    hostId,
    attemptMax: 1,
    onHostExit: "fail",
    createdAt: 1
  },
  settlement: settlementOf(number, { status: "failed", workOutcome: "notStarted", result: null })
})

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-journal-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

type Service = typeof VerdictJournal.VerdictJournal.Service
type Use<A> = (journal: Service) => Effect.Effect<A, JournalFailure, FileSystem.FileSystem | Scope.Scope>

/** One life of a journal. */
const opened =
  (path: string, options: Partial<VerdictJournal.FileOptions> = {}) =>
  <A>(use: Use<A>) =>
    Effect.scoped(
      Effect.flatMap(Layer.build(VerdictJournal.layerFile({ directory: path, ...options })), (context) =>
        Effect.flatMap(Effect.provide(VerdictJournal.VerdictJournal, context), use)
      )
    )

const numbersIn = (journal: Service) =>
  Effect.map(journal.pending, (pending) => pending.map(({ entry }) => entry.settlement.finishedAt))

/** As a process leaves it that is killed: the file has the name of a process that is gone. */
const killed = (path: string) =>
  Effect.map(ProcessIdentity.own, (own) => {
    const [pid, began, boot] = own.split("-")
    for (const file of readdirSync(path)) {
      const name = file.replace(/\.(?:free|\d+-\d+-[0-9a-f]+)\./, `.${pid}-${Number(began) + 1}-${boot}.`)
      if (name !== file) renameSync(join(path, file), join(path, name))
    }
  })

const it_ = (name: string, program: Effect.Effect<void, unknown, FileSystem.FileSystem | Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(program, NodeFileSystem.layer))

/** The file system, with a fault at some of its calls. */
const faulty = (
  fault: (
    call: "open" | "writeAll" | "sync" | "rename" | "remove" | "makeDirectory",
    path: string
  ) => string | undefined
) =>
  Layer.function(FileSystem.FileSystem, FileSystem.FileSystem, (files): FileSystem.FileSystem => {
    const failing = (call: Parameters<typeof fault>[0], path: string) =>
      Effect.suspend(() => {
        const code = fault(call, path)
        if (code === undefined) return Effect.void
        const cause = Object.assign(new Error(`${code}: ${call}`), { code })
        return Effect.fail(
          new SystemError({ module: "FileSystem", method: call, reason: "Unknown", pathOrDescriptor: path, cause })
        )
      })
    return {
      ...files,
      makeDirectory: (path, options) =>
        Effect.zipRight(failing("makeDirectory", path), files.makeDirectory(path, options)),
      rename: (from, to) => Effect.zipRight(failing("rename", from), files.rename(from, to)),
      remove: (path, options) => Effect.zipRight(failing("remove", path), files.remove(path, options)),
      open: (path, options) =>
        Effect.zipRight(
          failing("open", path),
          Effect.map(files.open(path, options), (file) =>
            Object.create(file, {
              writeAll: {
                value: (bytes: Uint8Array) =>
                  Effect.catchAll(failing("writeAll", path), (failure) =>
                    // Half of it gets to the disk.
                    Effect.zipRight(file.writeAll(bytes.subarray(0, bytes.length >> 1)), Effect.fail(failure))
                  ).pipe(Effect.zipRight(file.writeAll(bytes)))
              },
              sync: { get: () => Effect.zipRight(failing("sync", path), file.sync) }
            })
          )
        )
    }
  }).pipe(Layer.provide(NodeFileSystem.layer))

describe("the verdict journal", () => {
  it_(
    "gives back what was appended, settlements and tombstones, and not what was forgotten",
    Effect.gen(function* () {
      const path = yield* directory
      yield* opened(path)((journal) =>
        Effect.gen(function* () {
          yield* journal.append([entryOf(1), entryOf(2), tombstoneOf(3)])
          yield* journal.append([entryOf(2, { status: "cancelled" })])
          yield* journal.forget([settlementOf(1)])
        })
      )
      yield* opened(path)((journal) =>
        Effect.gen(function* () {
          const pending = yield* journal.pending
          // A forgotten entry may come back, until the file is written anew.
          assert.deepStrictEqual(
            pending.filter(({ entry }) => entry.settlement.id !== idOf(1)).map(({ entry }) => entry),
            [tombstoneOf(3), entryOf(2, { status: "cancelled" })]
          )
          assert.isFalse(pending.some(({ isOwnerGone }) => isOwnerGone))
          yield* journal.forget(pending.map(({ entry }) => entry.settlement))
        })
      )
      assert.deepStrictEqual(readdirSync(path), [])
    })
  )

  it_(
    "tells runs apart that have the same token, and attempts of one run",
    Effect.gen(function* () {
      const path = yield* directory
      yield* opened(path)((journal) =>
        journal.append([entryOf(1), entryOf(2), entryOf(1, { attempt: 2, token: `${hostId}:2` })])
      )
      yield* opened(path)((journal) =>
        Effect.gen(function* () {
          yield* journal.forget([settlementOf(1)])
          const left = (yield* journal.pending).map(({ entry }) => [entry.settlement.id, entry.settlement.attempt])
          assert.deepStrictEqual<unknown>(left, [
            [idOf(2), 1],
            [idOf(1), 2]
          ])
        })
      )
    })
  )

  it_(
    "takes over the file of a process that was killed, and says that it is gone",
    Effect.gen(function* () {
      const path = yield* directory
      const name = yield* opened(path)((journal) => Effect.as(journal.append([entryOf(1)]), journal.name))
      yield* killed(path)
      yield* opened(path)((journal) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* journal.pending, [{ entry: entryOf(1), isOwnerGone: true }])
          assert.deepStrictEqual(journal.found, { journals: [name], torn: 0, rejected: [] })
        })
      )
    })
  )

  it_(
    "leaves the file of a process that is there to it, and each takes one that was left: never both",
    Effect.gen(function* () {
      const path = yield* directory
      yield* opened(path)((journal) => journal.append([entryOf(1)]))
      yield* opened(path)((first) =>
        Effect.gen(function* () {
          yield* first.append([entryOf(2)])
          yield* opened(path)((second) =>
            Effect.gen(function* () {
              assert.deepStrictEqual(yield* numbersIn(second), [])
              yield* second.append([entryOf(3)])
            })
          )
          assert.deepStrictEqual(yield* numbersIn(first), [1, 2])
        })
      )
      const both = yield* Effect.all([opened(path)(held), opened(path)(held)], { concurrency: 2 })
      assert.deepStrictEqual([...both.flat()].sort(), [1, 2, 3])
    })
  )

  it_(
    "cuts off a last line that is torn, wherever it is, and keeps all before it",
    Effect.gen(function* () {
      const whole = [1, 2].map((number) => lineOf(entryOf(number))).join("")
      const bytes = new TextEncoder().encode(whole)
      const first = new TextEncoder().encode(lineOf(entryOf(1))).length
      for (let length = first; length < bytes.length; length++) {
        const { bad, entries, isTorn } = read(new TextDecoder().decode(bytes.subarray(0, length)))
        const isWhole = length >= bytes.length - 1
        assert.deepStrictEqual([bad.length, entries.length, isTorn], [0, isWhole ? 2 : 1, length > first && !isWhole])
      }
      const path = yield* directory
      yield* opened(path)((journal) => journal.append([entryOf(1), entryOf(2)]))
      const [file = ""] = readdirSync(path)
      writeFileSync(join(path, file), bytes.subarray(0, bytes.length - 20))
      yield* opened(path)((journal) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* numbersIn(journal), [1])
          assert.deepStrictEqual([journal.found.torn, journal.found.rejected.length], [1, 0])
        })
      )
    })
  )

  it_(
    "sets aside every other line that it cannot read, with its number and the reason",
    Effect.gen(function* () {
      const path = yield* directory
      yield* opened(path)((journal) => journal.append([entryOf(1)]))
      const [file = ""] = readdirSync(path)
      const strange = [
        '{"a":"foreign line"}',
        "no JSON at all",
        lineOf(entryOf(2)).trimEnd().replace("succeeded", "failed"),
        lineOf(entryOf(3)).trimEnd().replace('"holdfastJournal":1', '"holdfastJournal":7'),
        lineOf(entryOf(4, { attempt: 1.5 })).trimEnd()
      ]
      writeFileSync(join(path, file), [...strange, lineOf(entryOf(5))].join("\n"), { flag: "a" })
      const rejected = yield* opened(path)((journal) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* numbersIn(journal), [1, 5])
          const pending = yield* journal.pending
          yield* journal.forget(pending.map(({ entry }) => entry.settlement))
          return journal.found.rejected
        })
      )
      assert.deepStrictEqual(
        rejected.map(({ lineNumber }) => lineNumber),
        [2, 3, 4, 5, 6]
      )
      const reasons = [/no holdfastJournal/, /not JSON/, /wrong checksum/, /expected version 1, found 7/, /attempt/]
      for (const [index, { reason }] of rejected.entries()) assert.match(reason, reasons[index] ?? /never/)
      const [aside = "", ...others] = readdirSync(path)
      assert.deepStrictEqual([others.length, join(path, aside)], [0, rejected[0]?.keptIn ?? ""])
      const kept = readFileSync(join(path, aside), "utf8").trimEnd().split("\n")
      assert.deepStrictEqual(
        kept.map((line) => JSON.parse(line).line),
        strange
      )
    })
  )

  it_(
    "notices every change of a byte in a line",
    Effect.sync(() => {
      const line = lineOf(entryOf(1)).trimEnd()
      for (let at = 0; at < line.length; at++) {
        const other = line[at] === "0" ? "1" : "0"
        const { bad, entries } = read(`${line.slice(0, at)}${other}${line.slice(at + 1)}\n`)
        assert.deepStrictEqual([bad.length, entries.length], [1, 0], `at ${at}`)
      }
    })
  )

  it_(
    "keeps an entry aside that no replay can write",
    Effect.gen(function* () {
      const path = yield* directory
      yield* opened(path)((journal) => journal.append([entryOf(1)]))
      yield* opened(path)((journal) => journal.setAside(entryOf(1), "the row says failed"))
      const [file = "", ...others] = readdirSync(path)
      assert.deepStrictEqual(others, [])
      const { line, reason } = JSON.parse(readFileSync(join(path, file), "utf8"))
      assert.deepStrictEqual([`${line}\n`, reason], [lineOf(entryOf(1)), "the row says failed"])
    })
  )

  it_(
    "stays small: a file that is mostly forgotten is written anew, and an empty one is removed",
    Effect.gen(function* () {
      const path = yield* directory
      yield* opened(path, { rewriteFromBytes: 4_000 })((journal) =>
        Effect.gen(function* () {
          yield* journal.append([entryOf(0)])
          for (let number = 1; number <= 200; number++) {
            yield* journal.append([entryOf(number)])
            yield* journal.forget([settlementOf(number)])
            const [file = ""] = readdirSync(path)
            assert.isBelow(readFileSync(join(path, file)).length, 5_000)
          }
          const [file = "", ...others] = readdirSync(path)
          assert.deepStrictEqual(others, [])
          assert.deepStrictEqual(read(readFileSync(join(path, file), "utf8")).entries[0], entryOf(0))
          yield* journal.forget([settlementOf(0)])
          assert.deepStrictEqual(readdirSync(path), [])
          yield* journal.append([entryOf(7)])
        })
      )
      yield* opened(path)((journal) =>
        Effect.map(numbersIn(journal), (numbers) => assert.deepStrictEqual(numbers, [7]))
      )
    })
  )

  it_(
    "writes all that it needs again where somebody has removed its file",
    Effect.gen(function* () {
      const path = yield* directory
      yield* opened(path)((journal) =>
        Effect.gen(function* () {
          yield* journal.append([entryOf(1)])
          unlinkSync(join(path, readdirSync(path)[0] ?? ""))
          yield* journal.append([entryOf(2)])
        })
      )
      yield* opened(path)((journal) =>
        Effect.map(numbersIn(journal), (numbers) => assert.deepStrictEqual(numbers, [1, 2]))
      )
    })
  )

  it_(
    "removes what a rewriting left that was never finished",
    Effect.gen(function* () {
      const path = yield* directory
      yield* opened(path)((journal) => journal.append([entryOf(1)]))
      const [file = ""] = readdirSync(path)
      writeFileSync(join(path, file.replace("ndjson", "new")), "half a")
      yield* killed(path)
      writeFileSync(join(path, "notes.txt"), "not ours")
      yield* opened(path)((journal) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* numbersIn(journal), [1])
          assert.deepStrictEqual(
            readdirSync(path).filter((name) => name.endsWith("new")),
            []
          )
        })
      )
      assert.include(readdirSync(path), "notes.txt")
    })
  )
})

const held: Use<ReadonlyArray<number>> = (journal) => Effect.zipLeft(numbersIn(journal), Effect.sleep("20 millis"))

describe("on a disk that fails, the verdict journal", () => {
  const faultAt = (call: string, code: string) => {
    let isFailing = false
    let fired = 0
    const layer = faulty((one, path) => {
      if (!isFailing || one !== call || !/\.(?:ndjson|new)$/.test(path)) return undefined
      fired++
      return code
    })
    return { layer, fired: () => fired, set: (value: boolean) => Effect.sync(() => (isFailing = value)) }
  }

  for (const [call, code] of [
    ["open", "EACCES"],
    ["writeAll", "ENOSPC"],
    ["sync", "EIO"]
  ] as const) {
    it.scopedLive(`fails an append with ${code} at ${call}, loses nothing, and goes on when it can`, () => {
      const { fired, layer, set } = faultAt(call, code)
      return Effect.gen(function* () {
        const path = yield* directory
        yield* opened(path)((journal) =>
          Effect.gen(function* () {
            yield* journal.append([entryOf(1)])
            yield* set(true)
            for (let attempt = 1; attempt <= 2; attempt++) {
              const failure = yield* Effect.orDie(Effect.flip(journal.append([entryOf(2)])))
              assert.deepStrictEqual(
                [failure._tag, failure.operation, failure.code],
                ["JournalFailure", "append", code]
              )
              assert.include(failure.message, code)
            }
            assert.strictEqual(fired(), 2)
            yield* set(false)
            assert.deepStrictEqual(yield* numbersIn(journal), [1])
            yield* journal.append([entryOf(3)])
          })
        )
        yield* opened(path)((journal) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* numbersIn(journal), [1, 3])
            assert.deepStrictEqual([journal.found.torn, journal.found.rejected.length], [0, 0])
          })
        )
      }).pipe(Effect.provide(layer))
    })
  }

  it.scopedLive(
    "has every append that succeeded, and nothing garbled, wherever its process is killed",
    () =>
      Effect.gen(function* () {
        let kills = 0
        for (let isOver = false; !isOver; kills++) {
          const path = yield* directory
          let operations = 0
          // From the fatal operation on nothing reaches the disk any more, but for the half of a write.
          const layer = faulty((_, at) => (at.startsWith(path) && ++operations > kills ? "KILLED" : undefined))
          const needed = new Set<number>()
          const life = Effect.gen(function* () {
            const journal = yield* VerdictJournal.VerdictJournal
            for (let number = 1; number <= 12; number++) {
              const numbers = [0, 100, 200, 300, 400, 500].map((hundreds) => hundreds + number)
              yield* journal.append(numbers.map((one) => entryOf(one)))
              for (const one of numbers) needed.add(one)
              const written = numbers.slice(number % 4 === 0 ? 1 : 0)
              for (const one of written) needed.delete(one)
              yield* journal.forget(written.map((one) => settlementOf(one)))
            }
          }).pipe(Effect.provide(VerdictJournal.layerFile({ directory: path, rewriteFromBytes: 900 })))
          const exit = yield* Effect.exit(Effect.provide(life, layer))
          isOver = exit._tag === "Success" && operations <= kills
          yield* killed(path)
          yield* opened(path)((journal) =>
            Effect.gen(function* () {
              const numbers = yield* numbersIn(journal)
              assert.isEmpty(journal.found.rejected, `killed at ${kills}`)
              const missing = [...needed].filter((number) => !numbers.includes(number))
              assert.deepStrictEqual(missing, [], `killed at ${kills}`)
            })
          ).pipe(Effect.provide(NodeFileSystem.layer))
        }
        assert.isAbove(kills, 40)
        yield* Effect.log(`killed at each of ${kills - 1} operations on the disk`)
      }).pipe(Effect.provide(Logger.minimumLogLevel(LogLevel.Error)), Effect.provide(NodeFileSystem.layer)),
    60_000
  )

  it.scopedLive("keeps the old file where a rewriting fails", () => {
    const { fired, layer, set } = faultAt("rename", "EIO")
    return Effect.gen(function* () {
      const path = yield* directory
      yield* opened(path, { rewriteFromBytes: 1 })((journal) =>
        Effect.gen(function* () {
          yield* journal.append([1, 2, 3, 4, 5, 6].map((number) => entryOf(number)))
          yield* set(true)
          const failure = yield* Effect.orDie(
            Effect.flip(journal.forget([1, 2, 3, 4, 5].map((number) => settlementOf(number))))
          )
          assert.deepStrictEqual([failure.operation, failure.code, fired()], ["forget", "EIO", 1])
          yield* set(false)
          yield* journal.append([entryOf(7)])
        })
      )
      yield* opened(path)((journal) =>
        Effect.map(numbersIn(journal), (numbers) => assert.includeMembers([...numbers], [6, 7]))
      )
    }).pipe(Effect.provide(layer))
  })

  it.scopedLive("keeps bad lines where they are if they can be kept nowhere else, and tells of them again", () => {
    const layer = faulty((call, path) => (call === "open" && path.endsWith(".rejected") ? "ENOSPC" : undefined))
    return Effect.gen(function* () {
      const path = yield* directory
      yield* Effect.provide(
        opened(path)((journal) => journal.append([entryOf(1)])),
        NodeFileSystem.layer
      )
      const [file = ""] = readdirSync(path)
      writeFileSync(join(path, file), "strange\n", { flag: "a" })
      for (let life = 1; life <= 2; life++) {
        yield* opened(path)((journal) =>
          Effect.gen(function* () {
            const [rejected] = journal.found.rejected
            assert.deepStrictEqual([rejected?.lineNumber, rejected?.keptIn], [2, rejected?.file])
            yield* journal.forget([settlementOf(1)])
          })
        )
      }
      assert.include(readFileSync(join(path, readdirSync(path)[0] ?? ""), "utf8"), "strange")
    }).pipe(Effect.provide(layer))
  })

  it.scopedLive("does not open where its directory cannot be made, and says so", () =>
    Effect.gen(function* () {
      const path = yield* directory
      const failure = yield* Effect.flip(opened(path)(() => Effect.void))
      assert.deepStrictEqual([failure._tag, failure.operation, failure.code], ["JournalFailure", "open", "EACCES"])
      assert.include(failure.message, path)
    }).pipe(Effect.provide(faulty((call) => (call === "makeDirectory" ? "EACCES" : undefined))))
  )

  it_(
    "takes nothing any more when it is closed",
    Effect.gen(function* () {
      const path = yield* directory
      const journal = yield* opened(path)(Effect.succeed)
      assert.match((yield* Effect.flip(journal.append([entryOf(1)]))).message, /closed/)
      assert.deepStrictEqual(readdirSync(path), [])
    })
  )
})

describe("a process", () => {
  it_(
    "is there itself, and is not what had its number before, or what ran before the machine was started",
    Effect.gen(function* () {
      const own = yield* ProcessIdentity.own
      assert.match(own, new RegExp(`^${ProcessIdentity.format.source}$`))
      const [pid, began, boot] = own.split("-")
      const gone = [own, `${pid}-${Number(began) + 1}-${boot}`, `${pid}-${began}-ffffffff`, `4194305-${began}-${boot}`]
      assert.deepStrictEqual(yield* Effect.forEach(gone, ProcessIdentity.isGone), [false, true, true, true])
      // Where the system does not tell when a process began, its number has to do.
      const layer = FileSystem.layerNoop({})
      const [blind, nobody] = yield* Effect.provide(
        Effect.gen(function* () {
          const blind = yield* ProcessIdentity.own
          return [yield* ProcessIdentity.isGone(blind), yield* ProcessIdentity.isGone("4194305-0-0")]
        }),
        layer
      )
      assert.deepStrictEqual([blind, nobody], [false, true])
    })
  )
})
