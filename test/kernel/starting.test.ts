/** What a start leaves behind, in the store and in the log, however it ends. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { RunKernel, RunMetrics, Work } from "../../src/index.js"
import { newRow } from "../../src/internal/store/memoryTables.js"
import type { RunHandle } from "../../src/Run.js"
import type { StartError, StoreFailure } from "../../src/RunError.js"
import type { RunId } from "../../src/RunId.js"
import type { NewRun } from "../../src/RunStore.js"
import { elsewhere, newRun } from "../store/contract/fixtures.js"
import { failure, onStage, type Store } from "./onStage.js"
import { recordingTracer } from "./recordingTracer.js"

type RunKernelService = typeof RunKernel.RunKernel.Service

/** The first insert is answered like this; the others, and what it may have left, as they should be. */
const firstInsert = (answer: (rows: ReadonlyArray<NewRun>, store: Store) => ReturnType<Store["insert"]>) => {
  let isFirst = true
  return (store: Store): Partial<Store> => ({
    insert: (rows) =>
      Effect.suspend(() => {
        if (!isFirst) return store.insert(rows)
        isFirst = false
        return answer(rows, store)
      })
  })
}

describe("a start", () => {
  it.scoped("inserts the row that it promises, and says so on a line", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines, store } = yield* onStage()
      yield* TestClock.adjust("7 millis")
      const handle = yield* kernel.start("work", Effect.never, { key: "k" })
      const [row] = yield* store.list({})
      assert.deepStrictEqual<unknown>(row, {
        ...newRow(newRun(1)),
        id: handle.id,
        name: "work",
        key: "k",
        payload: null,
        payloadHash: null,
        hostId,
        attemptMax: 1,
        onHostExit: "fail",
        createdAt: 7,
        startedAt: 7
      })
      const line = { _tag: "RunStarted", runId: handle.id, hostId, name: "work", attempt: 1 }
      assert.deepStrictEqual<unknown>(lines("RunStarted"), [{ ...line, key: "k" }])
      const keyless = yield* kernel.start("work", Effect.never)
      assert.deepStrictEqual<unknown>(lines("RunStarted").at(-1), { ...line, runId: keyless.id })
    })
  )

  it.scoped("counts as started, and as active while it is in memory", () =>
    Effect.gen(function* () {
      const counts = Effect.gen(function* () {
        return [(yield* Metric.value(RunMetrics.started)).count, (yield* Metric.value(RunMetrics.active)).value]
      })
      const [started = 0, active = 0] = yield* counts
      const { kernel } = yield* onStage()
      const handle = yield* kernel.start("work", Effect.never)
      assert.deepStrictEqual(yield* counts, [started + 1, active + 1])
      yield* handle.cancel()
      yield* handle.settled
      assert.deepStrictEqual(yield* counts, [started + 1, active])
    })
  )

  it.scoped("of a key that is taken fails, names who has it, and leaves nothing", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines, store } = yield* onStage()
      const holder = yield* kernel.start("work", Effect.never, { key: "k" })
      const error = yield* Effect.flip(kernel.start("work", Effect.never, { key: "k" }))
      assert.isTrue(error._tag === "RunAlreadyActive" && error.activeId === holder.id)
      assert.isTrue(error._tag === "RunAlreadyActive" && error.name === "work" && error.key === "k")
      assert.deepStrictEqual<unknown>(lines("StartFailed"), [
        {
          _tag: "StartFailed",
          hostId,
          name: "work",
          error: "RunAlreadyActive",
          message: error.message,
          abandoned: false
        }
      ])
      assert.strictEqual((yield* store.list({})).length, 1)
    })
  )

  it.scoped("inside a transaction of the store's client is refused", () =>
    Effect.gen(function* () {
      const { kernel, lines } = yield* onStage({}, () => ({ isCallerInTransaction: Effect.succeed(true) }))
      const error = yield* Effect.flip(kernel.start("work", Effect.never))
      assert.isTrue(error._tag === "CalledInTransaction" && error.operation === "start")
      const [line] = lines("StartFailed")
      assert.isTrue(line?._tag === "StartFailed" && "abandoned" in line && line.abandoned === false)
    })
  )

  it.scoped("whose row is there before it was answered, and is not its own, fails", () =>
    Effect.gen(function* () {
      const { kernel, lines } = yield* onStage(
        {},
        firstInsert((rows) =>
          Effect.succeed(
            rows.map((run) => ({ _tag: "AlreadyThere", row: newRow({ ...run, hostId: elsewhere }) }) as const)
          )
        )
      )
      const error = yield* Effect.flip(kernel.start("work", Effect.never))
      assert.isTrue(error._tag === "StoreFailure" && error.operation === "start" && error.class === "unknown")
      // The host that has it executes it.
      assert.isTrue(error._tag === "StoreFailure" && error.inDoubt)
      assert.include(error.message, "was running before the start was answered")
      assert.strictEqual(lines("StartFailed").length, 1)
    })
  )

  it.scoped("whose insert had landed before its answer was lost begins, unless a cancel was there first", () =>
    Effect.gen(function* () {
      for (const cancelRequestedAt of [null, 3]) {
        let hasBegun = false
        const { hostId, kernel, lines } = yield* onStage(
          {},
          firstInsert((rows, store) =>
            Effect.map(store.insert(rows), () =>
              rows.map(() => ({ _tag: "AlreadyInserted", cancelRequestedAt }) as const)
            )
          )
        )
        const handle = yield* kernel.start(
          "work",
          Effect.sync(() => {
            hasBegun = true
          })
        )
        const { status, workOutcome } = yield* handle.settled
        assert.deepStrictEqual<unknown>(
          [hasBegun, status, workOutcome],
          cancelRequestedAt === null ? [true, "completed", "succeeded"] : [false, "cancelled", "notStarted"]
        )
        assert.deepStrictEqual<unknown>(
          lines("CancelRequested"),
          cancelRequestedAt === null ? [] : [{ _tag: "CancelRequested", runId: handle.id, hostId }]
        )
      }
    })
  )
})

describe("a start that is given up", () => {
  it.scoped("in time says what the database failed with, that it is in doubt, and leaves a tombstone", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines, store } = yield* onStage({ startTimeout: "1 second" }, () => ({
        insert: () => Effect.fail(failure({ operation: "insert", class: "unknown", code: "SQLITE_IOERR" }))
      }))
      const starting = yield* Effect.fork(Effect.flip(kernel.start("work", Effect.never, { key: "k" })))
      yield* TestClock.adjust("999 millis")
      assert.isTrue((yield* Fiber.poll(starting))._tag === "None")
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(starting)
      assert.isTrue(error._tag === "StoreFailure" && error.operation === "start" && error.inDoubt)
      assert.isTrue(error._tag === "StoreFailure" && error.class === "unknown" && error.code === "SQLITE_IOERR")
      yield* TestClock.adjust(0)
      const [row] = yield* store.list({})
      const message = `Its start was given up: ${error.message}`
      assert.deepStrictEqual(
        [row?.status, row?.workOutcome, JSON.parse(row?.error ?? "")],
        ["failed", "notStarted", { reason: "StartAbandoned", message }]
      )
      assert.deepStrictEqual<unknown>(lines("StartFailed"), [
        { _tag: "StartFailed", runId: row?.id, hostId, name: "work", error: "StoreFailure", message, abandoned: true }
      ])
    })
  )

  it.scoped("before it was sent says that it is not in doubt, and leaves no row", () =>
    Effect.gen(function* () {
      const { kernel, lines, store } = yield* onStage({ startTimeout: "1 second" }, () => ({
        settle: () => Effect.never
      }))
      const first = yield* kernel.start("first", Effect.void)
      yield* TestClock.adjust(0)
      const starting = yield* Effect.fork(Effect.flip(kernel.start("second", Effect.never)))
      yield* TestClock.adjust("1 second")
      const error = yield* Fiber.join(starting)
      assert.isTrue(error._tag === "StoreFailure" && !error.inDoubt)
      const rows = yield* store.list({})
      assert.deepStrictEqual(
        rows.map(({ id }) => id),
        [first.id]
      )
      assert.deepStrictEqual(lines("StartFailed"), [])
    })
  )

  it.scoped("by its caller says so, and leaves a tombstone", () =>
    Effect.gen(function* () {
      const { kernel, lines, store } = yield* onStage({}, () => ({ insert: () => Effect.never }))
      const starting = yield* Effect.fork(kernel.start("work", Effect.never))
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(starting)
      yield* TestClock.adjust("10 seconds")
      const [line] = lines("StartFailed")
      assert.isTrue(line !== undefined && "error" in line && line.error === "Interrupted")
      assert.isTrue(
        line !== undefined && "message" in line && line.message === "Its start was given up: it was interrupted."
      )
      const [row] = yield* store.list({})
      assert.deepStrictEqual([row?.status, row?.startedAt], ["failed", null])
      assert.deepStrictEqual(JSON.parse(row?.error ?? ""), {
        reason: "StartAbandoned",
        message: "Its start was given up: it was interrupted."
      })
    })
  )

  it.scoped("holds up the next one of its key until the tombstone stands, and the next one then has the key", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      let isHanging = true
      const { kernel } = yield* onStage({ persist: { attemptTimeout: "5 seconds" } }, (store) => ({
        insert: (rows) => Effect.suspend(() => (isHanging ? Effect.never : store.insert(rows))),
        entomb: (rows) => Effect.zipRight(Deferred.await(gate), store.entomb(rows))
      }))
      const first = yield* Effect.fork(kernel.start("work", Effect.never, { key: "k" }))
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(first)
      isHanging = false
      const second = yield* Effect.fork(kernel.start("work", Effect.never, { key: "k" }))
      yield* TestClock.adjust("6 seconds")
      assert.isTrue((yield* Fiber.poll(second))._tag === "None")
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust("1 second")
      assert.isTrue((yield* Fiber.join(second)).isNew)
    })
  )

  it.scoped("holds up the next one of its key no longer than a start may take", () =>
    Effect.gen(function* () {
      const { hostId, kernel, lines } = yield* onStage({ startTimeout: "2 seconds" }, () => ({
        insert: () => Effect.never,
        entomb: () => Effect.never
      }))
      const first = yield* Effect.fork(kernel.start("work", Effect.never, { key: "k" }))
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(first)
      const second = yield* Effect.fork(Effect.flip(kernel.start("work", Effect.never, { key: "k" })))
      yield* TestClock.adjust("1999 millis")
      assert.isTrue((yield* Fiber.poll(second))._tag === "None")
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(second)
      assert.isTrue(error._tag === "StoreFailure" && !error.inDoubt && error.operation === "start")
      assert.include(error.message, 'an earlier start of "work" for the same key is still in doubt')
      assert.deepStrictEqual<unknown>(lines("StartFailed").at(-1), {
        _tag: "StartFailed",
        hostId,
        name: "work",
        error: "StoreFailure",
        message: error.message,
        abandoned: false
      })
    })
  )

  it.scoped("and waits for its tombstone takes the place of one that waits", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage({ startsWaitingMax: 1, startTimeout: "1 second" }, () => ({
        insert: () => Effect.fail(failure()),
        entomb: () => Effect.fail(failure())
      }))
      const first = yield* Effect.fork(Effect.flip(kernel.start("work", Effect.never)))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(first)
      const error = yield* Effect.flip(kernel.start("work", Effect.never))
      assert.isTrue(error._tag === "StoreFailure" && error.operation === "start" && !error.inDoubt)
      assert.include(error.message, "1 starts wait for the database already")
    })
  )
})

const Keyed = Work.make("keyed", { payload: { n: Schema.Number }, success: Schema.Void })

describe("a start whose key was taken by one that is given up in the same moment", () => {
  /** Two starts of one key, in one statement; the first is interrupted before the answer is there. */
  const together = (start: (kernel: RunKernelService) => Effect.Effect<RunHandle<unknown, unknown>, StartError>) =>
    Effect.gen(function* () {
      const sent = yield* Deferred.make<void>()
      const answered = yield* Deferred.make<void>()
      let statements = 0
      const { kernel, lines } = yield* onStage({}, (store) => ({
        insert: (rows) =>
          Effect.suspend(() => {
            statements++
            if (statements === 1) return Effect.zipRight(Deferred.await(sent), store.insert(rows))
            return Effect.zipLeft(store.insert(rows), Deferred.await(answered))
          })
      }))
      // While its insert is in flight the next batch fills by itself.
      yield* Effect.fork(kernel.start("before", Effect.never))
      yield* TestClock.adjust(0)
      const first = yield* Effect.fork(start(kernel))
      yield* TestClock.adjust(0)
      const second = yield* Effect.fork(start(kernel))
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(sent, undefined)
      yield* TestClock.adjust(0)
      const interrupting = yield* Effect.fork(Fiber.interrupt(first))
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(answered, undefined)
      yield* TestClock.adjust(0)
      yield* Fiber.join(interrupting)
      return { handle: yield* Fiber.join(second), lines }
    })

  it.scoped("waits for its tombstone, asks again, and has the key", () =>
    Effect.gen(function* () {
      const { handle, lines } = yield* together((kernel) => kernel.start("work", Effect.never, { key: "k" }))
      assert.isTrue(handle.isNew)
      assert.strictEqual(lines("RunStarted").filter((line) => "key" in line && line.key === "k").length, 1)
      assert.deepStrictEqual(
        lines("StartFailed").map((line) => "abandoned" in line && line.abandoned),
        [true]
      )
    })
  )

  it.scoped("waits for its tombstone also where it was the idempotency key, and is no repetition then", () =>
    Effect.gen(function* () {
      const { handle } = yield* together((kernel) =>
        Keyed.start({ n: 1 }, { idempotencyKey: "request" }).pipe(
          Effect.provide(Keyed.toLayer(() => Effect.never)),
          Effect.provideService(RunKernel.RunKernel, kernel)
        )
      )
      assert.isTrue(handle.isNew)
    })
  )

  /**
   * The first start has no answer, and is in doubt once it is interrupted. `answer` says who has the key of whoever asks
   * after it.
   */
  const afterOneInDoubt = (
    keys: { readonly first: string; readonly second: string },
    answer: (asked: number, holder: RunId) => Effect.Effect<RunId, StoreFailure>,
    entomb: (store: Store, asked: number) => Store["entomb"]
  ) =>
    Effect.gen(function* () {
      let holder: RunId | undefined
      let asked = 0
      const { close, kernel } = yield* onStage({ persist: { attemptTimeout: "1 second" } }, (store) => ({
        insert: (rows) =>
          Effect.suspend(() => {
            const id = rows[0]?.id
            if (id === undefined || holder === undefined || id === holder) {
              holder = id
              return Effect.never
            }
            return Effect.map(answer(++asked, holder), (activeId) =>
              rows.map(() => ({ _tag: "KeyTaken", activeId }) as const)
            )
          }),
        entomb: (tombstones) => Effect.suspend(() => entomb(store, asked)(tombstones))
      }))
      const first = yield* Effect.fork(kernel.start("work", Effect.never, { key: keys.first }))
      yield* TestClock.adjust(0)
      const second = yield* Effect.fork(Effect.flip(kernel.start("work", Effect.never, { key: keys.second })))
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(first)
      return { asked: () => asked, close, holder, second }
    })

  const noTombstone = () => () => Effect.fail(failure())

  it.scoped("asks three times at most", () =>
    Effect.gen(function* () {
      const keys = { first: "its", second: "other" }
      const { asked, holder, second } = yield* afterOneInDoubt(keys, (_, id) => Effect.succeed(id), noTombstone)
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(second)
      assert.isTrue(error._tag === "RunAlreadyActive" && error.activeId === holder)
      assert.strictEqual(asked(), 3)
    })
  )

  /** The second has repeated its insert when it learns that the key is held by a start that is in doubt. */
  const repeated = (isEntombed: boolean) =>
    Effect.gen(function* () {
      const { asked, ...others } = yield* afterOneInDoubt(
        { first: "k", second: "k" },
        (asked, holder) =>
          asked === 1
            ? Effect.fail(failure({ operation: "insert", inDoubt: true }))
            : Effect.succeed(asked < 3 ? holder : newRun(1).id),
        (store, asked) => (isEntombed && asked > 1 ? store.entomb : noTombstone())
      )
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(asked(), isEntombed ? 3 : 2)
      return others
    })

  it.scoped("is in doubt itself where the kernel stops before it has asked again, and its insert was repeated", () =>
    Effect.gen(function* () {
      const { close, second } = yield* repeated(false)
      const closing = yield* Effect.fork(close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      const error = yield* Fiber.join(second)
      assert.isTrue(error._tag === "KernelStopped" && error.inDoubt)
    })
  )

  it.scoped("is in doubt itself where the tombstone does not come in time, and its insert was repeated", () =>
    Effect.gen(function* () {
      const { second } = yield* repeated(false)
      yield* TestClock.adjust("1 minute")
      const error = yield* Fiber.join(second)
      assert.isTrue(error._tag === "StoreFailure" && error.operation === "start" && error.inDoubt)
    })
  )

  it.scoped("says who has the key where that is another one by then, also if its insert was repeated", () =>
    Effect.gen(function* () {
      const error = yield* Fiber.join((yield* repeated(true)).second)
      assert.isTrue(error._tag === "RunAlreadyActive" && error.activeId === newRun(1).id)
    })
  )
})

describe("a start with an idempotency key", () => {
  const withKeyed = Effect.gen(function* () {
    const { kernel, lines, store } = yield* onStage()
    const live = Keyed.toLayer(() => Effect.void).pipe(Layer.provideMerge(Layer.succeed(RunKernel.RunKernel, kernel)))
    const context = yield* Layer.build(live)
    const start = (n: number) => Effect.provide(Keyed.start({ n }, { idempotencyKey: "request" }), context)
    return { lines, start, store }
  })

  it.scoped("that was used before with the same payload answers with that run", () =>
    Effect.gen(function* () {
      const { lines, start, store } = yield* withKeyed
      const first = yield* start(1)
      const again = yield* start(1)
      assert.deepStrictEqual([first.isNew, again.isNew, again.id], [true, false, first.id])
      assert.deepStrictEqual(lines("StartFailed"), [])
      assert.strictEqual((yield* store.list({})).length, 1)
    })
  )

  it.scoped("that was used before with another payload is refused, with the run that has it", () =>
    Effect.gen(function* () {
      const { lines, start } = yield* withKeyed
      const first = yield* start(1)
      const error = yield* Effect.flip(start(2))
      assert.isTrue(error._tag === "IdempotencyConflict" && error.existingId === first.id)
      assert.isTrue(error._tag === "IdempotencyConflict" && error.idempotencyKey === "request")
      assert.strictEqual(lines("StartFailed").length, 1)
    })
  )
})

describe("a start of a definition that may be restarted", () => {
  const deadlineOf = (restartWithin: "1 minute" | undefined) =>
    Effect.gen(function* () {
      const { kernel, store } = yield* onStage()
      const Limited = Work.make("limited", {
        success: Schema.Void,
        onHostExit: "restart",
        attemptMax: 3,
        restartWithin
      })
      const live = Limited.toLayer(() => Effect.never)
      const context = yield* Layer.build(Layer.provideMerge(live, Layer.succeed(RunKernel.RunKernel, kernel)))
      yield* TestClock.adjust("7 millis")
      yield* Effect.provide(Limited.start(), context)
      const [row] = yield* store.list({})
      return [row?.createdAt, row?.restartDeadline]
    })

  it.scoped("within a time has the end of that time in its row, and none where there is no such time", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* deadlineOf("1 minute"), [7, 60_007])
      assert.deepStrictEqual(yield* deadlineOf(undefined), [14, null])
    })
  )
})

describe("starts", () => {
  it.scoped("that have been answered wait no more", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage({ startsWaitingMax: 2 })
      for (let n = 0; n < 5; n++) yield* kernel.start("work", Effect.void)
    })
  )

  it.scoped("of a kernel that has stopped are refused, on a line as well", () =>
    Effect.gen(function* () {
      const { close, kernel, lines } = yield* onStage()
      yield* close
      assert.strictEqual((yield* Effect.flip(kernel.start("work", Effect.void)))._tag, "KernelStopped")
      assert.deepStrictEqual(
        lines("StartFailed").map((line) => "error" in line && line.error),
        ["KernelStopped"]
      )
    })
  )

  it.scoped("have a span that names their run", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage()
      const { spans, tracer } = recordingTracer()
      const handle = yield* Effect.withTracer(kernel.start("work", Effect.never), tracer)
      assert.deepStrictEqual<unknown>(
        spans.find(([name]) => name === RunMetrics.spans.start),
        [RunMetrics.spans.start, { "holdfast.run.name": "work", "holdfast.run.id": handle.id }]
      )
    })
  )

  it.scoped("leave their caller's span as it is, where nobody traces", () =>
    Effect.gen(function* () {
      const { kernel } = yield* onStage()
      const span = yield* Effect.withSpan(
        Effect.zipRight(kernel.start("work", Effect.never), Effect.currentSpan),
        "caller"
      )
      assert.deepStrictEqual(
        [...span.attributes.keys()].filter((key) => key.startsWith("holdfast")),
        []
      )
    })
  )
})

describe("a host whose lease could not be renewed", () => {
  it.scoped("begins no work once the lease may have been judged lost, and leaves a tombstone", () =>
    Effect.gen(function* () {
      let hasBegun = false
      const { kernel, store } = yield* onStage({ leaseDuration: "30 seconds" }, () => ({
        renewHost: () => Effect.fail(failure())
      }))
      const work = Effect.sync(() => {
        hasBegun = true
      })
      yield* TestClock.adjust("24999 millis")
      yield* (yield* kernel.start("in time", work)).settled
      assert.isTrue(hasBegun)
      hasBegun = false
      yield* TestClock.adjust("1 millis")
      const error = yield* Effect.flip(kernel.start("too late", work))
      assert.isTrue(error._tag === "StoreFailure" && error.operation === "start")
      assert.include(error.message, "the host's lease could not be renewed in time")
      yield* TestClock.adjust("1 second")
      const row = (yield* store.list({ name: "too late" }))[0]
      assert.deepStrictEqual([row?.status, row?.workOutcome, hasBegun], ["failed", "notStarted", false])
    })
  )

  it.scoped("begins no work whose row names the host that it was before", () =>
    Effect.gen(function* () {
      let hasBegun = false
      const gate = yield* Deferred.make<void>()
      const { kernel, lines } = yield* onStage(
        { leaseDuration: "30 seconds", startTimeout: "1 minute", persist: { attemptTimeout: "1 minute" } },
        (store) => ({
          insert: (rows) => Effect.zipRight(Deferred.await(gate), store.insert(rows)),
          renewHost: () => Effect.succeed({ held: false, owned: [] })
        })
      )
      const work = Effect.sync(() => {
        hasBegun = true
      })
      const starting = yield* Effect.fork(Effect.flip(kernel.start("work", work)))
      yield* TestClock.adjust("11 seconds")
      assert.strictEqual(lines("LeaseReplaced").length, 1)
      yield* Deferred.succeed(gate, undefined)
      const error = yield* Fiber.join(starting)
      assert.isTrue(error._tag === "StoreFailure" && !hasBegun)
    })
  )
})
