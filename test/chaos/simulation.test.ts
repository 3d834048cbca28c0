/**
 * Simulation: time that costs nothing, orders of fibers that a seed chooses, and executions that can be
 * made again.
 */
import { readFile } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import { Chaos, Scenario, Simulation } from "../../chaos/index.js"
import { type Order, policyOf } from "../../chaos/internal/interleaving.js"
import { outside } from "../../chaos/internal/outside.js"
import { simulated } from "../../chaos/internal/simulation.js"

/** Two fibers that read, pause and write: one update is lost where the second reads before the first has written. */
const counterRace = Effect.gen(function* () {
  const counter = yield* Ref.make(0)
  const increment = Effect.gen(function* () {
    const value = yield* Ref.get(counter)
    yield* Effect.yieldNow()
    yield* Ref.set(counter, value + 1)
  })
  const late = Effect.zipRight(Effect.yieldNow(), Effect.zipRight(Effect.yieldNow(), increment))
  yield* Effect.all([increment, late], { concurrency: "unbounded" })
  return yield* Ref.get(counter)
})

const seeds = Array.from({ length: 200 }, (_, index) => index + 1)

const executed = <A, E>(program: Effect.Effect<A, E>, order: Order) =>
  simulated(program, { policy: policyOf(order), limit: "1 hour", randomSeed: 0, startMillis: 0 })

describe("simulate", () => {
  it.live("passes hours of sleep in no time, and the clock says so", () =>
    Effect.gen(function* () {
      const begin = yield* Clock.currentTimeMillis
      const simulatedMillis = yield* Effect.gen(function* () {
        for (let index = 0; index < 1_000; index++) yield* Effect.sleep("1 hour")
        return yield* Clock.currentTimeMillis
      }).pipe(Chaos.simulate({ limit: "2000 hours" }))
      const real = (yield* Clock.currentTimeMillis) - begin
      assert.strictEqual(simulatedMillis, 1_000 * 3_600_000)
      assert.isAbove(simulatedMillis / Math.max(real, 1), 1_000)
    })
  )

  it.live("waits for what is outside before time passes, and for nothing else", () =>
    Effect.gen(function* () {
      const read = (isTold: boolean) =>
        Effect.async<string>((resume) => {
          const back = isTold ? outside.leave() : () => {}
          readFile(new URL(import.meta.url), () => {
            back()
            resume(Effect.succeed("read"))
          })
        })
      const race = (isTold: boolean) =>
        Simulation.simulate()(Effect.race(read(isTold), Effect.as(Effect.sleep("1 hour"), "slept")))
      assert.deepStrictEqual([yield* race(true), yield* race(false)], ["read", "slept"])
      assert.isTrue(outside.isEmpty)
    })
  )

  it.live("wakes all sleepers of one instant before any of them goes on", () =>
    Effect.gen(function* () {
      const order: Array<string> = []
      const sleeper = (name: string) =>
        Effect.gen(function* () {
          yield* Effect.sleep("1 second")
          order.push(`${name} wakes`)
          yield* Effect.yieldNow()
          order.push(`${name} goes on`)
        })
      yield* Effect.all([sleeper("a"), sleeper("b")], { concurrency: "unbounded" }).pipe(Simulation.simulate())
      assert.deepStrictEqual(order, ["a wakes", "b wakes", "a goes on", "b goes on"])
    })
  )

  it.live("never finds this race in the order of arrival, and finds it with many seeds", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Simulation.simulate()(counterRace), 2)
      const results = yield* Effect.forEach(seeds, (seed) => Simulation.simulate({ seed })(counterRace))
      const lost = results.filter((result) => result === 1).length
      assert.isAbove(lost, 20)
      assert.isBelow(lost, 180)
    })
  )

  it.live("does with one seed what it did with it before, random numbers included", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const trace: Array<string> = []
        const worker = (name: number) =>
          Effect.repeatN(
            Effect.gen(function* () {
              yield* Effect.sleep(yield* Random.nextIntBetween(0, 5))
              trace.push(`${name} at ${yield* Clock.currentTimeMillis}`)
              yield* Effect.yieldNow()
            }),
            20
          )
        yield* Effect.forEach([1, 2, 3], worker, { concurrency: "unbounded" })
        return trace.join()
      })
      const first = yield* Effect.forEach(seeds, (seed) => Simulation.simulate({ seed })(program))
      const second = yield* Effect.forEach(seeds, (seed) => Simulation.simulate({ seed })(program))
      assert.deepStrictEqual(second, first)
      assert.strictEqual(new Set(first).size, seeds.length)
    })
  )

  it.live("lets promises take part that need no real time", () =>
    Effect.gen(function* () {
      const program = Effect.gen(function* () {
        const value = yield* Effect.promise(() => Promise.resolve(1).then((one) => one + 1))
        yield* Effect.sleep("1 minute")
        return value
      })
      assert.strictEqual(yield* Simulation.simulate({ seed: 1 })(program), 2)
    })
  )

  it.live("says of a program that waits for ever that nothing can go on, and lets it release what it holds", () =>
    Effect.gen(function* () {
      const released: Array<string> = []
      const program = Effect.acquireUseRelease(
        Effect.void,
        () => Effect.flatMap(Deferred.make<void>(), Deferred.await),
        () =>
          Effect.zipRight(
            Effect.sleep("1 second"),
            Effect.sync(() => released.push("released"))
          )
      )
      const exit = yield* Effect.exit(Simulation.simulate({ limit: "1 hour" })(program))
      assert.include(String(Exit.isFailure(exit) && exit.cause), "nothing can go on within 1h of simulated time")
      assert.deepStrictEqual(released, ["released"])
    })
  )

  it.live("ends a program in which two fibers spin for ever at one instant", () =>
    Effect.gen(function* () {
      const spin = Effect.forever(Effect.yieldNow())
      const exit = yield* Effect.exit(Simulation.simulate()(Effect.race(spin, spin)))
      assert.include(String(Exit.isFailure(exit) && exit.cause), "steps in one instant")
    })
  )

  it.live("can be interrupted from outside", () =>
    Effect.gen(function* () {
      let isReleased = false
      const begun = yield* Deferred.make<void>()
      const hours = Effect.zipRight(Deferred.succeed(begun, undefined), Effect.forever(Effect.sleep("1 second")))
      const program = Effect.onInterrupt(hours, () =>
        Effect.sync(() => {
          isReleased = true
        })
      )
      const fiber = yield* Effect.fork(Simulation.simulate({ limit: "1000 days" })(program))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(isReleased)
    })
  )

  it.live("makes a fiber yield within its own steps where a rate says so", () =>
    Effect.gen(function* () {
      // No yield of its own: only a pre-emption can come between the reading and the writing.
      const counter = { value: 0 }
      const increment = Effect.gen(function* () {
        for (let index = 0; index < 20; index++) {
          const value = yield* Effect.sync(() => counter.value)
          yield* Effect.sync(() => {
            counter.value = value + 1
          })
        }
      })
      const program = Effect.suspend(() => {
        counter.value = 0
        return Effect.as(Effect.all([increment, increment], { concurrency: "unbounded" }), counter)
      }).pipe(Effect.map(({ value }) => value))
      const without = yield* Effect.forEach(seeds, (seed) => Simulation.simulate({ seed })(program))
      assert.deepStrictEqual(new Set(without), new Set([40]))
      const deep = yield* Effect.forEach(seeds, (seed) => Simulation.simulate({ seed, preemptRate: 0.05 })(program))
      assert.isAbove(deep.filter((value) => value < 40).length, 20)
    })
  )
})

describe("recorded choices", () => {
  it.live("bring the same execution about again, whatever policy made them", () =>
    Effect.gen(function* () {
      const orders = seeds.flatMap(
        (seed): ReadonlyArray<Order> => [
          { kind: "random", seed },
          { kind: "random", seed, preemptRate: 0.05 },
          { kind: "pct", seed, depth: 3, length: 10 }
        ]
      )
      let lost = 0
      for (const order of orders) {
        const [exit, schedule] = yield* executed(counterRace, order)
        const [again, repeated] = yield* executed(counterRace, { kind: "choices", choices: schedule.choices })
        assert.deepStrictEqual(again, exit)
        assert.deepStrictEqual(repeated, schedule)
        if (Exit.isSuccess(exit) && exit.value === 1) lost++
      }
      assert.isAbove(lost, 20)
    })
  )

  it.live("are none in the order of arrival", () =>
    Effect.gen(function* () {
      const [, { branching, choices }] = yield* executed(counterRace, { kind: "choices", choices: [] })
      assert.deepStrictEqual(choices, [])
      assert.isAbove(branching.length, 2)
    })
  )
})

describe("priorities", () => {
  it.live("find a bug of depth two in most of a hundred seeds, and do not starve a fiber that is waited for", () =>
    Effect.gen(function* () {
      const found = yield* Effect.filter(seeds, (seed) =>
        Effect.map(
          executed(counterRace, { kind: "pct", seed, depth: 2, length: 6 }),
          ([exit]) => exit._tag === "Success" && exit.value === 1
        )
      )
      assert.isAbove(found.length, 10)
      const spinner = Effect.gen(function* () {
        let isDone = false
        const worker = Effect.sync(() => {
          isDone = true
        })
        const waiting = Effect.repeat(Effect.yieldNow(), { until: () => isDone })
        yield* Effect.all([waiting, Effect.zipRight(Effect.yieldNow(), worker)], { concurrency: "unbounded" })
      })
      for (const seed of seeds) {
        const [exit] = yield* executed(spinner, { kind: "pct", seed, depth: 1, length: 10 })
        assert.isTrue(Exit.isSuccess(exit))
      }
    })
  )
})

describe("a scenario's trace", () => {
  it.live("is the same to the byte for the same plan", () =>
    Effect.gen(function* () {
      const scenario: Scenario.Scenario = {
        name: "logging",
        promise: "it logs",
        guarantees: [],
        program: Effect.forEach([1, 2, 3], (name) => Effect.zipRight(Effect.yieldNow(), Effect.log(`worker ${name}`)), {
          concurrency: "unbounded",
          discard: true
        })
      }
      const traces = yield* Effect.forEach(seeds, (seed) =>
        Effect.gen(function* () {
          const first = yield* Scenario.execute(scenario, { order: { kind: "random", seed } })
          const second = yield* Scenario.execute(scenario, { order: { kind: "random", seed } })
          assert.strictEqual(second.log().join("\n"), first.log().join("\n"))
          return first.log().join("\n")
        })
      )
      assert.isAbove(new Set(traces).size, 3)
    })
  )
})
