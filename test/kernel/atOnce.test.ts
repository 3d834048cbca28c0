/** A statement that begins at once: what it leaves behind in the fiber that it was begun in, and how it ends. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RunKernel, RunStore } from "../../src/index.js"
import { atOnce } from "../../src/internal/writing/atOnce.js"

const thisScheduler: Effect.Effect<object> = Effect.withFiberRuntime((fiber) => Effect.succeed(fiber.currentScheduler))

/** As a driver does that answers by a socket: later. */
const later = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

describe("a statement that is not done at once", () => {
  it.live("leaves the scheduler of whoever waits for it as it was", () =>
    Effect.gen(function* () {
      const before = yield* thisScheduler
      for (let statement = 0; statement < 3; statement++) yield* atOnce(later, (rest) => rest)
      assert.strictEqual(yield* thisScheduler, before)
    })
  )

  it.live("puts no scheduler on top of the last statement's, however many there are", () =>
    Effect.gen(function* () {
      const schedulers: Array<object> = []
      const depthOf = (scheduler: object): number =>
        "scheduler" in scheduler ? 1 + depthOf(scheduler.scheduler as object) : 0
      const slow = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
        Effect.gen(function* () {
          schedulers.push(yield* thisScheduler)
          yield* later
          return yield* effect
        })
      const store = Effect.map(RunStore.RunStore, (inner) => ({
        ...inner,
        insert: (runs: Parameters<typeof inner.insert>[0]) => slow(inner.insert(runs)),
        settle: (settlements: Parameters<typeof inner.settle>[0]) => slow(inner.settle(settlements))
      })).pipe(Effect.provide(RunStore.layerMemory))
      yield* Effect.gen(function* () {
        const kernel = yield* RunKernel.RunKernel
        for (let run = 0; run < 10; run++) yield* (yield* kernel.start("work", Effect.void)).settled
      }).pipe(Effect.provide(RunKernel.layer()), Effect.provideServiceEffect(RunStore.RunStore, store))
      assert.lengthOf(schedulers, 20)
      const depths = schedulers.map(depthOf)
      assert.deepStrictEqual(
        depths,
        depths.map(() => depths[0])
      )
    })
  )

  it.live("ends with whoever waits for it", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      let isInterrupted = false
      const statement = Effect.onInterrupt(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never), () =>
        Effect.sync(() => {
          isInterrupted = true
        })
      )
      const waiting = yield* Effect.fork(atOnce(statement, (rest) => rest))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(waiting)
      assert.isTrue(isInterrupted)
    })
  )
})
