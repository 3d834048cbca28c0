/**
 * The kernel and its verdict journal: what is replayed at a start, in which order, and what a journal that fails costs.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { RunHistory, RunId, RunKernel, type RunLog, RunMetrics, RunStore, VerdictJournal } from "../../src/index.js"
import { makeFrom } from "../../src/internal/store/memoryStore.js"
import { emptyTables } from "../../src/internal/store/memoryTables.js"
import { failure, type Store } from "./onStage.js"

const former = RunId.HostId.make("01900000-0000-7000-8000-0000000000aa")
const idOf = (number: number) => RunId.RunId.make(`01900000-0000-7000-8000-${String(number).padStart(12, "0")}`)

const settlementOf = (number: number, more: Partial<RunStore.Settlement> = {}): RunStore.Settlement => ({
  id: idOf(number),
  hostId: former,
  attempt: 1,
  token: `${former}:1`,
  status: "completed",
  workOutcome: "succeeded",
  finishedAt: 1,
  result: null,
  error: null,
  cancelRequestedAt: null,
  cancelReason: null,
  ...more
})

const entryOf = (settlement: RunStore.Settlement): VerdictJournal.Entry => ({ _tag: "Settlement", settlement })

/** A database as a former host has left it, with these runs, and a journal on which it had some of their verdicts. */
const stage = (options: {
  readonly runs: ReadonlyArray<number>
  readonly journaled: ReadonlyArray<RunStore.Settlement>
  readonly isOwnerGone?: boolean
  readonly change?: (store: Store) => Partial<Store>
  readonly changeJournal?: (journal: typeof VerdictJournal.VerdictJournal.Service) => object
}) =>
  Effect.gen(function* () {
    const tables = emptyTables()
    const store = makeFrom(tables)
    const times = { registeredAt: 0, leaseUntil: 60_000, leaseMillis: 60_000 }
    yield* store.registerHost({ hostId: former, pid: 1, bootId: null, processStartedAt: null, ...times })
    yield* store.insert(
      options.runs.map((number) => ({
        id: idOf(number),
        name: "import",
        key: null,
        idempotencyKey: null,
        payload: null,
        payloadHash: null,
        hostId: former,
        attemptMax: 1,
        onHostExit: "fail",
        createdAt: 0
      }))
    )
    const disk = VerdictJournal.makeDisk()
    const journal = yield* Effect.provide(VerdictJournal.VerdictJournal, VerdictJournal.layerMemory(disk))
    yield* journal.append(options.journaled.map(entryOf))
    const asked: Array<string> = []
    const watched = Object.fromEntries(
      Object.entries({ ...store, ...options.change?.(store) }).map(([name, operation]) => [
        name,
        typeof operation === "function"
          ? (input: never) =>
              Effect.suspend(() => {
                const host = (input as { readonly hostId?: string })?.hostId ?? input
                asked.push(host === former ? `${name} former` : name)
                return (operation as (input: never) => Effect.Effect<unknown, unknown>)(input)
              })
          : operation
      ])
    ) as unknown as Store
    const log: Array<string> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.map(Logger.jsonLogger, (line) => void log.push(line))
    )
    const lines = <Tag extends RunLog.Line["_tag"]>(tag: Tag) =>
      RunHistory.fromLog(log.join("\n")).lines.flatMap((line) =>
        line._tag === tag ? [line as Extract<RunLog.Line, { readonly _tag: Tag }>] : []
      )
    const open = (settings: RunKernel.Options = {}) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
        const opened = yield* Effect.provide(VerdictJournal.VerdictJournal, VerdictJournal.layerMemory(disk))
        const given = {
          ...opened,
          pending: Effect.map(opened.pending, (pending) =>
            pending.map(({ entry }) => ({ entry, isOwnerGone: options.isOwnerGone ?? true }))
          ),
          ...options.changeJournal?.(opened)
        }
        const layer = RunKernel.layer({ shutdownGrace: 0, ...settings }).pipe(
          Layer.provide(Layer.succeed(RunStore.RunStore, watched)),
          Layer.provide(Layer.succeed(VerdictJournal.VerdictJournal, given)),
          Layer.provideMerge(logger)
        )
        const kernel = yield* Effect.provide(RunKernel.RunKernel, yield* Layer.buildWithScope(layer, scope))
        return { kernel, close: Scope.close(scope, Exit.void) }
      })
    const rows = (...numbers: ReadonlyArray<number>) =>
      numbers.map((number) => {
        const row = tables.runs.get(idOf(number))
        return [row?.status, row?.workOutcome]
      })
    return { tables, disk, asked, lines, open, rows }
  })

describe("a start with a journal", () => {
  it.scoped("holds the lease of its former self, replays, lets go, and judges only then", () =>
    Effect.gen(function* () {
      const { asked, open, rows, tables } = yield* stage({ runs: [1, 2], journaled: [settlementOf(1)] })
      yield* open()
      assert.deepStrictEqual(
        [...asked],
        [
          ...["registerHost", "renewHost former", "settle", "removeHost former"],
          // Its process is gone, and it left an active run: nobody waits for its lease.
          ...["fence former", "takeOver", "ownedBy former"]
        ]
      )
      assert.strictEqual(tables.hosts.get(former)?.state, "fenced")
      assert.deepStrictEqual(rows(1, 2), [
        ["completed", "succeeded"],
        ["failed", "unknown"]
      ])
    })
  )

  it.scoped("leaves the row of a host that closed in good order to its lease: its work may go on", () =>
    Effect.gen(function* () {
      const { asked, open, rows } = yield* stage({ runs: [1, 2], journaled: [settlementOf(1)], isOwnerGone: false })
      yield* open()
      assert.deepStrictEqual([...asked], ["registerHost", "settle"])
      assert.deepStrictEqual(rows(1, 2), [
        ["completed", "succeeded"],
        ["running", null]
      ])
    })
  )

  it.scoped("does not come up while the database takes no verdicts, and keeps them all", () =>
    Effect.gen(function* () {
      let isAway = true
      const { disk, lines, open, rows } = yield* stage({
        runs: [1, 2],
        journaled: [settlementOf(1), settlementOf(2)],
        change: (store) => ({
          settle: (settlements) => Effect.suspend(() => (isAway ? Effect.fail(failure()) : store.settle(settlements)))
        })
      })
      const before = disk.text
      const opening = yield* Effect.fork(Effect.flip(open()))
      yield* TestClock.adjust("20 seconds")
      assert.deepInclude(yield* Fiber.join(opening), { _tag: "StoreFailure", operation: "settle" })
      assert.deepStrictEqual([disk.text, rows(1, 2)], [before, rows(3, 3).map(() => ["running", null])])
      assert.isEmpty(lines("RunRecovered"))
      isAway = false
      yield* open()
      assert.deepStrictEqual(rows(1, 2), [
        ["completed", "succeeded"],
        ["completed", "succeeded"]
      ])
      assert.strictEqual(disk.text, "")
    })
  )

  it.scoped("replays what it can where one verdict is refused, and keeps that one", () =>
    Effect.gen(function* () {
      const { disk, lines, open, rows } = yield* stage({
        runs: [1, 2, 3],
        journaled: [settlementOf(1), settlementOf(2), settlementOf(3, { result: '"large"' })],
        change: (store) => ({
          settle: (settlements) => {
            if (settlements.some(({ id }) => id === idOf(1))) return Effect.fail(failure({ class: "permanent" }))
            return settlements.some(({ result }) => result !== null)
              ? Effect.fail(failure({ class: "permanent", code: "SQLITE_TOOBIG" }))
              : store.settle(settlements)
          }
        })
      })
      yield* open()
      assert.deepStrictEqual(rows(2, 3), [
        ["completed", "succeeded"],
        ["failed", "succeeded"]
      ])
      assert.sameDeepMembers(
        lines("VerdictReplayed").map(({ outcome, runId }) => [runId, outcome]),
        [
          [idOf(1), "Refused"],
          [idOf(2), "Applied"],
          [idOf(3), "Applied"]
        ]
      )
      assert.deepStrictEqual(
        lines("VerdictOverruled").map(({ runId, settlement }) => [runId, settlement.status]),
        [[idOf(1), "completed"]]
      )
      assert.include(disk.text, idOf(1))
      assert.strictEqual(disk.text.trimEnd().split("\n").length, 1)
    })
  )

  it.scoped("replays verdicts of several attempts of one run, each by its own guard", () =>
    Effect.gen(function* () {
      const second = settlementOf(1, { attempt: 2, token: `${former}:2`, status: "failed", workOutcome: "failed" })
      const { disk, lines, open, rows } = yield* stage({ runs: [1], journaled: [second, settlementOf(1)] })
      yield* open()
      assert.deepStrictEqual(rows(1), [["completed", "succeeded"]])
      assert.deepStrictEqual(
        lines("VerdictReplayed").map(({ outcome }) => outcome),
        ["NotMine", "Applied"]
      )
      assert.strictEqual(disk.text, "")
      assert.include(disk.rejected, ":2")
    })
  )

  it.scoped("tells a verdict that was stored already from one whose row is gone, and counts both", () =>
    Effect.gen(function* () {
      const counted = (outcome: string) =>
        Effect.map(Metric.value(Metric.tagged(RunMetrics.replayed, "outcome", outcome)), ({ count }) => count)
      const before = [yield* counted("AlreadyApplied"), yield* counted("NotFound")] as const
      const { disk, lines, open, tables } = yield* stage({ runs: [1], journaled: [settlementOf(1), settlementOf(9)] })
      yield* makeFrom(tables).settle([settlementOf(1)])
      yield* open()
      assert.deepStrictEqual(
        lines("VerdictReplayed").map(({ outcome }) => outcome),
        ["AlreadyApplied", "NotFound"]
      )
      assert.deepStrictEqual(
        lines("VerdictOverruled").map(({ runId }) => runId),
        [idOf(9)]
      )
      assert.strictEqual(disk.text, "")
      assert.include(disk.rejected, "no row")
      const after = [yield* counted("AlreadyApplied"), yield* counted("NotFound")] as const
      assert.deepStrictEqual([after[0] - before[0], after[1] - before[1]], [1, 1])
    })
  )

  it.scoped("makes it cancelled where the row has a cancel by now", () =>
    Effect.gen(function* () {
      const { lines, open, rows, tables } = yield* stage({ runs: [1], journaled: [settlementOf(1)] })
      yield* makeFrom(tables).requestCancel([{ id: idOf(1), requestedAt: 5, reason: null, token: "cancel" }])
      yield* open()
      assert.deepStrictEqual(rows(1), [["cancelled", "succeeded"]])
      const [replayed] = lines("VerdictReplayed")
      assert.deepInclude(replayed, { verdict: "completed", status: "cancelled", outcome: "Applied" })
    })
  )
})

describe("a shutdown with a journal", () => {
  const stuck = { change: () => ({ settle: () => Effect.fail(failure()) }), runs: [], journaled: [] }

  it.scoped("loses no verdict that the journal takes, and tells those that it does not", () =>
    Effect.gen(function* () {
      let isFull = false
      const { disk, lines, open } = yield* stage({
        ...stuck,
        changeJournal: (journal) => ({
          append: (entries: ReadonlyArray<VerdictJournal.Entry>) =>
            Effect.suspend(() => (isFull ? Effect.async<never>(() => {}) : journal.append(entries)))
        })
      })
      for (const full of [false, true]) {
        isFull = full
        const { close, kernel } = yield* open()
        const { id } = yield* kernel.start("import", Effect.succeed(1))
        const closing = yield* Effect.fork(close)
        // A disk that never answers keeps the process for five seconds, not for ever.
        yield* TestClock.adjust("1 millis")
        if (full) yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(closing)
        assert.strictEqual(disk.text.includes(id), !full)
        const told = full ? lines("VerdictLost") : lines("VerdictJournaled")
        assert.deepStrictEqual(
          told.map(({ runId }) => runId),
          [id]
        )
        disk.text = ""
      }
    })
  )
})

describe("a history with a journal", () => {
  const runId = idOf(1)
  const next = RunId.HostId.make("01900000-0000-7000-8000-0000000000bb")
  const line = (fields: object) => ({ holdfast: 1, at: 0, ...fields }) as RunLog.Line
  const journaled = line({
    ...{ _tag: "VerdictJournaled", runId, hostId: former, journal: "j" },
    ...{ verdict: "completed", workOutcome: "succeeded" }
  })
  const read = line({ _tag: "JournalRead", hostId: next, journals: ["j"], entries: 1, torn: 0, rejected: 0 })
  const started = line({ _tag: "HostStarted", hostId: next, parkAfterMillis: 1 })
  const replayed = line({
    ...{ _tag: "VerdictReplayed", runId, hostId: next, previousHostId: former, verdict: "completed" },
    ...{ outcome: "Applied", status: "completed", workOutcome: "succeeded", attempts: 1 }
  })
  const recovered = line({
    ...{ _tag: "RunRecovered", runId, hostId: next, name: "import", status: "failed", previousHostId: former }
  })
  const lost = (...lines: ReadonlyArray<RunLog.Line>) =>
    RunHistory.check(RunHistory.fromLines(lines)).flatMap(({ found, guarantee }) => (guarantee === "G6" ? [found] : []))

  it("keeps G6 while the journal waits, and where its reader replays it, and not where it judges or forgets", () => {
    assert.deepStrictEqual(lost(journaled), [])
    assert.deepStrictEqual(lost(journaled, read), [])
    assert.deepStrictEqual(lost(journaled, read, replayed, started), [])
    assert.deepStrictEqual(lost(journaled, started), [], "another journal")
    assert.match(lost(journaled, read, started).join(), /came up without it/)
    assert.match(lost(journaled, read, recovered, replayed, started).join(), /recovered as if/)
  })

  it("holds a replayed verdict against what the work did", () => {
    const failed = line({ _tag: "WorkEnded", runId, hostId: former, outcome: "failed", reason: "WorkFailed" })
    const found = RunHistory.check(RunHistory.fromLines([failed, journaled, read, replayed]))
    assert.deepStrictEqual(
      found.map(({ guarantee }) => guarantee),
      ["G1", "G1"]
    )
  })
})
