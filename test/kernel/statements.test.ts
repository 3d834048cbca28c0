/**
 * What a run costs the database: two durable writes when nothing fails, and far fewer statements than
 * that where many runs share their commits.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { Chaos, FaultPlan } from "../../chaos/index.js"
import { RunKernel } from "../../src/index.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"

const kernel = RunKernel.layer().pipe(
  Layer.provide(SqlRunStore.layer()),
  Layer.provideMerge(Chaos.layerConnector(FaultPlan.none)),
  Layer.provide(SqliteRunStore.connector({ filename: ":memory:" })),
  Layer.provide(Logger.remove(Logger.defaultLogger))
)

/** The statements that a thousand runs take, by label. */
const statementsOf = (concurrency: number) =>
  Effect.gen(function* () {
    const runs = yield* RunKernel.RunKernel
    const chaos = yield* Chaos.Chaos
    const before = (yield* chaos.operations).length
    const one = Effect.flatMap(runs.start("count", Effect.succeed(1)), (handle) => handle.result)
    yield* Effect.forEach(Array.from({ length: 1_000 }), () => one, { concurrency, discard: true })
    const labels = (yield* chaos.operations).slice(before).map(({ label }) => label)
    return { insert: count(labels, "insert"), settle: count(labels, "settle"), all: labels.length }
  }).pipe(Effect.provide(kernel))

const count = (labels: ReadonlyArray<string>, label: string) => labels.filter((other) => other === label).length

describe("statements", () => {
  it.scopedLive("one run after the other takes two each, an insert and a settle, and nothing else", () =>
    Effect.gen(function* () {
      const statements = yield* statementsOf(1)
      console.info("statements of 1,000 runs, 1 at a time:", statements)
      assert.deepStrictEqual(statements, { insert: 1_000, settle: 1_000, all: 2_000 })
    })
  )

  it.scopedLive("a thousand at a time share theirs: less than one for ten runs", () =>
    Effect.gen(function* () {
      const statements = yield* statementsOf(1_000)
      console.info("statements of 1,000 runs, 1,000 at a time:", statements)
      assert.strictEqual(statements.all, statements.insert + statements.settle)
      assert.isAtMost(statements.all, 100)
    })
  )
})
