/** Work that was interrupted and goes on: who is told of, when, and who is not. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import type { ActiveRun } from "../../src/internal/runs/activeRun.js"
import * as GraceWatch from "../../src/internal/runs/graceWatch.js"
import { freshRun } from "./freshRun.js"

const stage = Effect.gen(function* () {
  const told: Array<string> = []
  const names = new Map<ActiveRun, string>()
  const graces = GraceWatch.make(yield* Effect.scope, (run) => Effect.sync(() => void told.push(names.get(run) ?? "?")))
  const run = (name: string): ActiveRun => {
    const made = freshRun()
    names.set(made, name)
    return made
  }
  /** What has been told by then. */
  const at = (millis: number) => Effect.as(TestClock.setTime(millis), told)
  return { graces, run, at }
})

describe("work that was interrupted", () => {
  it.scoped("is told of when its time has passed, once, in the order of the times", () =>
    Effect.gen(function* () {
      const { at, graces, run } = yield* stage
      const [late, early, last] = [run("late"), run("early"), run("last")]
      yield* graces.watch(late, 100)
      yield* at(10)
      // Comes later, and has a shorter time.
      yield* graces.watch(early, 50)
      yield* graces.watch(last, 200)
      assert.deepStrictEqual(yield* at(49), [])
      assert.deepStrictEqual(yield* at(50), ["early"])
      assert.deepStrictEqual(yield* at(100), ["early", "late"])
      assert.deepStrictEqual(yield* at(1_000), ["early", "late", "last"])
    })
  )

  it.scoped("is not told of where it has stopped, and is watched anew when it is interrupted again", () =>
    Effect.gen(function* () {
      const { at, graces, run } = yield* stage
      const [stops, stays] = [run("stops"), run("stays")]
      yield* graces.watch(stops, 100)
      yield* graces.watch(stays, 100)
      // Asked to stop twice: its time began with the first.
      yield* graces.watch(stays, 500)
      graces.forget(stops)
      assert.deepStrictEqual(yield* at(100), ["stays"])
      yield* graces.watch(stays, 300)
      graces.forget(stays)
      assert.deepStrictEqual(yield* at(400), ["stays"])
      yield* graces.watch(stays, 500)
      assert.deepStrictEqual(yield* at(500), ["stays", "stays"])
    })
  )
})
