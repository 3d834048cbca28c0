/** Many starts in one step: how many come in between two turns of the event loop, and in which order. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { make as makeScheduler } from "effect/Scheduler"
import * as StartGate from "../../src/internal/runs/startGate.js"

const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

/** The numbers of all that have passed, in order, at each turn of the event loop. */
const crowd = (size: number) =>
  Effect.gen(function* () {
    const gate = StartGate.make()
    const passed: Array<number> = []
    const fibers: Array<Fiber.RuntimeFiber<void>> = []
    for (let number = 0; number < size; number++) {
      const pass = Effect.zipRight(
        gate,
        Effect.sync(() => void passed.push(number))
      )
      fibers.push(yield* Effect.fork(pass))
    }
    return { fibers, passed }
  })

describe("a gate that a thousand starts come to at once", () => {
  it.live("lets some of them in at each turn of the event loop, in the order in which they came", () =>
    Effect.gen(function* () {
      const { fibers, passed } = yield* crowd(1_000)
      let seen = 0
      while (passed.length < 1_000) {
        yield* turn
        assert.isAtMost(passed.length - seen, 128)
        seen = passed.length
      }
      yield* Fiber.joinAll(fibers)
      assert.deepStrictEqual(
        passed,
        Array.from({ length: 1_000 }, (_, number) => number)
      )
    })
  )

  it.live("does not keep a place for one that was interrupted", () =>
    Effect.gen(function* () {
      const { fibers, passed } = yield* crowd(300)
      yield* turn
      const [left, stays] = [fibers.slice(150, 290), [...fibers.slice(0, 150), ...fibers.slice(290)]]
      yield* Fiber.interruptAll(left)
      yield* Fiber.joinAll(stays)
      const inside = new Set(passed)
      for (const number of [0, 149, 290, 299]) assert.isTrue(inside.has(number))
      assert.isBelow(passed.length, 300)
    })
  )

  it.live("is always open under a scheduler of somebody else's", () =>
    Effect.gen(function* () {
      const gate = StartGate.make()
      let isTurned = false
      setImmediate(() => {
        isTurned = true
      })
      yield* Effect.forEach(Array.from({ length: 1_000 }), () => gate)
      assert.isFalse(isTurned)
    }).pipe(Effect.withScheduler(makeScheduler((task) => queueMicrotask(task))))
  )
})
