/**
 * What the writer makes of failures that no real database here would show: made with a store that
 * wraps the memory store.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { RunError, RunKernel, RunMetrics, RunStore, Work } from "../../src/index.js"

type Store = typeof RunStore.RunStore.Service

const wrapped = (change: (store: Store) => Partial<Store>) =>
  Layer.effect(
    RunStore.RunStore,
    Effect.map(RunStore.RunStore, (store) => ({ ...store, ...change(store) }))
  ).pipe(Layer.provide(RunStore.layerMemory))

const kernel = (store: Layer.Layer<RunStore.RunStore>, options?: RunKernel.Options & RunKernel.Policies) =>
  RunKernel.layer(options).pipe(Layer.provideMerge(store), Layer.provide(Logger.remove(Logger.defaultLogger)))

const failure = (operation: string, fields: Partial<RunError.StoreFailure>) =>
  new RunError.StoreFailure({ operation, class: "transient", cause: new Error("made up"), ...fields })

/** The first terminal write ends like this, the others as they should. */
const firstSettle = (first: Effect.Effect<never, RunError.StoreFailure>) => {
  let isFirst = true
  return wrapped((store) => ({
    settle: (rows) =>
      Effect.suspend(() => {
        if (!isFirst) return store.settle(rows)
        isFirst = false
        return first
      })
  }))
}

/** As a lock would make it. */
const once = () => firstSettle(Effect.fail(failure("settle", {})))

const Big = Work.make("big", { success: Schema.String })
const BigLive = Big.toLayer(() => Effect.succeed("too big for this database"))

describe("the status writer", () => {
  const refusing = wrapped((store) => ({
    settle: (rows) =>
      rows.some(({ result }) => result !== null)
        ? Effect.fail(failure("settle", { class: "permanent", code: "SQLITE_TOOBIG" }))
        : store.settle(rows)
  }))

  it.scoped("keeps the outcome of a run whose result the database refuses for good", () =>
    Effect.gen(function* () {
      const runs = yield* RunKernel.RunKernel
      const handle = yield* Big.start()
      const error = yield* Effect.flip(handle.result)
      assert.isTrue(error._tag === "RunFailed" && error.reason === "ResultNotStorable", error.message)
      const row = yield* runs.get(handle.id)
      assert.deepStrictEqual(
        [row.status, row.workOutcome, row.failure?.reason],
        ["failed", "succeeded", "ResultNotStorable"]
      )
    }).pipe(Effect.provide(BigLive.pipe(Layer.provideMerge(kernel(refusing)))))
  )

  it.scoped("survives a store that interrupts itself, and writes the verdict after all", () =>
    Effect.gen(function* () {
      const runs = yield* RunKernel.RunKernel
      const handle = yield* runs.start("interrupted", Effect.succeed(1))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* handle.result, 1)
    }).pipe(Effect.provide(kernel(firstSettle(Effect.interrupt))))
  )

  it.scoped("takes the delays from the host's own schedule, held below delayMax", () =>
    Effect.gen(function* () {
      const runs = yield* RunKernel.RunKernel
      const handle = yield* runs.start("once", Effect.void)
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual((yield* runs.get(handle.id)).status, "running")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* handle.settled).attempts, 2)
    }).pipe(
      Effect.provide(kernel(once(), { persist: { delayMax: "2 seconds" }, persistSchedule: Schedule.spaced("1 hour") }))
    )
  )

  const never = wrapped(() => ({ settle: () => Effect.fail(failure("settle", {})) }))

  it.scoped(
    "goes on at delayMax when the host's schedule is done, and parks after as many attempts as it was told",
    () =>
      Effect.gen(function* () {
        const runs = yield* RunKernel.RunKernel
        const parked = Effect.map(Metric.value(RunMetrics.parked), ({ value }) => value)
        const before = yield* parked
        const handle = yield* runs.start("never", Effect.void)
        yield* TestClock.adjust("3 seconds")
        const error = yield* Effect.flip(handle.settled)
        assert.isTrue(error._tag === "VerdictParked" && error.verdict === "completed")
        assert.strictEqual((yield* parked) - before, 1)
        assert.strictEqual((yield* runs.get(handle.id)).status, "running")
      }).pipe(
        Effect.provide(
          kernel(never, {
            persist: { delayMax: "1 second", parkAfterAttempts: 3, parkAfter: "1 hour" },
            persistSchedule: Schedule.recurs(0),
            shutdownGrace: 0
          })
        )
      )
  )
})

describe("the metrics", () => {
  const counted = Effect.gen(function* () {
    const counter = (metric: Metric.Metric.Counter<number>, ...tags: ReadonlyArray<readonly [string, string]>) =>
      Effect.map(
        Metric.value(tags.reduce((tagged, [key, value]) => Metric.tagged(tagged, key, value), metric)),
        ({ count }) => count
      )
    return {
      started: yield* counter(RunMetrics.started),
      completed: yield* counter(RunMetrics.settled, ["status", "completed"]),
      failed: yield* counter(RunMetrics.settled, ["status", "failed"]),
      settles: yield* counter(RunMetrics.writeAttempts, ["operation", "settle"]),
      failures: yield* counter(RunMetrics.writeFailures, ["operation", "settle"], ["class", "transient"]),
      latencies: (yield* Metric.value(RunMetrics.persistLatency)).count
    }
  })

  it.scoped("count starts, ends by status, attempts, failures by class, and the time to the row", () =>
    Effect.gen(function* () {
      const runs = yield* RunKernel.RunKernel
      const before = yield* counted
      const handles = yield* Effect.forEach([Effect.void, Effect.fail("no")], (work) => runs.start("counted", work))
      yield* TestClock.adjust("1 second")
      yield* Effect.forEach(handles, (handle) => handle.settled)
      const after = yield* counted
      const grown = Object.entries(after).map(([name, value]) => [name, value - before[name as keyof typeof before]])
      const { settles, ...rest } = Object.fromEntries(grown) as typeof before
      assert.deepStrictEqual(rest, { started: 2, completed: 1, failed: 1, failures: 1, latencies: 2 })
      assert.isAtLeast(settles, 2)
    }).pipe(Effect.provide(kernel(once())))
  )
})

describe("a full kernel", () => {
  const hanging = wrapped(() => ({ insert: () => Effect.async<never>(() => {}) }))

  it.scoped("refuses one start more than may wait, at once and with a typed error", () =>
    Effect.gen(function* () {
      const runs = yield* RunKernel.RunKernel
      yield* Effect.forEach([1, 2], () => Effect.fork(runs.start("waits", Effect.void)))
      yield* Effect.yieldNow()
      const error = yield* Effect.flip(runs.start("refused", Effect.void))
      assert.isTrue(error._tag === "StoreFailure" && !error.inDoubt)
      assert.include(error.message, "2 starts wait")
    }).pipe(Effect.provide(kernel(hanging, { startsWaitingMax: 2, shutdownGrace: 0 })))
  )
})

describe("reads", () => {
  const flaky = () => {
    let failures = 2
    return wrapped((store) => ({
      get: (id) => Effect.suspend(() => (failures-- > 0 ? Effect.fail(failure("read", {})) : store.get(id)))
    }))
  }

  it.scoped("that fail for a moment are repeated", () =>
    Effect.gen(function* () {
      const runs = yield* RunKernel.RunKernel
      const handle = yield* runs.start("read", Effect.void)
      yield* handle.settled
      const reading = yield* Effect.fork(runs.get(handle.id))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* reading).status, "completed")
    }).pipe(Effect.provide(kernel(flaky())))
  )
})
