/**
 * The ticket: the database refused the row of a new run for good, and the start waited, or the starts
 * that shared its statement failed with it.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { RunKernel } from "../../src/RunKernel.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "startRefused",
  promise: "a start that the database refuses fails at once, alone, and leaves nothing active",
  guarantees: ["G5", "G7"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    yield* world.database.refuse({
      name: "refuse",
      event: "INSERT",
      when: "NEW.name = 'bad' AND NEW.status = 'running'"
    })
    const executed: Array<string> = []
    const names = Array.from({ length: 20 }, (_, index) => (index === 7 ? "bad" : `good ${index}`))
    const starts = Effect.forEach(
      names,
      (name) =>
        Effect.either(
          kernel.start(
            name,
            Effect.sync(() => executed.push(name))
          )
        ),
      { concurrency: "unbounded" }
    )
    // No time passes: neither the bad start nor the good ones wait for a retry.
    const answers = yield* within(0)(starts)
    const failed = answers.filter(Either.isLeft).map(({ left }) => left)
    assert.deepEqual(
      failed.map((failure) => failure._tag === "StoreFailure" && [failure.class, failure.code]),
      [["permanent", world.database.refusalCode]]
    )
    yield* Effect.sleep(0)
    assert.deepEqual([...executed].sort(), names.filter((name) => name !== "bad").sort())
    const rows = yield* world.foreign(
      "SELECT name, status, work_outcome FROM holdfast_runs WHERE status <> 'completed'"
    )
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [{ name: "bad", status: "failed", work_outcome: "notStarted" }]
    )
  })
})
