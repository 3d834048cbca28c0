/** The store as the kernel uses it, over one of which every operation does what the test says. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { makeMemory } from "../../src/internal/store/memoryStore.js"
import * as BoundedStore from "../../src/internal/writing/boundedStore.js"
import { type FailureClass, StoreFailure } from "../../src/RunError.js"
import type { RunStore } from "../../src/RunStore.js"
import { here, runId } from "../store/contract/fixtures.js"
import { registration } from "../store/contract/hosting.js"

type Store = typeof RunStore.Service

/** Every operation of the store, each with a call of it, in the words of its failures. */
const operations: Readonly<Record<string, (store: Store) => Effect.Effect<unknown, StoreFailure>>> = {
  insert: (store) => store.insert([]),
  settle: (store) => store.settle([]),
  entomb: (store) => store.entomb([]),
  cancel: (store) => store.requestCancel([]),
  progress: (store) => store.reportProgress([]),
  read: (store) => store.get(runId(1)),
  list: (store) => store.list({}),
  register: (store) => store.registerHost(registration()),
  renew: (store) => store.renewHost({ hostId: here, leaseUntil: 1 }),
  remove: (store) => store.removeHost(here),
  release: (store) => store.release([]),
  hosts: (store) => store.hosts,
  fence: (store) => store.fence({ hostId: here, renewSeq: 0 }),
  takeOver: (store) => store.takeOver(takeOver),
  ownedBy: (store) => store.ownedBy({ hostId: here, limit: 1 }),
  check: (store) => store.check
}
const reads: ReadonlyArray<string> = ["read", "list", "ownedBy"]
const takeOver = { from: here, by: here, names: [], now: 0, token: "token", error: "{}", limit: 1 }

/** A store that does the same whatever it is asked, bounded. */
const alike = (effect: Effect.Effect<never, StoreFailure>): Store => {
  const does = () => effect
  return BoundedStore.make(
    {
      insert: does,
      settle: does,
      entomb: does,
      requestCancel: does,
      reportProgress: does,
      get: does,
      list: does,
      registerHost: does,
      renewHost: does,
      removeHost: does,
      release: does,
      hosts: effect,
      fence: does,
      takeOver: does,
      ownedBy: does,
      onLeaseEnd: "stop",
      check: effect,
      isCallerInTransaction: Effect.succeed(true)
    },
    { attemptTimeout: Duration.seconds(5), readRetry: Schedule.spaced("100 millis") }
  )
}

const failed = (failureClass: FailureClass) =>
  new StoreFailure({ operation: "theirs", class: failureClass, cause: new Error("made up") })

/** What the call fails with, once all time has passed that it may take. */
const outcome = (call: Effect.Effect<unknown, StoreFailure>, passed: Duration.DurationInput = "1 hour") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.flip(call))
    yield* TestClock.adjust(passed)
    return yield* Fiber.join(fiber)
  })

describe("the bounded store", () => {
  for (const [operation, call] of Object.entries(operations)) {
    it.effect(`${operation}: what a driver throws is a failure like any other, and in doubt`, () =>
      Effect.gen(function* () {
        const failure = yield* outcome(call(alike(Effect.die(new Error("thrown")))))
        assert.deepStrictEqual([failure.operation, failure.class, failure.inDoubt], [operation, "unknown", true])
        assert.include(failure.message, "thrown")
      })
    )

    it.effect(`${operation}: a driver that interrupts itself has failed, and ends nobody's fiber`, () =>
      Effect.gen(function* () {
        const failure = yield* outcome(call(alike(Effect.interrupt)))
        assert.deepStrictEqual([failure.operation, failure.class, failure.inDoubt], [operation, "unknown", true])
      })
    )

    it.effect(`${operation}: no answer in time is a failure, and in doubt`, () =>
      Effect.gen(function* () {
        const failure = yield* outcome(call(alike(Effect.never)))
        assert.deepStrictEqual([failure.operation, failure.class, failure.inDoubt], [operation, "unknown", true])
        assert.include(failure.message, "no answer within 5s")
      })
    )

    it.effect(`${operation}: a failure of the store's own is passed on as it is`, () =>
      Effect.gen(function* () {
        const failure = failed("transient")
        assert.strictEqual(yield* outcome(call(alike(Effect.fail(failure)))), failure)
      })
    )

    const attemptsMax = reads.includes(operation) ? BoundedStore.readAttemptsMax : 1

    it.effect(`${operation}: is asked ${attemptsMax === 1 ? "once" : "a few times before it fails"}`, () =>
      Effect.gen(function* () {
        for (const failureClass of ["transient", "wholeTransaction", "unknown", "slow", "connection"] as const) {
          let attempts = 0
          const counted = Effect.suspend(() => {
            attempts++
            return Effect.fail(failed(failureClass))
          })
          yield* outcome(call(alike(counted)))
          assert.strictEqual(attempts, attemptsMax, failureClass)
        }
      })
    )

    it.effect(`${operation}: is not asked again where that is hopeless`, () =>
      Effect.gen(function* () {
        for (const failureClass of ["permanent", "fatal"] as const) {
          let attempts = 0
          const counted = Effect.suspend(() => {
            attempts++
            return Effect.fail(failed(failureClass))
          })
          yield* outcome(call(alike(counted)))
          assert.strictEqual(attempts, 1, failureClass)
        }
      })
    )
  }

  it("repeats a read three times at most", () => {
    assert.strictEqual(BoundedStore.readAttemptsMax, 4)
  })

  it.effect("gives each attempt of a read its own time, with the schedule's delay between two", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(alike(Effect.never).get(runId(1)))
      yield* TestClock.adjust(4 * 5_000 + 3 * 100 - 1)
      assert.isTrue((yield* Fiber.poll(fiber))._tag === "None")
      yield* TestClock.adjust(1)
      const exit = yield* Fiber.poll(fiber)
      assert.isTrue(exit._tag === "Some" && Exit.isFailure(exit.value))
    })
  )

  it.effect("answers what the store answers", () =>
    Effect.gen(function* () {
      const memory = yield* makeMemory
      const store = BoundedStore.make(memory, {
        attemptTimeout: Duration.seconds(5),
        readRetry: Schedule.spaced("100 millis")
      })
      yield* store.registerHost(registration())
      assert.deepStrictEqual(yield* store.renewHost({ hostId: here, leaseUntil: 2 }), { held: true, owned: [] })
      assert.strictEqual(yield* store.isCallerInTransaction, false)
      assert.strictEqual(yield* alike(Effect.never).isCallerInTransaction, true)
    })
  )
})
