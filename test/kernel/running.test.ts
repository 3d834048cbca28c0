/** The work of a run: what it finds around it, what is captured of it, and how the kernel stops it. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Run, RunMetrics } from "../../src/index.js"
import type { ProgressReport } from "../../src/RunStore.js"
import { failure, onStage } from "./onStage.js"
import { recordingTracer } from "./recordingTracer.js"

/** All events of work that begins when somebody listens. */
const eventsOf = (work: Effect.Effect<unknown, unknown, Run.CurrentRun>) =>
  Effect.gen(function* () {
    const { kernel } = yield* onStage()
    const gate = yield* Deferred.make<void>()
    const handle = yield* kernel.start("import", Effect.zipRight(Deferred.await(gate), work))
    const listening = yield* Effect.fork(Stream.runCollect(handle.events))
    yield* TestClock.adjust(0)
    yield* Deferred.succeed(gate, undefined)
    const events = Chunk.toReadonlyArray(yield* Fiber.join(listening))
    return { handle, events: events.filter(({ _tag }) => _tag !== "Snapshot" && _tag !== "Settled") }
  })

describe("what work logs", () => {
  it.scoped("is an event with its level, its text and its annotations", () =>
    Effect.gen(function* () {
      const { events, handle } = yield* eventsOf(
        Effect.logError("read", { page: 7 }, 8).pipe(Effect.annotateLogs("tenant", "a"))
      )
      assert.deepStrictEqual<unknown>(events, [
        {
          _tag: "Logged",
          sequence: 1,
          level: "ERROR",
          message: 'read {"page":7} 8',
          annotations: { tenant: "a", runId: handle.id, run: "import" }
        }
      ])
    })
  )

  it.scoped("ends with its cause, where there is one", () =>
    Effect.gen(function* () {
      const { events } = yield* eventsOf(Effect.logWarning("half way", Cause.fail("boom")))
      const [event] = events
      assert.strictEqual(event?._tag === "Logged" && event.message, "half way Error: boom")
    })
  )
})

describe("what work reports", () => {
  it.scoped("is told at once, and the latest of it reaches the row while the work goes on", () =>
    Effect.gen(function* () {
      const reports: Array<ProgressReport> = []
      const { hostId, kernel, store } = yield* onStage({}, (memory) => ({
        reportProgress: (rows) => {
          reports.push(...rows)
          return memory.reportProgress(rows)
        }
      }))
      const handle = yield* kernel.start(
        "work",
        Effect.gen(function* () {
          yield* Run.progress({ current: 1 })
          yield* Run.progress({ current: 2, total: 3, step: "read" })
          yield* Effect.sleep("1 second")
          yield* Run.progress({ current: 3 })
        })
      )
      yield* TestClock.adjust(0)
      const base = { id: handle.id, hostId, attempt: 1 }
      assert.deepStrictEqual(reports, [{ ...base, current: 2, total: 3, step: "read" }])
      const [row] = yield* store.list({})
      assert.deepStrictEqual([row?.progressCurrent, row?.progressTotal, row?.progressStep], [2, 3, "read"])
      yield* TestClock.adjust("1 second")
      yield* handle.settled
      // Its work has ended before the writer came by: there is nothing left to report.
      assert.strictEqual(reports.length, 1)
    })
  )

  it.scoped("leaves out what it does not say", () =>
    Effect.gen(function* () {
      const { kernel, store } = yield* onStage()
      yield* kernel.start("work", Effect.zipRight(Run.progress({ current: 0 }), Effect.never))
      yield* TestClock.adjust(0)
      const [row] = yield* store.list({})
      assert.deepStrictEqual([row?.progressCurrent, row?.progressTotal, row?.progressStep], [0, null, null])
    })
  )

  it.scoped("after its end, and before that is stored, is told to nobody either", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { kernel } = yield* onStage({}, (store) => ({
        settle: (rows) => Effect.zipRight(Deferred.await(gate), store.settle(rows))
      }))
      const late = yield* Deferred.make<void>()
      const handle = yield* kernel.start(
        "work",
        // A daemon, so that it outlives the work.
        Effect.forkDaemon(Effect.zipRight(Deferred.await(late), Run.progress({ current: 9 })))
      )
      const listening = yield* Effect.fork(Stream.runCollect(handle.events))
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(late, undefined)
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(gate, undefined)
      const events = Chunk.toReadonlyArray(yield* Fiber.join(listening))
      assert.deepStrictEqual(
        events.map(({ _tag }) => _tag),
        ["Snapshot", "Settled"]
      )
    })
  )

  it.scoped("after its end is told to nobody", () =>
    Effect.gen(function* () {
      const { kernel, store } = yield* onStage()
      const late = yield* Deferred.make<void>()
      const handle = yield* kernel.start(
        "work",
        // A daemon, so that it outlives the work.
        Effect.forkDaemon(Effect.zipRight(Deferred.await(late), Run.progress({ current: 9 })))
      )
      const daemon = yield* handle.result
      yield* Deferred.succeed(late, undefined)
      yield* Fiber.await(daemon)
      yield* TestClock.adjust(0)
      assert.isNull((yield* store.list({}))[0]?.progressCurrent)
    })
  )
})

describe("work", () => {
  it.scoped("knows which run it is, and which attempt", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage()
      const handle = yield* kernel.start(
        "work",
        Effect.map(Run.CurrentRun, ({ attempt, id }) => ({ attempt, id }))
      )
      assert.deepStrictEqual(yield* handle.result, { attempt: 1, id: handle.id })
    })
  )

  it.scoped("runs in a span of its own, which is linked to the caller's and outlives it", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage()
      const spanOf = Effect.orDie(Effect.currentSpan)
      const { caller, handle } = yield* Effect.gen(function* () {
        return { caller: yield* spanOf, handle: yield* kernel.start("import", spanOf) }
      }).pipe(Effect.withSpan("caller"), Effect.withTracer(recordingTracer().tracer))
      const span = yield* handle.result
      assert.strictEqual(span.name, RunMetrics.spans.run)
      assert.isTrue(Option.isNone(span.parent))
      assert.deepStrictEqual(
        span.links.map((link) => [link._tag, link.attributes]),
        [["SpanLink", {}]]
      )
      assert.isTrue(span.links.every((link) => link.span.traceId === caller.traceId))
      assert.deepStrictEqual<unknown>(Object.fromEntries(span.attributes), {
        "holdfast.run.id": handle.id,
        "holdfast.run.name": "import",
        "holdfast.run.attempt": 1
      })
    })
  )

  it.scoped("has no span where nobody traces, its caller's neither", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage()
      const handle = yield* Effect.withSpan(kernel.start("work", Effect.option(Effect.currentSpan)), "caller")
      assert.isTrue(Option.isNone(yield* handle.result))
    })
  )

  it.scoped("has a scope of its own, which is closed before its end is told", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage()
      let isClosed = false
      const handle = yield* kernel.start(
        "work",
        Effect.addFinalizer(() =>
          Effect.sync(() => {
            isClosed = true
          })
        )
      )
      yield* handle.settled
      assert.isTrue(isClosed)
    })
  )
})

describe("work that the kernel stops", () => {
  it.scoped("because its time is over is told so on a line, and fails with that", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines, store } = yield* onStage()
      const handle = yield* kernel.start("work", Effect.never, { timeout: "1 second" })
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(lines("StopRequested"), [])
      yield* TestClock.adjust("1 millis")
      const error = yield* Effect.flip(handle.result)
      assert.isTrue(error._tag === "RunFailed" && error.reason === "RunTimedOut")
      assert.deepStrictEqual<unknown>(lines("StopRequested"), [
        { _tag: "StopRequested", runId: handle.id, hostId, stop: "timeout" }
      ])
      assert.strictEqual((yield* store.list({}))[0]?.workOutcome, "interrupted")
    })
  )

  it.scoped("in time is told nothing more, and neither is work that ended before its time was over", () =>
    Effect.gen(function* () {
      const { kernel, lines } = yield* onStage({ cancelGrace: "1 second" })
      const early = yield* kernel.start("early", Effect.void, { timeout: "1 second" })
      const handle = yield* kernel.start("work", Effect.never, { timeout: "2 seconds" })
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* early.settled).status, "completed")
      assert.strictEqual((yield* handle.settled).status, "failed")
      assert.deepStrictEqual(
        lines("StopRequested", "GraceExceeded").map(({ _tag }) => _tag),
        ["StopRequested"]
      )
    })
  )

  for (const own of [undefined, "2 seconds"] as const) {
    it.scoped(
      `and that ignores it for longer than ${own === undefined ? "the kernel's" : "its own"} grace is told of`,
      () =>
        Effect.gen(function* () {
          const exceeded = Effect.map(Metric.value(RunMetrics.graceExceeded), ({ count }) => count)
          const before = yield* exceeded
          const { hostId, kernel, lines } = yield* onStage({ cancelGrace: "1 second" })
          const handle = yield* kernel.start("work", Effect.uninterruptible(Effect.sleep("10 seconds")), {
            ...(own === undefined ? {} : { cancelGrace: own })
          })
          yield* TestClock.adjust(0)
          yield* handle.cancel()
          yield* TestClock.adjust(0)
          const graceMillis = own === undefined ? 1_000 : 2_000
          yield* TestClock.adjust(graceMillis - 1)
          assert.deepStrictEqual(lines("GraceExceeded"), [])
          yield* TestClock.adjust(1)
          yield* TestClock.adjust(0)
          assert.deepStrictEqual<unknown>(lines("GraceExceeded"), [
            { _tag: "GraceExceeded", runId: handle.id, hostId, graceMillis }
          ])
          assert.strictEqual(yield* exceeded, before + 1)
          yield* TestClock.adjust("10 seconds")
          assert.strictEqual((yield* handle.settled).status, "cancelled")
        })
    )
  }
})

describe("a kernel that stops", () => {
  it.scoped("waits for work no longer than that takes, and leaves nothing", () =>
    Effect.gen(function* () {
      const { close, hostId, kernel, lines, tables } = yield* onStage({ shutdownGrace: "1 minute" })
      yield* kernel.start("work", Effect.never)
      yield* kernel.start("slow", Effect.uninterruptible(Effect.sleep("5 seconds")))
      yield* kernel.start("slower", Effect.uninterruptible(Effect.sleep("10 seconds")))
      yield* TestClock.adjust(0)
      const closing = yield* Effect.fork(close)
      yield* TestClock.adjust("9999 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(closing)))
      yield* TestClock.adjust("1 millis")
      assert.isTrue(Option.isSome(yield* Fiber.poll(closing)))
      assert.deepStrictEqual<unknown>(lines("HostStopping", "HostStopped"), [
        { _tag: "HostStopping", hostId, active: 3 },
        { _tag: "HostStopped", hostId, unwritten: 0 }
      ])
      assert.deepStrictEqual(
        lines("StopRequested").map((line) => "stop" in line && line.stop),
        ["shutdown", "shutdown", "shutdown"]
      )
      assert.strictEqual(tables.hosts.size, 0)
    })
  )

  it.scoped("waits for terminal writes while there is time, and keeps its host's row where one is left", () =>
    Effect.gen(function* () {
      let isAway = true
      const { close, kernel, lines, tables } = yield* onStage({ shutdownGrace: "10 seconds" }, (store) => ({
        settle: (rows) => Effect.suspend(() => (isAway ? Effect.fail(failure()) : store.settle(rows)))
      }))
      yield* kernel.start("work", Effect.void)
      const closing = yield* Effect.fork(close)
      yield* TestClock.adjust("4 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(closing)))
      isAway = false
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(Option.isSome(yield* Fiber.poll(closing)))
      assert.deepStrictEqual([lines("VerdictLost").length, tables.hosts.size], [0, 0])
    })
  )

  it.scoped("leaves what it could not write, with its host's row, and says how many", () =>
    Effect.gen(function* () {
      const { close, hostId, kernel, lines, tables } = yield* onStage({ shutdownGrace: "1 second" }, () => ({
        settle: () => Effect.fail(failure()),
        requestCancel: () => Effect.never
      }))
      const first = yield* kernel.start("work", Effect.void)
      const stubborn = yield* kernel.start("stubborn", Effect.uninterruptible(Effect.sleep("1 hour")))
      yield* TestClock.adjust(0)
      const cancelling = yield* Effect.fork(stubborn.cancel())
      yield* TestClock.adjust(0)
      const closing = yield* Effect.fork(close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      assert.deepStrictEqual<unknown>(lines("HostStopped"), [{ _tag: "HostStopped", hostId, unwritten: 2 }])
      assert.strictEqual(tables.hosts.size, 1)
      const parked = yield* Effect.flip(first.settled)
      assert.isTrue(parked._tag === "VerdictParked" && parked.verdict === "completed")
      assert.isTrue(parked._tag === "VerdictParked" && parked.lastFailure.operation === "settle")
      assert.include(parked.message, "the host shut down before the database took the verdict")
      const left = yield* Effect.flip(stubborn.settled)
      assert.isTrue(left._tag === "RunSuperseded" && left.status === "running" && left.id === stubborn.id)
      assert.deepStrictEqual<unknown>(yield* Fiber.join(cancelling), { _tag: "Requested", durable: false })
    })
  )

  it.scoped("ends the streams of what it leaves", () =>
    Effect.gen(function* () {
      const { close, kernel } = yield* onStage()
      const handle = yield* kernel.start("stubborn", Effect.uninterruptible(Effect.sleep("1 hour")))
      const listening = yield* Effect.fork(Stream.runCollect(handle.events))
      yield* TestClock.adjust(0)
      yield* close
      const tags = Chunk.toReadonlyArray(yield* Fiber.join(listening)).map(({ _tag }) => _tag)
      assert.deepStrictEqual(tags, ["Snapshot"])
    })
  )

  it.scoped("fails the starts that wait for their row, and waits for their tombstones", () =>
    Effect.gen(function* () {
      const options = { shutdownGrace: "5 seconds", persist: { attemptTimeout: "1 second" } } as const
      const { close, kernel, store } = yield* onStage(options, () => ({ insert: () => Effect.never }))
      const starting = yield* Effect.fork(Effect.flip(kernel.start("work", Effect.never)))
      yield* TestClock.adjust(0)
      const closing = yield* Effect.fork(close)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(closing)
      assert.strictEqual((yield* Fiber.join(starting))._tag, "KernelStopped")
      const [row] = yield* store.list({})
      assert.deepStrictEqual([row?.status, row?.workOutcome], ["failed", "notStarted"])
    })
  )

  it.scoped("ends also where its host's row cannot be removed", () =>
    Effect.gen(function* () {
      const removals: Array<Effect.Effect<never, ReturnType<typeof failure>>> = [
        Effect.fail(failure()),
        Effect.die(new Error("made up")),
        Effect.never
      ]
      for (const removal of removals) {
        const { close, lines } = yield* onStage({ shutdownGrace: "1 second" }, () => ({ removeHost: () => removal }))
        const closing = yield* Effect.fork(close)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(closing)
        assert.strictEqual(lines("HostStopped").length, 1)
      }
    })
  )
})
