/** What a cancel is told, what the log says of it, and what it leaves behind. */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { newRow, put } from "../../src/internal/store/memoryTables.js"
import type { RunId } from "../../src/RunId.js"
import type { CancelRequest } from "../../src/RunStore.js"
import { elsewhere, newRun, runId } from "../store/contract/fixtures.js"
import { failure, onStage, type Store } from "./onStage.js"

/** A row of another host's. */
const foreign = (n: number) => newRow(newRun(n, { hostId: elsewhere }))

/** All that is asked of the store, in this list. */
const asked =
  (requests: Array<CancelRequest>) =>
  (store: Store): Partial<Store> => ({
    requestCancel: (rows) => {
      requests.push(...rows)
      return store.requestCancel(rows)
    }
  })

describe("a cancel", () => {
  it.scoped("of work that goes on is recorded in the row, once, under a token of its own", () =>
    Effect.gen(function* () {
      const requests: Array<CancelRequest> = []
      const { kernel } = yield* onStage({}, asked(requests))
      const handle = yield* kernel.start("work", Effect.uninterruptible(Effect.sleep("1 second")))
      yield* TestClock.adjust("5 millis")
      yield* handle.cancel({ reason: "by hand" })
      assert.deepStrictEqual(requests, [
        { id: handle.id, requestedAt: 5, reason: "by hand", token: `cancel:${handle.id}` }
      ])
    })
  )

  it.scoped("of work that has ended asks nothing of the row: the terminal write carries it", () =>
    Effect.gen(function* () {
      const requests: Array<CancelRequest> = []
      const gate = yield* Deferred.make<void>()
      let settles = 0
      const { kernel, store } = yield* onStage({}, (memory) => ({
        ...asked(requests)(memory),
        settle: (rows) =>
          Effect.suspend(() => {
            if (settles++ > 0) return memory.settle(rows)
            return Effect.zipRight(Deferred.await(gate), Effect.fail(failure()))
          })
      }))
      const handle = yield* kernel.start("work", Effect.void)
      yield* TestClock.adjust(0)
      const cancelling = yield* Effect.fork(handle.cancel())
      yield* TestClock.adjust(0)
      assert.isTrue((yield* Fiber.poll(cancelling))._tag === "None")
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual<unknown>(yield* Fiber.join(cancelling), { _tag: "Requested", durable: true })
      assert.deepStrictEqual(requests, [])
      assert.strictEqual((yield* store.list({}))[0]?.status, "cancelled")
    })
  )

  it.scoped("that comes while the terminal write is in flight is told what the row says", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { kernel, lines } = yield* onStage({}, (store) => ({
        settle: (rows) => Effect.zipRight(Deferred.await(gate), store.settle(rows))
      }))
      const handle = yield* kernel.start("work", Effect.interrupt)
      yield* TestClock.adjust(0)
      const cancelling = yield* Effect.fork(handle.cancel())
      yield* TestClock.adjust(0)
      assert.isTrue((yield* Fiber.poll(cancelling))._tag === "None")
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual<unknown>(yield* Fiber.join(cancelling), { _tag: "AlreadyTerminal", status: "failed" })
      const [line] = lines("VerdictWritten")
      assert.isTrue(line !== undefined && "reason" in line && line.reason === "WorkInterrupted")
    })
  )

  it.scoped("that comes between two attempts of the terminal write is in doubt when that parks", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage({ persist: { parkAfterAttempts: 3, parkAfter: "1 hour" } }, () => ({
        settle: () => Effect.fail(failure())
      }))
      const handle = yield* kernel.start("work", Effect.void)
      yield* TestClock.adjust(0)
      const cancelling = yield* Effect.fork(Effect.flip(handle.cancel()))
      yield* TestClock.adjust(0)
      assert.isTrue((yield* Fiber.poll(cancelling))._tag === "None")
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(cancelling)
      assert.isTrue(error._tag === "StoreFailure" && error.inDoubt)
    })
  )

  it.scoped("of a start that has no row yet keeps its work from beginning", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const ids: Array<RunId> = []
      let hasBegun = false
      const { kernel, store } = yield* onStage({}, (store) => ({
        insert: (rows) => {
          ids.push(...rows.map(({ id }) => id))
          return Effect.zipRight(Deferred.await(gate), store.insert(rows))
        }
      }))
      const work = Effect.sync(() => {
        hasBegun = true
      })
      const starting = yield* Effect.fork(kernel.start("work", work))
      yield* TestClock.adjust(0)
      const [id = runId(0)] = ids
      const cancelling = yield* Effect.fork(kernel.cancel(id))
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual<unknown>(yield* Fiber.join(cancelling), { _tag: "Requested", durable: true })
      const handle = yield* Fiber.join(starting)
      const { status, workOutcome } = yield* handle.settled
      assert.deepStrictEqual([status, workOutcome, hasBegun], ["cancelled", "notStarted", false])
      // Its row was there, so it is no tombstone.
      assert.strictEqual((yield* store.list({}))[0]?.startedAt, 0)
    })
  )

  it.scoped("of work that a stopped kernel has left is told that the kernel has stopped", () =>
    Effect.gen(function* () {
      const { close, kernel } = yield* onStage()
      const handle = yield* kernel.start("work", Effect.uninterruptible(Effect.sleep("1 hour")))
      yield* TestClock.adjust(0)
      yield* close
      assert.strictEqual((yield* Effect.flip(handle.cancel()))._tag, "KernelStopped")
    })
  )
})

describe("a cancel of another host's run", () => {
  it.scoped(
    "is answered, though the statement of one before it, which was told to be in doubt, is answered meanwhile",
    () =>
      Effect.gen(function* () {
        const gate = yield* Deferred.make<void>()
        let statements = 0
        const { kernel, tables } = yield* onStage({ startTimeout: "2 seconds" }, (store) => ({
          requestCancel: (rows) =>
            statements++ > 0
              ? store.requestCancel(rows)
              : Effect.zipRight(Deferred.await(gate), store.requestCancel(rows))
        }))
        put(tables, foreign(1))
        const first = yield* Effect.fork(Effect.flip(kernel.cancel(runId(1))))
        yield* TestClock.adjust("3 seconds")
        const told = yield* Fiber.join(first)
        assert.isTrue(told._tag === "StoreFailure" && told.inDoubt)
        const second = yield* Effect.fork(kernel.cancel(runId(1)))
        yield* TestClock.adjust("1 millis")
        yield* Deferred.succeed(gate, undefined)
        yield* TestClock.adjust("3 seconds")
        assert.isTrue((yield* Fiber.poll(second))._tag === "Some", "it waits for ever")
        assert.deepStrictEqual<unknown>(yield* Fiber.join(second), { _tag: "Requested", durable: true })
      })
  )
})

describe("a cancel of a run that another host has taken over", () => {
  it.scoped("is answered, though the run is seen to have settled before the database has taken the cancel", () =>
    Effect.gen(function* () {
      let isAway = true
      const { kernel, lines, tables } = yield* onStage({}, (store) => ({
        requestCancel: (rows) => (isAway ? Effect.fail(failure({ operation: "cancel" })) : store.requestCancel(rows))
      }))
      const handle = yield* kernel.start("work", Effect.sleep("1 second"))
      const row = tables.runs.get(handle.id)
      assert.isDefined(row)
      if (row === undefined) return
      put(tables, { ...row, hostId: elsewhere, attempt: 2 })
      yield* TestClock.adjust("1500 millis")
      const cancelling = yield* Effect.fork(handle.cancel())
      yield* TestClock.adjust("1 millis")
      put(tables, { ...row, hostId: elsewhere, attempt: 2, status: "completed", workOutcome: "succeeded" })
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(lines("Settled").length, 1)
      isAway = false
      yield* TestClock.adjust("6 seconds")
      assert.isTrue((yield* Fiber.poll(cancelling))._tag === "Some", "it waits for ever")
      assert.deepStrictEqual<unknown>(yield* Fiber.join(cancelling), { _tag: "AlreadyTerminal", status: "completed" })
    })
  )
})

describe("a cancel that another host has recorded", () => {
  it.scoped("is found at the renewal, told once, and obeyed", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines, tables } = yield* onStage({ leaseDuration: "30 seconds", cancelGrace: "1 second" })
      const handle = yield* kernel.start("work", Effect.uninterruptible(Effect.sleep("25 seconds")))
      yield* TestClock.adjust("1 second")
      const row = tables.runs.get(handle.id)
      if (row !== undefined) put(tables, { ...row, cancelRequestedAt: 700, cancelReason: "elsewhere" })
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual<unknown>(lines("CancelRequested", "GraceExceeded"), [
        { _tag: "CancelRequested", runId: handle.id, hostId, reason: "elsewhere" },
        { _tag: "GraceExceeded", runId: handle.id, hostId, graceMillis: 1_000 }
      ])
      const [snapshot] = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(handle.events, 1)))
      assert.isTrue(snapshot?._tag === "Snapshot" && snapshot.run.cancelRequestedAt === 700)
      assert.isTrue(snapshot?._tag === "Snapshot" && snapshot.run.cancelReason === "elsewhere")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* handle.settled).status, "cancelled")
    })
  )

  it.scoped("interrupts the work", () =>
    Effect.gen(function* () {
      const { kernel, tables } = yield* onStage({ leaseDuration: "30 seconds" })
      const handle = yield* kernel.start("work", Effect.never)
      yield* TestClock.adjust("1 second")
      const row = tables.runs.get(handle.id)
      if (row !== undefined) put(tables, { ...row, cancelRequestedAt: 700 })
      yield* TestClock.adjust("10 seconds")
      const { status, workOutcome } = yield* handle.settled
      assert.deepStrictEqual([status, workOutcome], ["cancelled", "interrupted"])
    })
  )

  it.scoped("is found, too, where the work has ended and its terminal write has not landed", () =>
    Effect.gen(function* () {
      const { kernel, lines, tables } = yield* onStage({ leaseDuration: "30 seconds" }, () => ({
        settle: () => Effect.fail(failure())
      }))
      const handle = yield* kernel.start("work", Effect.void)
      yield* TestClock.adjust("1 second")
      const row = tables.runs.get(handle.id)
      if (row !== undefined) put(tables, { ...row, cancelRequestedAt: 700 })
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(lines("CancelRequested").length, 1)
    })
  )
})

describe("what a cancel is told", () => {
  it.scoped("is told on a line, and so is its answer", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines } = yield* onStage()
      const { id } = yield* kernel.start("work", Effect.never)
      assert.deepStrictEqual<unknown>(yield* kernel.cancel(id, { reason: "by hand" }), {
        _tag: "Requested",
        durable: true
      })
      const base = { runId: id, hostId }
      assert.deepStrictEqual<unknown>(lines("CancelRequested", "CancelAnswered"), [
        { _tag: "CancelRequested", ...base, reason: "by hand" },
        { _tag: "CancelAnswered", ...base, answer: "Requested", durable: true }
      ])
    })
  )

  it.scoped("without a reason has none anywhere", () =>
    Effect.gen(function* () {
      const { kernel, lines, store } = yield* onStage()
      const handle = yield* kernel.start("work", Effect.never)
      const listening = yield* Effect.fork(Stream.runCollect(handle.events))
      yield* TestClock.adjust(0)
      yield* handle.cancel()
      yield* handle.settled
      const events = Chunk.toReadonlyArray(yield* Fiber.join(listening))
      assert.isFalse("reason" in (events.find(({ _tag }) => _tag === "CancelRequested") ?? {}))
      assert.isFalse("reason" in (lines("CancelRequested")[0] ?? {}))
      const [row] = yield* store.list({})
      assert.deepStrictEqual([row?.status, row?.cancelReason], ["cancelled", null])
    })
  )

  it.scoped("that is too late is told so, on a line as well", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines } = yield* onStage()
      const handle = yield* kernel.start("work", Effect.void)
      yield* handle.settled
      assert.deepStrictEqual<unknown>(yield* handle.cancel(), { _tag: "AlreadyTerminal", status: "completed" })
      assert.deepStrictEqual<unknown>(lines("CancelAnswered"), [
        { _tag: "CancelAnswered", runId: handle.id, hostId, answer: "AlreadyTerminal", status: "completed" }
      ])
    })
  )

  it.scoped("of a run that nobody knows fails, on a line as well", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines } = yield* onStage()
      const error = yield* Effect.flip(kernel.cancel(runId(7)))
      assert.strictEqual(error._tag, "RunNotFound")
      assert.deepStrictEqual<unknown>(lines("CancelAnswered"), [
        {
          _tag: "CancelAnswered",
          runId: runId(7),
          hostId,
          answer: "Failed",
          error: `RunNotFound: ${error.message}`
        }
      ])
    })
  )

  it.scoped("has a reason that is fit for a row", () =>
    Effect.gen(function* () {
      const { kernel, store } = yield* onStage()
      const handle = yield* kernel.start("work", Effect.never)
      yield* handle.cancel({ reason: "see\u0000 /home/user/notes.txt" })
      yield* handle.settled
      const [row] = yield* store.list({})
      assert.strictEqual(row?.cancelReason, "see <path>")
    })
  )

  it.scoped("inside a transaction of the store's client is refused", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage({}, () => ({ isCallerInTransaction: Effect.succeed(true) }))
      const error = yield* Effect.flip(kernel.cancel(runId(1)))
      assert.isTrue(error._tag === "CalledInTransaction" && error.operation === "cancel")
    })
  )

  it.scoped("stays asked for where its caller does not wait for the answer", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { kernel } = yield* onStage({}, (store) => ({
        requestCancel: (rows) => Effect.zipRight(Deferred.await(gate), store.requestCancel(rows))
      }))
      const handle = yield* kernel.start("work", Effect.uninterruptible(Effect.sleep("1 second")))
      const asking = yield* Effect.fork(handle.cancel())
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(asking)
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* handle.settled).status, "cancelled")
    })
  )

  it.scoped("whose caller does not wait for the answer takes that of nobody else", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage({}, () => ({ requestCancel: () => Effect.fail(failure()) }))
      const handle = yield* kernel.start("work", Effect.uninterruptible(Effect.sleep("1 second")))
      yield* TestClock.adjust(0)
      const before = yield* Effect.fork(handle.cancel())
      const gone = yield* Effect.fork(handle.cancel())
      const after = yield* Effect.fork(handle.cancel())
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(gone)
      yield* TestClock.adjust("1 second")
      for (const fiber of [before, after]) {
        const answer = yield* Fiber.poll(fiber)
        assert.isTrue(answer._tag === "Some")
        assert.deepStrictEqual<unknown>(yield* Fiber.join(fiber), { _tag: "Requested", durable: true })
      }
    })
  )

  it.scoped("that nobody could make durable says so within parkAfter, also the one that comes after that", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage({ persist: { parkAfter: "1 second" } }, () => ({
        requestCancel: () => Effect.fail(failure()),
        settle: () => Effect.fail(failure())
      }))
      const handle = yield* kernel.start("work", Effect.uninterruptible(Effect.sleep("10 seconds")))
      const asking = yield* Effect.fork(handle.cancel())
      yield* TestClock.adjust("999 millis")
      assert.isTrue((yield* Fiber.poll(asking))._tag === "None")
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual<unknown>(yield* Fiber.join(asking), { _tag: "Requested", durable: false })
      yield* TestClock.adjust("11 seconds")
      assert.strictEqual((yield* Effect.flip(handle.settled))._tag, "VerdictParked")
      assert.deepStrictEqual<unknown>(yield* handle.cancel(), { _tag: "Requested", durable: false })
    })
  )

  it.scoped("of a verdict that is parked, and may have landed, is in doubt", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage({ persist: { parkAfter: "1 second" } }, () => ({
        settle: () => Effect.fail(failure({ class: "unknown", code: "SQLITE_IOERR" }))
      }))
      const handle = yield* kernel.start("work", Effect.void)
      yield* TestClock.adjust("1 second")
      const error = yield* Effect.flip(handle.cancel())
      assert.isTrue(error._tag === "StoreFailure" && error.inDoubt && error.operation === "cancel")
      assert.isTrue(error._tag === "StoreFailure" && error.class === "unknown" && error.code === "SQLITE_IOERR")
    })
  )
})

describe("a cancel of a run that is not in this host's memory", () => {
  it.scoped("is recorded in its row, with its time and reason", () =>
    Effect.gen(function* () {
      const { kernel, store, tables } = yield* onStage()
      put(tables, foreign(1))
      yield* TestClock.adjust("5 millis")
      assert.deepStrictEqual<unknown>(yield* kernel.cancel(runId(1), { reason: "by hand" }), {
        _tag: "Requested",
        durable: true
      })
      const [row] = yield* store.list({})
      assert.deepStrictEqual([row?.status, row?.cancelRequestedAt, row?.cancelReason], ["running", 5, "by hand"])
    })
  )

  it.scoped("settles it where it is pending and nobody's", () =>
    Effect.gen(function* () {
      const { kernel, store, tables } = yield* onStage()
      put(tables, { ...foreign(1), status: "pending", hostId: null })
      assert.deepStrictEqual<unknown>(yield* kernel.cancel(runId(1)), { _tag: "Requested", durable: true })
      const [row] = yield* store.list({})
      assert.deepStrictEqual([row?.status, row?.settleToken], ["cancelled", `cancel:${runId(1)}:0`])
    })
  )

  it.scoped("is too late where its row is terminal", () =>
    Effect.gen(function* () {
      const { kernel, tables } = yield* onStage()
      put(tables, { ...foreign(1), status: "completed", workOutcome: "succeeded", finishedAt: 5 })
      assert.deepStrictEqual<unknown>(yield* kernel.cancel(runId(1)), { _tag: "AlreadyTerminal", status: "completed" })
    })
  )

  it.scoped("shares the statement of another one that waits, and its answer", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      let statements = 0
      const { kernel, tables } = yield* onStage({}, (store) => ({
        requestCancel: (rows) =>
          Effect.zipRight(
            Deferred.await(gate),
            Effect.suspend(() => {
              statements += rows.length
              return store.requestCancel(rows)
            })
          )
      }))
      put(tables, foreign(1))
      const asking = yield* Effect.forEach([1, 2], () => Effect.fork(kernel.cancel(runId(1))))
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(gate, undefined)
      for (const fiber of asking) {
        assert.deepStrictEqual<unknown>(yield* Fiber.join(fiber), { _tag: "Requested", durable: true })
      }
      assert.strictEqual(statements, 1)
      yield* kernel.cancel(runId(1))
      assert.strictEqual(statements, 2)
    })
  )

  it.scoped("waits with no more than may wait, and is refused beyond that without being asked", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage({ startsWaitingMax: 2 }, () => ({ requestCancel: () => Effect.never }))
      yield* Effect.forEach([1, 2], (n) => Effect.fork(kernel.cancel(runId(n))))
      yield* TestClock.adjust(0)
      const error = yield* Effect.flip(kernel.cancel(runId(3)))
      assert.isTrue(error._tag === "StoreFailure" && !error.inDoubt && error.operation === "cancel")
      assert.include(error.message, "2 cancels wait for the database already")
    })
  )

  it.scoped("fails in time, in doubt once it was sent, and may then be asked again", () =>
    Effect.gen(function* () {
      let isHanging = true
      const { kernel, tables } = yield* onStage(
        { startTimeout: "1 second", persist: { attemptTimeout: "5 seconds" } },
        (store) => ({
          requestCancel: (rows) => Effect.suspend(() => (isHanging ? Effect.never : store.requestCancel(rows)))
        })
      )
      put(tables, foreign(1))
      const first = yield* Effect.fork(Effect.flip(kernel.cancel(runId(1))))
      yield* TestClock.adjust("500 millis")
      const behind = yield* Effect.fork(Effect.flip(kernel.cancel(runId(2))))
      yield* TestClock.adjust("499 millis")
      assert.isTrue((yield* Fiber.poll(first))._tag === "None")
      yield* TestClock.adjust("1 millis")
      const sent = yield* Fiber.join(first)
      assert.isTrue(sent._tag === "StoreFailure" && sent.inDoubt && sent.operation === "cancel")
      yield* TestClock.adjust("500 millis")
      const unsent = yield* Fiber.join(behind)
      assert.isTrue(unsent._tag === "StoreFailure" && !unsent.inDoubt && unsent.operation === "cancel")
      isHanging = false
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual<unknown>(yield* kernel.cancel(runId(1)), { _tag: "Requested", durable: true })
    })
  )

  it.scoped("of which the kernel has not heard when it stops is told that it has stopped", () =>
    Effect.gen(function* () {
      const { close, kernel } = yield* onStage({}, () => ({ requestCancel: () => Effect.never }))
      const asking = yield* Effect.fork(Effect.flip(kernel.cancel(runId(1))))
      yield* TestClock.adjust(0)
      yield* close
      const error = yield* Fiber.join(asking)
      assert.isTrue(error._tag === "StoreFailure" && error.operation === "cancel")
      assert.include(error.message, "the kernel has stopped")
      assert.strictEqual((yield* Effect.flip(kernel.cancel(runId(1))))._tag, "KernelStopped")
    })
  )
})
