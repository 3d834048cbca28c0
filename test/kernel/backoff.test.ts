import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as Backoff from "../../src/internal/writing/backoff.js"
import { type FailureClass, StoreFailure } from "../../src/RunError.js"

const failure = (failureClass: FailureClass = "transient") =>
  new StoreFailure({ operation: "settle", class: failureClass, cause: new Error("made up") })

const delays = (backoff: Backoff.Backoff, count: number) =>
  Effect.forEach(Array.from({ length: count }), () => backoff.next(failure()))

describe("the delays between attempts", () => {
  it.effect("are those of the schedule, and never longer than the longest one", () =>
    Effect.gen(function* () {
      const backoff = Backoff.make(Schedule.exponential("100 millis"), Duration.seconds(1))
      assert.deepStrictEqual(yield* delays(backoff, 6), [100, 200, 400, 800, 1_000, 1_000])
    })
  )

  it.effect("start from the beginning after a success, also where the schedule was done", () =>
    Effect.gen(function* () {
      const schedule = Schedule.exponential("100 millis").pipe(Schedule.intersect(Schedule.recurs(2)))
      const backoff = Backoff.make(schedule, Duration.seconds(1))
      assert.deepStrictEqual(yield* delays(backoff, 2), [100, 200])
      backoff.reset()
      assert.deepStrictEqual(yield* delays(backoff, 4), [100, 200, 1_000, 1_000])
      backoff.reset()
      assert.deepStrictEqual(yield* delays(backoff, 2), [100, 200])
    })
  )

  it.effect("stay at the longest one once the schedule is done, and it is not asked again", () =>
    Effect.gen(function* () {
      let asked = 0
      const schedule = Schedule.recurWhile(() => ++asked < 2)
      const backoff = Backoff.make(schedule, Duration.seconds(1))
      assert.deepStrictEqual(yield* delays(backoff, 4), [0, 1_000, 1_000, 1_000])
      assert.strictEqual(asked, 2)
    })
  )

  it.effect("may depend on the failure", () =>
    Effect.gen(function* () {
      const schedule = Schedule.whileInput<StoreFailure>(({ class: is }) => is !== "slow")(Schedule.spaced("10 millis"))
      const backoff = Backoff.make(schedule, Duration.seconds(1))
      assert.strictEqual(yield* backoff.next(failure()), 10)
      assert.strictEqual(yield* backoff.next(failure("slow")), 1_000)
    })
  )

  it.effect("count from now, whatever the time is", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      const backoff = Backoff.make(Schedule.spaced("250 millis"), Duration.seconds(1))
      assert.deepStrictEqual(yield* delays(backoff, 2), [250, 250])
    })
  )

  it.effect("are whole milliseconds", () =>
    Effect.gen(function* () {
      const backoff = Backoff.make(Schedule.spaced("10.6 millis"), Duration.seconds(1))
      assert.deepStrictEqual(yield* delays(backoff, 2), [11, 11])
    })
  )

  it.effect("of the exponential schedule double, are spread by a fifth either way, and are whole", () =>
    Effect.gen(function* () {
      const backoff = Backoff.make(Backoff.exponential(Duration.millis(100)), Duration.hours(1))
      const found = yield* delays(backoff, 8)
      for (const [attempt, delay] of found.entries()) {
        const middle = 100 * 2 ** attempt
        assert.isAtLeast(delay, middle * 0.8)
        assert.isAtMost(delay, middle * 1.2)
        assert.isTrue(Number.isInteger(delay))
      }
      assert.isAbove(new Set(found.map((delay, attempt) => delay / 2 ** attempt)).size, 1)
    }).pipe(Effect.withRandom(Random.make("backoff")))
  )

  it.effect("of the exponential schedule itself are whole milliseconds, too", () =>
    Effect.gen(function* () {
      const schedule = Schedule.delays(Backoff.exponential(Duration.millis(7)))
      const found = yield* Schedule.run(schedule, 0, [failure(), failure(), failure()])
      for (const delay of found) assert.isTrue(Number.isInteger(Duration.toMillis(delay)), Duration.format(delay))
    }).pipe(Effect.withRandom(Random.make("backoff")))
  )
})
