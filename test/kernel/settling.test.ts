/** What is told of a terminal write, for each answer that the store may give. */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { RunMetrics } from "../../src/index.js"
import { put } from "../../src/internal/store/memoryTables.js"
import { failureFields } from "../../src/internal/writing/statusWriter.js"
import type * as Run from "../../src/Run.js"
import type { RunId } from "../../src/RunId.js"
import type { StoredRun } from "../../src/RunStore.js"
import { elsewhere } from "../store/contract/fixtures.js"
import { failure, onStage, type Store } from "./onStage.js"

type Stage = Effect.Effect.Success<ReturnType<typeof onStage>>

/** Somebody else changes the row. */
const change = ({ tables }: Stage, id: RunId, over: Partial<StoredRun>) =>
  Effect.sync(() => {
    const row = tables.runs.get(id)
    if (row === undefined) throw new Error(`There is no row of run ${id}.`)
    put(tables, { ...row, ...over })
  })

/** All events of a run, in a fiber that has attached already. */
const listen = <E>(events: Stream.Stream<Run.RunEvent, E>) =>
  Effect.zipLeft(Effect.fork(Effect.map(Stream.runCollect(events), Chunk.toReadonlyArray)), Effect.yieldNow())

/** Work of a second, during which a test may do what it likes. */
const aSecond = Effect.sleep("1 second")

/** The first attempts to settle are applied, or not, and then their answer is lost. */
const failing =
  (count: number, isApplied: boolean) =>
  (store: Store): Partial<Store> => ({
    settle: (rows) =>
      Effect.suspend(() => {
        if (count-- <= 0) return store.settle(rows)
        return Effect.zipRight(isApplied ? store.settle(rows) : Effect.void, Effect.fail(failure({ class: "unknown" })))
      })
  })

/** What somebody else made of the row. */
const theirs = (status: "cancelled" | "failed") =>
  ({ status, workOutcome: "unknown", finishedAt: 5, settleToken: "theirs" }) as const

describe("a verdict that is written", () => {
  const work: ReadonlyArray<readonly [Effect.Effect<unknown, unknown>, Record<string, string>]> = [
    [Effect.void, { status: "completed", workOutcome: "succeeded" }],
    [Effect.fail("boom"), { status: "failed", workOutcome: "failed", reason: "WorkFailed" }],
    [Effect.interrupt, { status: "failed", workOutcome: "interrupted", reason: "WorkInterrupted" }]
  ]
  for (const [effect, told] of work) {
    it.scoped(`is told with what the row says: ${Object.values(told).join(", ")}`, () =>
      Effect.gen(function* () {
        const { hostId, kernel, lines } = yield* onStage()
        const handle = yield* kernel.start("work", effect)
        yield* handle.settled
        const { reason, ...settled } = told
        const base = { runId: handle.id, hostId, attempts: 1, ...settled }
        assert.deepStrictEqual<unknown>(lines("VerdictWritten", "Settled"), [
          { _tag: "VerdictWritten", ...base, outcome: "Applied", ...(reason === undefined ? {} : { reason }) },
          { _tag: "Settled", ...base }
        ])
      })
    )
  }

  it.scoped("by an attempt of which the answer was lost is told as the row has it", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines } = yield* onStage({}, failing(1, true))
      const handle = yield* kernel.start("work", Effect.fail("boom"))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* handle.settled).attempts, 2)
      assert.deepStrictEqual(lines("CancelRequested"), [])
      assert.deepStrictEqual<unknown>(lines("VerdictWritten"), [
        {
          _tag: "VerdictWritten",
          runId: handle.id,
          hostId,
          outcome: "AlreadyApplied",
          attempts: 2,
          status: "failed",
          workOutcome: "failed",
          reason: "WorkFailed"
        }
      ])
    })
  )

  it.scoped("by an attempt of which the answer was lost answers the cancel that it carried", () =>
    Effect.gen(function* () {
      const { kernel, lines } = yield* onStage({}, (store) => ({
        ...failing(1, true)(store),
        requestCancel: () => Effect.fail(failure())
      }))
      const handle = yield* kernel.start("work", Effect.uninterruptible(aSecond))
      yield* TestClock.adjust(0)
      const cancelling = yield* Effect.fork(handle.cancel())
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual<unknown>(yield* Fiber.join(cancelling), { _tag: "Requested", durable: true })
      assert.strictEqual(lines("CancelRequested").length, 1)
    })
  )

  it.scoped("as cancelled has no reason to have failed, though its work threw, and is counted as cancelled", () =>
    Effect.gen(function* () {
      const cancelled = Effect.map(
        Metric.value(Metric.tagged(RunMetrics.settled, "status", "cancelled")),
        ({ count }) => count
      )
      const parked = Effect.map(Metric.value(RunMetrics.parked), ({ value }) => value)
      const before = [yield* cancelled, yield* parked] as const
      const { kernel, lines } = yield* onStage()
      const handle = yield* kernel.start(
        "work",
        Effect.onInterrupt(Effect.never, () => Effect.die("thrown"))
      )
      yield* TestClock.adjust(0)
      yield* handle.cancel()
      assert.strictEqual((yield* handle.settled).workOutcome, "failed")
      assert.isFalse("reason" in (lines("VerdictWritten")[0] ?? {}))
      assert.deepStrictEqual([yield* cancelled, yield* parked], [before[0] + 1, before[1]])
    })
  )

  it.scoped("by an attempt of which the answer was lost tells of a cancel that only the row had heard of", () =>
    Effect.gen(function* () {
      const stage = yield* onStage({}, failing(1, true))
      const { hostId, kernel, lines } = stage
      const handle = yield* kernel.start("work", aSecond)
      yield* change(stage, handle.id, { cancelRequestedAt: 5, cancelReason: "elsewhere" })
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* handle.settled).status, "cancelled")
      assert.deepStrictEqual<unknown>(lines("CancelRequested"), [
        { _tag: "CancelRequested", runId: handle.id, hostId, reason: "It was recorded in the row." }
      ])
    })
  )

  it.scoped("is counted once, by its status, with the time that it took from the end of the work", () =>
    Effect.gen(function* () {
      const count = Effect.gen(function* () {
        const { count } = yield* Metric.value(Metric.tagged(RunMetrics.settled, "status", "failed"))
        const latency = yield* Metric.value(RunMetrics.persistLatency)
        return [count, latency.count, latency.sum] as const
      })
      const [settled, latencies, sum] = yield* count
      const { kernel } = yield* onStage({ persistSchedule: undefined, persist: { delayMax: "1 second" } }, (store) => ({
        ...failing(1, false)(store)
      }))
      yield* TestClock.adjust("1 second")
      const handle = yield* kernel.start("work", Effect.zipRight(aSecond, Effect.fail("boom")))
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("1 second")
      yield* Effect.exit(handle.settled)
      const [settledNow, latenciesNow, sumNow] = yield* count
      assert.deepStrictEqual([settledNow - settled, latenciesNow - latencies], [1, 1])
      assert.closeTo(sumNow - sum, 0.05, 0.01, "in seconds")
    })
  )

  it.scoped("with a cancel that only the row had heard of is told as cancelled, and why", () =>
    Effect.gen(function* () {
      const stage = yield* onStage()
      const { hostId, kernel, lines } = stage
      const handle = yield* kernel.start("work", aSecond)
      yield* change(stage, handle.id, { cancelRequestedAt: 5, cancelReason: "elsewhere" })
      yield* TestClock.adjust("1 second")
      const { status, workOutcome } = yield* handle.settled
      assert.deepStrictEqual([status, workOutcome], ["cancelled", "succeeded"])
      assert.deepStrictEqual<unknown>(lines("CancelRequested"), [
        { _tag: "CancelRequested", runId: handle.id, hostId, reason: "It was recorded in the row." }
      ])
    })
  )
})

describe("a verdict that comes too late", () => {
  it.scoped("gives way to the one that stands, and so does a cancel", () =>
    Effect.gen(function* () {
      const stage = yield* onStage({}, () => ({ requestCancel: () => Effect.never }))
      const { hostId, kernel, lines } = stage
      const handle = yield* kernel.start("work", Effect.uninterruptible(aSecond))
      const cancelling = yield* Effect.fork(handle.cancel())
      yield* change(stage, handle.id, {
        status: "failed",
        workOutcome: null,
        finishedAt: 5,
        error: JSON.stringify({ reason: "HostLost", message: "no" }),
        settleToken: "theirs"
      })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual<unknown>(yield* Fiber.join(cancelling), { _tag: "AlreadyTerminal", status: "failed" })
      const { status, workOutcome } = yield* handle.settled
      assert.deepStrictEqual([status, workOutcome], ["failed", "unknown"])
      const [line] = lines("VerdictWritten")
      assert.deepStrictEqual<unknown>(
        { ...line, attempts: 1 },
        {
          _tag: "VerdictWritten",
          runId: handle.id,
          hostId,
          outcome: "NoOp",
          attempts: 1,
          status: "failed",
          reason: "HostLost"
        }
      )
    })
  )

  it.scoped("changes nothing for a cancel, even where the one that stands is cancelled", () =>
    Effect.gen(function* () {
      const stage = yield* onStage({}, () => ({ requestCancel: () => Effect.fail(failure()) }))
      const handle = yield* stage.kernel.start("work", Effect.uninterruptible(aSecond))
      yield* TestClock.adjust(0)
      const cancelling = yield* Effect.fork(handle.cancel())
      yield* change(stage, handle.id, theirs("cancelled"))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual<unknown>(yield* Fiber.join(cancelling), { _tag: "AlreadyTerminal", status: "cancelled" })
    })
  )

  it.scoped("tells of no cancel where somebody else's stands as cancelled", () =>
    Effect.gen(function* () {
      const stage = yield* onStage()
      const handle = yield* stage.kernel.start("work", aSecond)
      yield* change(stage, handle.id, theirs("cancelled"))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* handle.settled).status, "cancelled")
      assert.deepStrictEqual(stage.lines("CancelRequested"), [])
    })
  )

  it.scoped("has no reason to tell where the one that stands has none", () =>
    Effect.gen(function* () {
      const stage = yield* onStage()
      const handle = yield* stage.kernel.start("work", aSecond)
      yield* change(stage, handle.id, theirs("failed"))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* handle.settled).status, "failed")
      assert.isFalse("reason" in (stage.lines("VerdictWritten")[0] ?? {}))
    })
  )

  it.scoped("because there is no row any more ends the run as not found", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines, tables } = yield* onStage()
      const handle = yield* kernel.start("work", aSecond)
      const listening = yield* listen(handle.events)
      tables.runs.delete(handle.id)
      yield* TestClock.adjust("1 second")
      const base = { runId: handle.id, hostId }
      assert.deepStrictEqual<unknown>(lines("VerdictWritten", "RunVanished"), [
        { _tag: "VerdictWritten", ...base, outcome: "NotFound", attempts: 1 },
        { _tag: "RunVanished", ...base }
      ])
      const told = [
        yield* Effect.flip(handle.settled),
        yield* Effect.flip(handle.cancel()),
        yield* Effect.flip(Fiber.join(listening))
      ]
      for (const error of told) assert.isTrue(error._tag === "RunNotFound" && error.id === handle.id)
    })
  )
})

describe("a run that another host owns by now", () => {
  const taken = (over: Partial<StoredRun> = {}) =>
    Effect.gen(function* () {
      const stage = yield* onStage({ followInterval: "1 second" })
      const handle = yield* stage.kernel.start("work", Effect.uninterruptible(aSecond), { key: "k" })
      const listening = yield* listen(handle.events)
      yield* change(stage, handle.id, { hostId: elsewhere, attempt: 2, ...over })
      yield* TestClock.adjust("1 second")
      return { ...stage, handle, listening }
    })

  it.scoped("is told as superseded, and its events follow the row to its end", () =>
    Effect.gen(function* () {
      const latencies = Effect.map(Metric.value(RunMetrics.persistLatency), ({ count }) => count)
      const before = yield* latencies
      const stage = yield* taken()
      const { handle, hostId, lines, listening } = stage
      const base = { runId: handle.id, hostId, status: "running" }
      assert.deepStrictEqual<unknown>(lines("VerdictWritten", "Superseded"), [
        { _tag: "VerdictWritten", ...base, outcome: "NotMine", attempts: 1 },
        { _tag: "Superseded", ...base }
      ])
      const error = yield* Effect.flip(handle.settled)
      assert.isTrue(error._tag === "RunSuperseded" && error.status === "running" && error.id === handle.id)
      yield* change(stage, handle.id, { status: "completed", workOutcome: null, finishedAt: 5, settleToken: "theirs" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual<unknown>(
        (yield* Fiber.join(listening)).map((event) => ("status" in event ? [event._tag, event.status] : [event._tag])),
        [["Snapshot"], ["Superseded", "running"], ["Settled", "completed"]]
      )
      assert.deepStrictEqual<unknown>(lines("Settled"), [
        {
          _tag: "Settled",
          runId: handle.id,
          hostId,
          status: "completed",
          workOutcome: "unknown",
          attempts: 0
        }
      ])
      assert.strictEqual((yield* handle.settled).status, "completed")
      assert.strictEqual(yield* latencies, before)
    })
  )

  it.scoped("is not cancelled there, unless somebody asks for it, also through the handle of its start", () =>
    Effect.gen(function* () {
      const { handle, store } = yield* taken()
      assert.isNull((yield* store.list({}))[0]?.cancelRequestedAt)
      assert.deepStrictEqual<unknown>(yield* handle.cancel({ reason: "by hand" }), { _tag: "Requested", durable: true })
      assert.strictEqual((yield* store.list({}))[0]?.cancelReason, "by hand")
    })
  )

  it.scoped("passes on to its row the cancel that still waits", () =>
    Effect.gen(function* () {
      let isAway = true
      const stage = yield* onStage({}, (store) => ({
        requestCancel: (rows) => Effect.suspend(() => (isAway ? Effect.fail(failure()) : store.requestCancel(rows)))
      }))
      const handle = yield* stage.kernel.start("work", Effect.uninterruptible(aSecond))
      yield* TestClock.adjust(0)
      const cancelling = yield* Effect.fork(handle.cancel({ reason: "by hand" }))
      yield* change(stage, handle.id, { hostId: elsewhere, attempt: 2 })
      yield* TestClock.adjust("1 second")
      isAway = false
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual<unknown>(yield* Fiber.join(cancelling), { _tag: "Requested", durable: true })
      assert.strictEqual((yield* stage.store.list({}))[0]?.cancelReason, "by hand")
    })
  )

  it.scoped("vanishes where its row does", () =>
    Effect.gen(function* () {
      const { handle, listening, lines, tables } = yield* taken()
      tables.runs.delete(handle.id)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(lines("RunVanished").length, 1)
      assert.strictEqual((yield* Effect.flip(Fiber.join(listening)))._tag, "RunNotFound")
    })
  )

  it.scoped("is no work of its former host's to write down as lost when that stops", () =>
    Effect.gen(function* () {
      const { close, lines } = yield* taken()
      yield* close
      assert.deepStrictEqual(lines("VerdictLost"), [])
      const [line] = lines("HostStopped")
      assert.isTrue(line !== undefined && "unwritten" in line && line.unwritten === 0)
    })
  )
})

describe("a verdict that is parked", () => {
  it.scoped("is told once, counted, and counted no more when it lands", () =>
    Effect.gen(function* () {
      const counts = Effect.gen(function* () {
        return [
          (yield* Metric.value(RunMetrics.parked)).value,
          (yield* Metric.value(RunMetrics.parkings)).count
        ] as const
      })
      const [parked, parkings] = yield* counts
      const { hostId, kernel, lines } = yield* onStage(
        { persist: { parkAfterAttempts: 2, parkAfter: "1 hour" } },
        failing(4, false)
      )
      const handle = yield* kernel.start("work", aSecond)
      const listening = yield* listen(handle.events)
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("70 millis")
      assert.deepStrictEqual(yield* counts, [parked + 1, parkings + 1])
      const error = failure({ class: "unknown" })
      assert.deepStrictEqual<unknown>(lines("VerdictParked"), [
        {
          _tag: "VerdictParked",
          runId: handle.id,
          hostId,
          verdict: "completed",
          attempts: 2,
          failure: failureFields(error)
        }
      ])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* counts, [parked, parkings + 1])
      const events = yield* Fiber.join(listening)
      assert.deepStrictEqual<unknown>(
        events.filter(({ _tag }) => _tag === "Parked"),
        [{ _tag: "Parked", sequence: 1, verdict: "completed", message: error.message }]
      )
      assert.strictEqual(lines("VerdictParked").length, 1)
    })
  )

  for (const what of ["vanishes", "is another host's"] as const) {
    it.scoped(`is counted no more where its row ${what}`, () =>
      Effect.gen(function* () {
        const parked = Effect.map(Metric.value(RunMetrics.parked), ({ value }) => value)
        const before = yield* parked
        const stage = yield* onStage({ persist: { parkAfterAttempts: 1, parkAfter: "1 hour" } }, failing(1, false))
        const handle = yield* stage.kernel.start("work", aSecond)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* parked, before + 1)
        if (what === "vanishes") stage.tables.runs.delete(handle.id)
        else yield* change(stage, handle.id, { hostId: elsewhere })
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* parked, before)
      })
    )
  }

  it.scoped("is written down as lost when the kernel stops, with all that is needed to repair the row", () =>
    Effect.gen(function* () {
      const { close, hostId, kernel, lines } = yield* onStage({ persist: { parkAfterAttempts: 1 } }, () => ({
        settle: () => Effect.fail(failure()),
        requestCancel: () => Effect.never
      }))
      const handle = yield* kernel.start("work", Effect.zipRight(aSecond, Effect.fail("boom")))
      yield* TestClock.adjust("1 second")
      yield* close
      assert.deepStrictEqual<unknown>(lines("VerdictLost"), [
        {
          _tag: "VerdictLost",
          runId: handle.id,
          hostId,
          settlement: {
            attempt: 1,
            status: "failed",
            workOutcome: "failed",
            finishedAt: 1_000,
            result: null,
            error: JSON.stringify({ reason: "WorkFailed", message: "boom" }),
            cancelRequestedAt: null,
            cancelReason: null,
            token: `${hostId}:1`
          }
        }
      ])
      assert.strictEqual(lines("VerdictParked").length, 1)
    })
  )
})

describe("a start that was given up, and whose row another host has taken", () => {
  it.scoped("leaves a cancel in that row, since its work must not go on there", () =>
    Effect.gen(function* () {
      const requests: Array<unknown> = []
      const { kernel, store, tables, text } = yield* onStage({ startTimeout: "1 second" }, (memory) => ({
        insert: (rows) => Effect.zipRight(memory.insert(rows), Effect.fail(failure({ class: "unknown" }))),
        requestCancel: (rows) => {
          requests.push(...rows)
          return memory.requestCancel(rows)
        },
        entomb: (rows) =>
          Effect.suspend(() => {
            for (const row of [...tables.runs.values()]) put(tables, { ...row, hostId: elsewhere, attempt: 2 })
            return memory.entomb(rows)
          })
      }))
      const starting = yield* Effect.fork(Effect.flip(kernel.start("work", Effect.never)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(starting)
      yield* TestClock.adjust(0)
      const [row] = yield* store.list({})
      assert.deepStrictEqual(
        [row?.status, row?.cancelRequestedAt, row?.cancelReason],
        ["running", 1_000, "Its start was abandoned."]
      )
      assert.deepStrictEqual(requests, [
        { id: row?.id, requestedAt: 1_000, reason: "Its start was abandoned.", token: `cancel:${row?.id}` }
      ])
      assert.notInclude(text(), "met a defect")
    })
  )
})
