/**
 * What a plan decides: places, windows, storms, and what it tells afterwards. A plan must fire where it
 * says, no matter how the fibers around it are scheduled.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import { Chaos } from "../../chaos/Chaos.js"
import * as FaultPlan from "../../chaos/FaultPlan.js"
import { fraction } from "../../chaos/internal/decisionHash.js"
import { layerClient, makeFile, seen } from "./brokenDatabase.js"

const runs = [1, 2, 3, 4].map((n) => `01890a5d-ac96-774b-bcce-b302099a800${n}`)
const [first = "", second = ""] = runs

/** A statement of Holdfast's shape: labelled, its runs in one JSON parameter. */
const statement = (label: string, ...ids: ReadonlyArray<string>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql.unsafe(`/* holdfast:${label} */ SELECT value FROM json_each(?)`, [JSON.stringify(ids.map((id) => ({ id })))])
  )

const answers = (...statements: ReadonlyArray<Effect.Effect<unknown, unknown, SqlClient.SqlClient>>) =>
  Effect.forEach(statements, (one) => seen(one)).pipe(
    Effect.map((told) =>
      told.map((answer) => (answer === "succeeded" ? "ok" : answer.replace("SQLITE_", ""))).join(" ")
    )
  )

const withPlan =
  (plan: FaultPlan.FaultPlan) =>
  <A, E, R>(program: Effect.Effect<A, E, R>) =>
    Effect.flatMap(makeFile, (file) => Effect.provide(program, layerClient(file, plan)))

const rules = FaultPlan.fromRules
const settle = (id: string) => statement("settle", id)

describe("places", () => {
  it.scoped("attempt counts the operations of a label", () =>
    answers(settle(first), statement("read", first), settle(second), settle(first)).pipe(
      Effect.map((told) => assert.strictEqual(told, "ok ok BUSY ok")),
      withPlan(rules(FaultPlan.rule({ label: "settle", attempt: 2 }, "busy")))
    )
  )

  it.scoped("with a run, attempt counts the operations that carry it, batches included", () =>
    answers(
      statement("insert", first, second),
      settle(first),
      settle(second),
      settle(first),
      statement("settle", first, second)
    ).pipe(
      Effect.map((told) => assert.strictEqual(told, "ok ok ok ok BUSY")),
      withPlan(rules(FaultPlan.rule({ label: "settle", run: 2, attempt: 2 }, "busy")))
    )
  )

  it.scoped("operation is the n-th of all, and its window goes on at its own label", () =>
    answers(statement("insert", first), settle(first), statement("read", first), settle(first), settle(first)).pipe(
      Effect.map((told) => assert.strictEqual(told, "ok BUSY ok BUSY ok")),
      withPlan(rules(FaultPlan.rule({ operation: 2 }, "busy", { window: { times: 2 } })))
    )
  )

  it.scoped("operation with the label * goes on at every label", () =>
    answers(statement("insert", first), settle(first), statement("read", first), settle(first)).pipe(
      Effect.map((told) => assert.strictEqual(told, "ok BUSY BUSY ok")),
      withPlan(rules(FaultPlan.rule({ operation: 2, label: "*" }, "busy", { window: { times: 2 } })))
    )
  )

  it.scoped("the first open rule fires, and the next one at the next operation", () =>
    answers(settle(first), settle(first), settle(first)).pipe(
      Effect.map((told) => assert.strictEqual(told, "BUSY IOERR_WRITE ok")),
      withPlan(rules(FaultPlan.rule("settle", "busy"), FaultPlan.rule("settle", "ioError")))
    )
  )
})

describe("windows", () => {
  it.scoped("times fires so often and no more", () =>
    answers(settle(first), settle(first), settle(first)).pipe(
      Effect.map((told) => assert.strictEqual(told, "BUSY BUSY ok")),
      withPlan(rules(FaultPlan.rule("settle", "busy", { window: { times: 2 } })))
    )
  )

  it.scoped("millis fires for so long after the first firing", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 hour")
      // Each answer takes 100 ms of virtual time: firings at 0, 100 and 200.
      assert.strictEqual(
        yield* answers(settle(first), settle(first), settle(first), settle(first)),
        "BUSY BUSY BUSY ok"
      )
    }).pipe(withPlan(rules(FaultPlan.rule("settle", "busy", { window: { millis: 300 } }))))
  )

  it.scoped("untilHealed fires until it is healed, and nothing fires afterwards", () =>
    Effect.gen(function* () {
      const chaos = yield* Chaos
      assert.strictEqual(yield* answers(settle(first), settle(first), settle(first)), "BUSY BUSY BUSY")
      yield* chaos.heal
      assert.strictEqual(yield* answers(settle(first), statement("read", first)), "ok ok")
    }).pipe(
      withPlan(rules(FaultPlan.rule("settle", "busy", { window: "untilHealed" }), FaultPlan.rule("read", "busy")))
    )
  )
})

describe("what is told", () => {
  it.scoped("a rule that never fired is unfired, and what fired is told with its operation", () =>
    Effect.gen(function* () {
      const chaos = yield* Chaos
      yield* answers(statement("insert", first), statement("insert", second), settle(second))
      assert.deepStrictEqual(yield* chaos.unfired, [FaultPlan.rule({ label: "settle", attempt: 2 }, "full")])
      assert.deepStrictEqual(yield* chaos.fired, [
        { operation: 3, label: "settle", runs: [2], fault: "busy", phase: "before", rule: 1 }
      ])
      assert.deepStrictEqual((yield* chaos.operations)[2], { operation: 3, label: "settle", runs: [2], attempt: 1 })
      assert.strictEqual(yield* chaos.operationCount, 3)
    }).pipe(withPlan(rules(FaultPlan.rule({ label: "settle", attempt: 2 }, "full"), FaultPlan.rule("settle", "busy"))))
  )

  it.scoped("another plan counts from 1 again, and knows the runs by their numbers", () =>
    Effect.gen(function* () {
      const chaos = yield* Chaos
      yield* answers(statement("insert", first), statement("insert", second), settle(second))
      yield* chaos.use(rules(FaultPlan.rule({ label: "settle", run: 2, attempt: 2 }, "busy")))
      assert.strictEqual(yield* answers(settle(first), settle(second), settle(second)), "ok ok BUSY")
      assert.strictEqual(yield* chaos.operationCount, 3)
    }).pipe(withPlan(FaultPlan.none))
  )

  it.scoped("the records are bounded, and the counts go on", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const plan = rules(FaultPlan.rule("settle", "busy", { window: "untilHealed" }))
      yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        yield* answers(settle(first), settle(first), settle(first))
        assert.strictEqual((yield* chaos.operations).length, 2)
        assert.strictEqual((yield* chaos.fired).length, 2)
        assert.strictEqual(yield* chaos.operationCount, 3)
        assert.strictEqual(yield* chaos.firedCount, 3)
      }).pipe(Effect.provide(layerClient(file, plan, { recordMax: 2 })))
    })
  )
})

describe("storms", () => {
  const storm = FaultPlan.storm({
    seed: 42,
    rate: 0.5,
    faults: ["busy", "ioError", "full"],
    phases: ["before", "after"]
  })

  // The faults of each run, in the order in which the run met them.
  const faultsOf = (
    fired: ReadonlyArray<{ runs: ReadonlyArray<number>; label: string; fault: string; phase: string }>
  ) =>
    [1, 2, 3, 4].map((run) =>
      fired.filter((one) => one.runs.includes(run)).map((one) => `${one.label} ${one.fault} ${one.phase}`)
    )

  const weather = (order: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const chaos = yield* Chaos
      yield* chaos.use(FaultPlan.none)
      for (const run of runs) {
        yield* statement("insert", run)
      }
      yield* chaos.use(storm)
      for (const run of order) {
        yield* Effect.ignore(settle(run))
      }
      return faultsOf(yield* chaos.fired)
    }).pipe(withPlan(FaultPlan.none))

  it.scoped("a storm gives each run the same faults under another interleaving", () =>
    Effect.gen(function* () {
      const oneByOne = yield* weather(runs.flatMap((run) => Array.from({ length: 6 }, () => run)))
      const inTurns = yield* weather(Array.from({ length: 6 }, () => runs).flat())
      const backwards = yield* weather(Array.from({ length: 6 }, () => [...runs].reverse()).flat())
      assert.deepStrictEqual(inTurns, oneByOne)
      assert.deepStrictEqual(backwards, oneByOne)
      assert.isAbove(oneByOne.flat().length, 4)
      assert.isBelow(oneByOne.flat().length, 20)
    })
  )

  it.scoped("a storm never tells a lie that no database tells", () =>
    Effect.gen(function* () {
      for (const fired of (yield* weather(Array.from({ length: 20 }, () => runs).flat())).flat()) {
        const [, fault = "busy", phase = "before"] = fired.split(" ")
        assert.isTrue(FaultPlan.canHappen(fault as FaultPlan.Fault, phase as FaultPlan.Phase), fired)
      }
    })
  )

  it.scoped("a storm keeps to its labels, and heals", () =>
    Effect.gen(function* () {
      const chaos = yield* Chaos
      assert.strictEqual(yield* answers(settle(first), statement("read", first), settle(first)), "BUSY ok BUSY")
      assert.deepStrictEqual(yield* chaos.unfired, [])
      yield* chaos.heal
      assert.strictEqual(yield* answers(settle(first), settle(first)), "ok ok")
    }).pipe(withPlan(FaultPlan.storm({ seed: 1, rate: 1, faults: ["busy"], labels: ["settle"] })))
  )

  it("the hash is even, whatever the seed", () => {
    for (const seed of [0, 1, 2, 1000, -5]) {
      const draws = Array.from({ length: 4000 }, (_, n) => fraction(seed, "rate", "settle", n % 40, Math.floor(n / 40)))
      assert.approximately(draws.filter((draw) => draw < 0.1).length / 4000, 0.1, 0.02)
      assert.approximately(draws.reduce((sum, draw) => sum + draw, 0) / 4000, 0.5, 0.02)
    }
  })
})
