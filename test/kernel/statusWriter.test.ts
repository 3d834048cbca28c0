/** The writer by itself, over a store of which every operation does what the test says. */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { makeMemory } from "../../src/internal/store/memoryStore.js"
import type { Job } from "../../src/internal/writing/laneQueue.js"
import { failureFields, make, type PersistOptions, type StatusWriter } from "../../src/internal/writing/statusWriter.js"
import type { WriteLane } from "../../src/internal/writing/writeLane.js"
import { type FailureClass, StoreFailure } from "../../src/RunError.js"
import type { RunId } from "../../src/RunId.js"
import * as RunMetrics from "../../src/RunMetrics.js"
import type { RunStore } from "../../src/RunStore.js"
import { cancel, here, newRun, runId, settlement, tombstone } from "../store/contract/fixtures.js"
import { recordingTracer } from "./recordingTracer.js"

type Store = typeof RunStore.Service

const failure = (failureClass: FailureClass, over: Partial<StoreFailure> = {}) =>
  new StoreFailure({ operation: "settle", class: failureClass, cause: new Error("made up"), ...over })

const progress = (n: number) => ({ id: runId(n), hostId: here, attempt: 1, current: n, total: null, step: null })

/** A writer over a memory store that the test may change, and all that it has done, in order. */
const stage = (change: (store: Store) => Partial<Store> = () => ({}), options: Partial<PersistOptions> = {}) =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const lines: Array<Record<string, unknown>> = []
    const memory = yield* makeMemory
    const store = { ...memory, ...change(memory) }
    /** Says that an operation was asked for, in the step in which it is. */
    const named =
      <A, B>(name: string, operation: (rows: A) => Effect.Effect<B, StoreFailure>) =>
      (rows: A) =>
        Effect.suspend(() => {
          seen.push(name)
          return operation(rows)
        })
    const writer = yield* make(
      {
        ...store,
        insert: named("insert", store.insert),
        settle: named("settle", store.settle),
        entomb: named("entomb", store.entomb),
        requestCancel: named("cancel", store.requestCancel),
        reportProgress: named("progress", store.reportProgress),
        check: Effect.zipRight(
          Effect.sync(() => seen.push("check")),
          store.check
        )
      },
      () => here,
      (line) => Effect.sync(() => void lines.push({ ...line })),
      {
        schedule: Schedule.spaced("100 millis"),
        delayMax: Duration.seconds(1),
        attemptTimeout: Duration.seconds(5),
        parkAfterAttempts: 3,
        batchMax: 200,
        budgetMin: Duration.seconds(5),
        ...options
      }
    )
    /** Submits, without waking the writer. */
    const submit = <Row, Outcome extends { readonly _tag: string } | undefined>(
      name: string,
      lane: WriteLane<Row, Outcome>,
      row: Row & { readonly id?: RunId },
      over: Partial<Job<Row, Outcome>> = {}
    ) =>
      lane.submit({
        id: row.id ?? runId(99),
        row: () => row,
        answered: (outcome) => Effect.sync(() => void seen.push(`${name}: ${outcome?._tag ?? "done"}`)),
        overdue: (error, attempts) =>
          Effect.sync(() => void seen.push(`${name} overdue: ${error.class} at ${attempts}`)),
        budgetUntil: Number.POSITIVE_INFINITY,
        ...over
      })
    return {
      writer,
      lines,
      submit,
      settle: (n: number, over: Partial<Job<never, never>> = {}) => {
        submit(`settle ${n}`, writer.settle, settlement(n), over as never)
        writer.wake()
      },
      /** What has happened since the last time. */
      seen: () => seen.splice(0)
    }
  })

const isDrained = (writer: StatusWriter) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(writer.drained)
    yield* TestClock.adjust(0)
    const exit = yield* Fiber.poll(fiber)
    yield* Fiber.interrupt(fiber)
    return Option.isSome(exit)
  })

describe("the writer", () => {
  it.scoped("sends what settles first, and reports last", () =>
    Effect.gen(function* () {
      const { seen, submit, writer } = yield* stage()
      submit("progress", writer.progress, progress(1))
      submit("cancel", writer.cancel, cancel(1))
      submit("insert", writer.insert, newRun(1))
      const start = newRun(2)
      submit("entomb", writer.entomb, { ...tombstone(start), id: start.id })
      submit("settle", writer.settle, settlement(3))
      writer.wake()
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(seen(), [
        "settle",
        "settle: NotFound",
        "entomb",
        "entomb: Applied",
        "insert",
        "insert: Inserted",
        "cancel",
        "cancel: Recorded",
        "progress",
        "progress: done"
      ])
    })
  )

  it.scoped("lets whoever it has answered submit again before it sends the next batch", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { seen, settle } = yield* stage((store) => ({
        settle: (rows) => Effect.zipRight(Deferred.await(gate), store.settle(rows))
      }))
      settle(1)
      yield* TestClock.adjust(0)
      settle(2)
      settle(3)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(seen(), ["settle"])
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(seen(), ["settle 1: NotFound", "settle", "settle 2: NotFound", "settle 3: NotFound"])
    })
  )

  it.scoped("sends nothing while nothing waits", () =>
    Effect.gen(function* () {
      const { seen, writer } = yield* stage()
      writer.wake()
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(seen(), [])
    })
  )

  it.scoped("repeats what failed after its delay, tells each failure on a line, and parks after its attempts", () =>
    Effect.gen(function* () {
      let failures = 4
      const { lines, seen, settle } = yield* stage((store) => ({
        settle: (rows) =>
          failures-- > 0 ? Effect.fail(failure("transient", { code: "SQLITE_BUSY" })) : store.settle(rows)
      }))
      settle(1)
      yield* TestClock.adjust("99 millis")
      assert.deepStrictEqual(seen(), ["settle"])
      assert.deepStrictEqual(lines, [
        {
          _tag: "WriteFailed",
          hostId: here,
          failure: failureFields(failure("transient", { code: "SQLITE_BUSY" })),
          rows: 1,
          runIds: [runId(1)],
          attempt: 1,
          retryInMillis: 100
        }
      ])
      yield* TestClock.adjust("101 millis")
      assert.deepStrictEqual(seen(), ["settle", "settle", "settle 1 overdue: transient at 3"])
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual(seen(), ["settle", "settle", "settle 1: NotFound"])
    })
  )

  it.scoped("parks a tombstone and a cancel after as many attempts as a verdict, an insert by its budget alone", () =>
    Effect.gen(function* () {
      const fails = () => Effect.fail(failure("transient"))
      const { seen, submit, writer } = yield* stage(() => ({ entomb: fails, insert: fails, requestCancel: fails }))
      const start = newRun(2)
      submit("entomb", writer.entomb, { ...tombstone(start), id: start.id })
      submit("insert", writer.insert, newRun(1), { budgetUntil: 1_050 })
      submit("cancel", writer.cancel, cancel(1))
      writer.wake()
      yield* TestClock.adjust("200 millis")
      const overdue = () => seen().filter((what) => what.includes("overdue"))
      assert.deepStrictEqual(overdue(), ["entomb overdue: transient at 3", "cancel overdue: transient at 3"])
      yield* TestClock.adjust("849 millis")
      assert.deepStrictEqual(overdue(), [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(overdue(), ["insert overdue: transient at 11"])
    })
  )

  it.scoped("does not repeat a report of progress", () =>
    Effect.gen(function* () {
      const { seen, submit, writer } = yield* stage(() => ({ reportProgress: () => Effect.fail(failure("transient")) }))
      submit("progress", writer.progress, progress(1))
      writer.wake()
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(seen(), ["progress"])
    })
  )

  it.scoped("names a hundred runs of a failed batch at most, and counts them all", () =>
    Effect.gen(function* () {
      const { lines, submit, writer } = yield* stage(() => ({ settle: () => Effect.fail(failure("transient")) }))
      for (let n = 1; n <= 120; n++) submit(`settle ${n}`, writer.settle, settlement(n))
      writer.wake()
      yield* TestClock.adjust(0)
      const [line] = lines
      assert.strictEqual(line?.["rows"], 120)
      assert.deepStrictEqual(
        line?.["runIds"],
        Array.from({ length: 100 }, (_, index) => runId(index + 1))
      )
    })
  )

  it.scoped("counts each attempt, and each failure by its class", () =>
    Effect.gen(function* () {
      const count = Effect.gen(function* () {
        const attempts = yield* Metric.value(Metric.tagged(RunMetrics.writeAttempts, "operation", "cancel"))
        const failures = yield* Metric.value(
          RunMetrics.writeFailures.pipe(Metric.tagged("operation", "cancel"), Metric.tagged("class", "slow"))
        )
        return [attempts.count, failures.count] as const
      })
      const [attempts, failures] = yield* count
      let isFirst = true
      const { submit, writer } = yield* stage((store) => ({
        requestCancel: (rows) => {
          if (!isFirst) return store.requestCancel(rows)
          isFirst = false
          return Effect.fail(failure("slow"))
        }
      }))
      submit("cancel", writer.cancel, cancel(1))
      writer.wake()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* count, [attempts + 2, failures + 1])
    })
  )

  it.effect("has a span of its own around each statement, which says what is written", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recordingTracer()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { submit, writer } = yield* stage((store) => ({
            reportProgress: () => Effect.fail(failure("fatal")),
            check: store.check
          }))
          submit("settle 1", writer.settle, settlement(1))
          submit("settle 2", writer.settle, settlement(2))
          const start = newRun(3)
          submit("entomb", writer.entomb, { ...tombstone(start), id: start.id })
          submit("insert", writer.insert, newRun(4))
          submit("cancel", writer.cancel, cancel(4))
          submit("progress", writer.progress, progress(4))
          writer.wake()
          yield* TestClock.adjust("1 second")
        })
      ).pipe(Effect.withTracer(tracer))
      assert.deepStrictEqual(spans, [
        [
          "StatusWriter.write",
          { "db.operation.name": "settle", "db.operation.batch.size": 2, "holdfast.run.id": `${runId(1)},${runId(2)}` }
        ],
        [
          "StatusWriter.write",
          { "db.operation.name": "entomb", "db.operation.batch.size": 1, "holdfast.run.id": runId(3) }
        ],
        [
          "StatusWriter.write",
          { "db.operation.name": "insert", "db.operation.batch.size": 1, "holdfast.run.id": runId(4) }
        ],
        [
          "StatusWriter.write",
          { "db.operation.name": "cancel", "db.operation.batch.size": 1, "holdfast.run.id": runId(4) }
        ],
        [
          "StatusWriter.write",
          { "db.operation.name": "progress", "db.operation.batch.size": 1, "holdfast.run.id": runId(4) }
        ],
        ["StatusWriter.write", { "db.operation.name": "check", "db.operation.batch.size": 0, "holdfast.run.id": "" }]
      ])
    })
  )

  it.effect("names a hundred runs in such a span at most", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recordingTracer()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { submit, writer } = yield* stage()
          for (let n = 1; n <= 120; n++) submit(`settle ${n}`, writer.settle, settlement(n))
          writer.wake()
          yield* TestClock.adjust(0)
        })
      ).pipe(Effect.withTracer(tracer))
      const [, attributes] = spans[0] ?? []
      assert.strictEqual(attributes?.["db.operation.batch.size"], 120)
      assert.strictEqual(String(attributes?.["holdfast.run.id"]).split(",").length, 100)
    })
  )

  it.scoped("goes on after a defect of whoever it answers, when the longest delay has passed", () =>
    Effect.gen(function* () {
      const { seen, settle } = yield* stage()
      settle(1, { answered: () => Effect.die(new Error("made up")) })
      yield* TestClock.adjust(0)
      settle(2)
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(seen(), ["settle"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(seen(), ["settle", "settle 2: NotFound"])
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )

  it.effect("tells of such a defect at the highest level", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void told.push(`${logLevel.label} ${String(message)}`))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { settle } = yield* stage()
          settle(1, { answered: () => Effect.die(new Error("made up")) })
          yield* TestClock.adjust(0)
        })
      ).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      assert.deepStrictEqual(told, ["FATAL The status writer met a defect and goes on"])
    })
  )

  it.effect("ends with the scope that it was made in, and is no defect then", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const logger = Logger.make(({ message }) => void told.push(String(message)))
      const seen = yield* Effect.scoped(
        Effect.gen(function* () {
          const { seen, settle } = yield* stage(() => ({ settle: () => Effect.never }))
          settle(1)
          yield* TestClock.adjust(0)
          return seen
        })
      ).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual([seen(), told], [["settle"], []])
    })
  )
})

describe("a budget that passes", () => {
  it.scoped("while the statement hangs is told in time, also to who came later, and stops nothing", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const { seen, settle } = yield* stage((store) => ({
        settle: (rows) => Effect.zipRight(Deferred.await(gate), store.settle(rows))
      }))
      settle(1, { budgetUntil: 300 })
      yield* TestClock.adjust("100 millis")
      settle(2, { budgetUntil: 350 })
      yield* TestClock.adjust("199 millis")
      assert.deepStrictEqual(seen(), ["settle"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(seen(), ["settle 1 overdue: unknown at 1"])
      yield* TestClock.adjust("50 millis")
      assert.deepStrictEqual(seen(), ["settle 2 overdue: unknown at 0"])
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(seen(), ["settle 1: NotFound", "settle", "settle 2: NotFound"])
    })
  )

  it.scoped("of who came later, and before that of who came first, is told in time", () =>
    Effect.gen(function* () {
      const { seen, settle } = yield* stage(() => ({ settle: () => Effect.never }))
      settle(1, { budgetUntil: 300 })
      yield* TestClock.adjust("100 millis")
      settle(2, { budgetUntil: 200 })
      yield* TestClock.adjust("99 millis")
      assert.deepStrictEqual(seen(), ["settle"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(seen(), ["settle 2 overdue: unknown at 0"])
      yield* TestClock.adjust("100 millis")
      assert.deepStrictEqual(seen(), ["settle 1 overdue: unknown at 1"])
    })
  )

  it.scoped("of who came later is told in time, also where nobody had one when the statement was sent", () =>
    Effect.gen(function* () {
      for (const budgetUntil of [Number.POSITIVE_INFINITY, 60_000]) {
        const { seen, settle } = yield* stage(() => ({ settle: () => Effect.never }), {
          budgetMin: Duration.millis(4_999)
        })
        const start = yield* Clock.currentTimeMillis
        settle(1, { budgetUntil })
        yield* TestClock.adjust("1 second")
        settle(2, { budgetUntil: start + 2_000 })
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(seen(), ["settle", "settle 2 overdue: unknown at 0"])
      }
    })
  )

  it.scoped("is told with what the job waited behind", () =>
    Effect.gen(function* () {
      const told: Array<StoreFailure> = []
      const { settle } = yield* stage(() => ({ settle: () => Effect.never }))
      settle(1, { budgetUntil: 300, overdue: (error) => Effect.sync(() => void told.push(error)) })
      yield* TestClock.adjust("300 millis")
      const [error] = told
      assert.deepStrictEqual([told.length, error?.operation, error?.class], [1, "settle", "unknown"])
      assert.include(error?.message ?? "", "the statements before it have not been answered")
    })
  )

  it.scoped("between two attempts is told in time", () =>
    Effect.gen(function* () {
      const { seen, settle } = yield* stage(() => ({ settle: () => Effect.fail(failure("slow")) }))
      settle(1, { budgetUntil: 400 })
      yield* TestClock.adjust("399 millis")
      assert.deepStrictEqual(seen(), ["settle"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(seen(), ["settle 1 overdue: slow at 1"])
    })
  )
})

describe("a damaged database", () => {
  const damaged = (state: { isSound: boolean; isChecked: boolean }) =>
    stage((store) => ({
      settle: (rows) => (state.isSound ? store.settle(rows) : Effect.fail(failure("fatal"))),
      check: Effect.suspend(() => (state.isChecked ? Effect.void : Effect.fail(failure("fatal"))))
    }))

  it.scoped("is not written to until it passes its check, and who waits, or comes, is told at once", () =>
    Effect.gen(function* () {
      const state = { isSound: false, isChecked: false }
      const { lines, seen, settle } = yield* damaged(state)
      settle(1)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(seen(), ["settle", "settle 1 overdue: fatal at 1"])
      settle(2)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(seen(), ["settle 2 overdue: fatal at 0"])
      yield* TestClock.adjust("500 millis")
      settle(3)
      yield* TestClock.adjust("499 millis")
      assert.deepStrictEqual(seen(), ["settle 3 overdue: fatal at 0"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(seen(), ["check"])
      state.isSound = true
      state.isChecked = true
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(seen(), [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(seen(), [
        "check",
        "settle",
        "settle 1: NotFound",
        "settle 2: NotFound",
        "settle 3: NotFound"
      ])
      assert.deepStrictEqual(
        lines.map((line) => line["_tag"]),
        ["WriteFailed", "DatabaseDamaged"]
      )
      assert.deepStrictEqual(lines[1], {
        _tag: "DatabaseDamaged",
        hostId: here,
        failure: failureFields(failure("fatal"))
      })
    })
  )

  it.scoped("is told of again where it is damaged again", () =>
    Effect.gen(function* () {
      const state = { isSound: false, isChecked: true }
      const { lines, seen, settle } = yield* damaged(state)
      settle(1)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(seen(), ["settle", "settle 1 overdue: fatal at 1", "check", "settle"])
      assert.deepStrictEqual(
        lines.map((line) => line["_tag"]),
        ["WriteFailed", "DatabaseDamaged", "WriteFailed", "DatabaseDamaged"]
      )
    })
  )

  it.scoped("is told of once where several lanes meet it in one round", () =>
    Effect.gen(function* () {
      const { lines, submit, writer } = yield* stage(() => ({
        settle: () => Effect.fail(failure("fatal")),
        insert: () => Effect.fail(failure("fatal"))
      }))
      submit("settle", writer.settle, settlement(1))
      submit("insert", writer.insert, newRun(2))
      writer.wake()
      yield* TestClock.adjust(0)
      assert.strictEqual(lines.filter((line) => line["_tag"] === "DatabaseDamaged").length, 1)
    })
  )
})

describe("drained", () => {
  it.scoped("is a writer in which no terminal write waits", () =>
    Effect.gen(function* () {
      const { settle, submit, writer } = yield* stage(() => ({
        settle: () => Effect.fail(failure("transient")),
        entomb: () => Effect.fail(failure("transient")),
        insert: () => Effect.fail(failure("transient")),
        requestCancel: () => Effect.fail(failure("transient"))
      }))
      assert.isTrue(yield* isDrained(writer))
      submit("insert", writer.insert, newRun(1))
      submit("cancel", writer.cancel, cancel(1))
      writer.wake()
      yield* TestClock.adjust(0)
      assert.isTrue(yield* isDrained(writer))
      settle(1)
      yield* TestClock.adjust(0)
      assert.isFalse(yield* isDrained(writer))
      writer.settle.withdraw(runId(1))
      assert.isTrue(yield* isDrained(writer))
      const start = newRun(2)
      submit("entomb", writer.entomb, { ...tombstone(start), id: start.id })
      assert.isFalse(yield* isDrained(writer))
    })
  )

  it.scoped("is told once the last answer has been given, to everybody who waits", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const answering = yield* Deferred.make<void>()
      const { seen, settle, writer } = yield* stage((store) => ({
        settle: (rows) => Effect.zipRight(Deferred.await(gate), store.settle(rows))
      }))
      settle(1, { answered: () => Deferred.await(answering) })
      yield* TestClock.adjust(0)
      const waiting = yield* Effect.forEach([1, 2], () => Effect.fork(writer.drained))
      yield* TestClock.adjust(0)
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(seen(), ["settle"])
      // It has left its lane, and its owner does not know yet.
      assert.strictEqual(writer.settle.size, 0)
      assert.isFalse(yield* isDrained(writer))
      yield* Deferred.succeed(answering, undefined)
      yield* TestClock.adjust(0)
      for (const fiber of waiting) assert.isTrue(Exit.isSuccess(yield* Fiber.await(fiber)))
      assert.isTrue(yield* isDrained(writer))
    })
  )

  it.scoped("is not told while a terminal write is repeated", () =>
    Effect.gen(function* () {
      let isAway = true
      const { settle, writer } = yield* stage((store) => ({
        settle: (rows) => Effect.suspend(() => (isAway ? Effect.fail(failure("transient")) : store.settle(rows)))
      }))
      settle(1)
      yield* TestClock.adjust(0)
      const waiting = yield* Effect.fork(writer.drained)
      yield* TestClock.adjust("450 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(waiting)))
      isAway = false
      yield* TestClock.adjust("50 millis")
      assert.isTrue(Option.isSome(yield* Fiber.poll(waiting)))
    })
  )

  it.scoped("is told again of what came later", () =>
    Effect.gen(function* () {
      const { seen, settle, writer } = yield* stage()
      for (const n of [1, 2]) {
        settle(n)
        const waiting = yield* Effect.fork(writer.drained)
        yield* TestClock.adjust(0)
        assert.isTrue(Option.isSome(yield* Fiber.poll(waiting)))
      }
      assert.deepStrictEqual(seen(), ["settle", "settle 1: NotFound", "settle", "settle 2: NotFound"])
    })
  )

  it.scoped("is a writer, too, that met a defect while it answered", () =>
    Effect.gen(function* () {
      const { settle, writer } = yield* stage()
      settle(1, { answered: () => Effect.die(new Error("made up")) })
      yield* TestClock.adjust("1 second")
      assert.isTrue(yield* isDrained(writer))
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger)))
  )
})

describe("the fields of a failure in a line", () => {
  it("are those of the failure, with the driver's code where there is one", () => {
    const fields = { operation: "settle", class: "slow", message: failure("slow").message, inDoubt: false }
    assert.deepStrictEqual<unknown>(failureFields(failure("slow")), fields)
    const coded = failure("slow", { code: "SQLITE_FULL", inDoubt: true })
    assert.deepStrictEqual<unknown>(failureFields(coded), {
      ...fields,
      message: coded.message,
      inDoubt: true,
      code: "SQLITE_FULL"
    })
  })
})
