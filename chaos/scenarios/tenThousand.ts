/**
 * The ticket: a burst of starts and cancels from everywhere at once dead-locked the manager, or left
 * two active runs of one key. Ten thousand starts over a hundred keys, each cancelled by another fiber
 * as soon as it is there: every call is answered, no key has two active runs at any time (the check of
 * the whole log says so), and nothing is left behind.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Stream from "effect/Stream"
import * as Supervisor from "effect/Supervisor"
import { RunKernel } from "../../src/RunKernel.js"
import * as RunMetrics from "../../src/RunMetrics.js"
import { scenario, World, within } from "./world.js"

const starts = 10_000
const keys = 100

export default scenario({
  name: "tenThousand",
  promise: "ten thousand starts and cancels at once end, with one active run per key and nothing left behind",
  guarantees: ["G2", "G5", "G7", "G8"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const supervisor = yield* Supervisor.track
    const gauges = Effect.all([
      Effect.map(supervisor.value, (fibers) => fibers.length),
      Effect.map(Metric.value(RunMetrics.active), ({ value }) => value),
      Effect.map(Metric.value(RunMetrics.subscribers), ({ value }) => value)
    ])
    const baseline = yield* gauges

    const startAndCancel = (index: number) =>
      Effect.gen(function* () {
        const started = yield* Effect.either(
          kernel.start(
            "burst",
            Effect.async<never>(() => {}),
            { key: `key-${index % keys}` }
          )
        )
        if (started._tag === "Left") return started.left._tag
        const listener = yield* Effect.fork(Stream.runLast(started.right.events))
        const answer = yield* started.right.cancel()
        const settled = yield* started.right.settled
        const last = yield* Fiber.join(listener)
        assert.equal(settled.status, "cancelled")
        assert.deepEqual([last._tag === "Some" && last.value._tag, answer._tag], ["Settled", "Requested"])
        return "cancelled"
      })

    const gate = yield* Deferred.make<void>()
    const all = Effect.gen(function* () {
      const fibers = yield* Effect.forEach(Array.from({ length: starts }).keys(), (index) =>
        Effect.fork(Effect.zipRight(Deferred.await(gate), startAndCancel(index)))
      )
      yield* Deferred.succeed(gate, undefined)
      return yield* Fiber.join(Fiber.all(fibers))
    })
    const outcomes = yield* within("1 minute")(Effect.supervised(all, supervisor))

    const refused = outcomes.filter((outcome) => outcome === "RunAlreadyActive").length
    const cancelled = outcomes.filter((outcome) => outcome === "cancelled").length
    assert.equal(refused + cancelled, starts, "each start is answered, and no other way")
    assert.ok(cancelled >= keys, `each key had its turn: ${cancelled}`)
    const rows = yield* world.foreign("SELECT status, count(*) AS runs FROM holdfast_runs GROUP BY status")
    assert.deepEqual(
      rows.map(({ runs, status }) => [status, runs]),
      [["cancelled", cancelled]]
    )
    assert.deepEqual(yield* gauges, baseline, "fibers, runs and subscribers are back where they were")
  })
})
