import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { RunError, RunHistory, RunKernel, RunMetrics, RunStore } from "../../src/index.js"

/** A store whose terminal writes all fail: whatever ends stays unwritten. */
const noSettle = Layer.effect(
  RunStore.RunStore,
  Effect.map(RunStore.RunStore, (store) => ({
    ...store,
    settle: () => Effect.fail(new RunError.StoreFailure({ operation: "settle", class: "transient", cause: "away" }))
  }))
).pipe(Layer.provide(RunStore.layerMemory))

const gauges = Effect.map(Effect.all([Metric.value(RunMetrics.active), Metric.value(RunMetrics.parked)]), (values) =>
  values.map(({ value }) => value)
)

/** A kernel in a scope that the test closes, and the lines that it has written. */
const closable = (options: RunKernel.Options, store: Layer.Layer<RunStore.RunStore> = RunStore.layerMemory) =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.map(Logger.jsonLogger, (line) => void log.push(line))
    )
    const scope = yield* Scope.make()
    const layer = RunKernel.layer(options).pipe(Layer.provide(store), Layer.provideMerge(logger))
    const kernel = yield* Effect.provide(RunKernel.RunKernel, yield* Layer.buildWithScope(layer, scope))
    const lines = Effect.sync(() => RunHistory.fromLog(log.join("\n")).lines)
    return { kernel, lines, close: Scope.close(scope, Exit.void) }
  })

describe("closing a kernel", () => {
  it.effect("tells of work that ignores the shutdown's interruption for longer than its grace", () =>
    Effect.gen(function* () {
      const { close, kernel, lines } = yield* closable({ cancelGrace: "1 second", shutdownGrace: "10 seconds" })
      yield* kernel.start("stubborn", Effect.uninterruptible(Effect.sleep("5 seconds")))
      const closing = yield* Effect.fork(close)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(closing)
      const tags = (yield* lines).map(({ _tag }) => _tag)
      assert.includeMembers(tags, ["StopRequested", "GraceExceeded", "WorkEnded", "Settled"])
      assert.strictEqual(tags.at(-1), "HostStopped")
    })
  )

  it.effect("leaves no gauge up, and tells each verdict that it could not write as lost", () =>
    Effect.gen(function* () {
      const before = yield* gauges
      const { close, kernel, lines } = yield* closable({ shutdownGrace: "1 second" }, noSettle)
      const handle = yield* kernel.start("unwritten", Effect.succeed(1))
      const closing = yield* Effect.fork(close)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      assert.deepStrictEqual(yield* gauges, before)
      const lost = (yield* lines).find((line) => line._tag === "VerdictLost")
      assert.isTrue(lost?._tag === "VerdictLost" && lost.runId === handle.id && lost.settlement.status === "completed")
      assert.strictEqual((yield* Effect.flip(handle.settled))._tag, "VerdictParked")
    })
  )

  it.effect("answers a start that was being admitted while it closed", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const slow = Layer.effect(
        RunStore.RunStore,
        Effect.map(RunStore.RunStore, (store) => ({
          ...store,
          isCallerInTransaction: Effect.zipRight(Deferred.await(gate), store.isCallerInTransaction)
        }))
      ).pipe(Layer.provide(RunStore.layerMemory))
      const { close, kernel } = yield* closable({}, slow)
      const starting = yield* Effect.fork(Effect.flip(kernel.start("late", Effect.never)))
      yield* Effect.yieldNow()
      yield* close
      yield* Deferred.succeed(gate, undefined)
      assert.strictEqual((yield* Fiber.join(starting))._tag, "KernelStopped")
    })
  )

  it.effect("refuses what comes after it", () =>
    Effect.gen(function* () {
      const { close, kernel } = yield* closable({})
      yield* close
      const error = yield* Effect.flip(kernel.start("late", Effect.void))
      assert.strictEqual(error._tag, "KernelStopped")
    })
  )
})

describe("options", () => {
  const mistakes: ReadonlyArray<readonly [RunKernel.Options, string]> = [
    [{ persist: { batchMax: 0 } }, "persist.batchMax must be a whole number of at least 1; found 0"],
    [
      { persist: { parkAfterAttempts: 1.5 } },
      "persist.parkAfterAttempts must be a whole number of at least 1; found 1.5"
    ],
    [{ eventBufferMax: 0 }, "eventBufferMax must be a whole number of at least 1; found 0"],
    [{ leaseDuration: 0 }, "leaseDuration must be longer than nothing; found 0"],
    [
      { leaseDuration: "10 seconds", renewEvery: "5001 millis" },
      "renewEvery must be at most half of leaseDuration, 10s; found 5s 1ms"
    ]
  ]

  for (const [options, message] of mistakes) {
    it.effect(`that could never work are a defect of the layer: ${message}`, () =>
      Effect.gen(function* () {
        const layer = RunKernel.layer(options).pipe(Layer.provide(RunStore.layerMemory))
        const exit = yield* Effect.exit(Effect.scoped(Layer.build(layer)))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
        assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", message)
      })
    )
  }
})
