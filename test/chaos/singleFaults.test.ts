/**
 * One failure of every kind, before and after, at every database operation of a kernel's life: open,
 * migrate, start, work, settle, close. Nothing is sampled: the operations are counted first, without
 * faults, and then each is failed in each way.
 *
 * @since 0.1.0
 */

import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { Chaos, FaultPlan } from "../../chaos/index.js"
import { temporaryDirectory } from "../../chaos/internal/temporaryDirectory.js"
import { RunHistory, RunKernel } from "../../src/index.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"

interface Outcome {
  /** How far it came: what `start`, or the layer, answered. */
  readonly start: "started" | "refused" | "notOpen"
  readonly statuses: ReadonlyArray<string>
  /** How often the work was executed. */
  readonly worked: number
  readonly isParked: boolean
  readonly violations: ReadonlyArray<string>
  readonly operations: ReadonlyArray<string>
  readonly unfired: number
}

/** One life of a kernel with one run, on a file of its own. */
const life = (plan: FaultPlan.FaultPlan): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const filename = join(yield* temporaryDirectory, "runs.db")
    const log: Array<string> = []
    const counter = { worked: 0 }
    const { chaos, start } = yield* Effect.gen(function* () {
      const chaos = yield* Chaos.Chaos
      return { chaos, start: yield* oneRun(counter) }
    }).pipe(
      Effect.provide(
        Chaos.layerConnector(plan, { yields: false }).pipe(Layer.provide(SqliteRunStore.connector({ filename })))
      ),
      Effect.provide(
        Logger.replace(
          Logger.defaultLogger,
          Logger.map(Logger.jsonLogger, (line) => void log.push(line))
        )
      )
    )
    const history = RunHistory.fromLog(log.join("\n"))
    return {
      start,
      statuses: readStatuses(filename),
      worked: counter.worked,
      isParked: history.lines.some(({ _tag }) => _tag === "VerdictParked"),
      violations: RunHistory.check(history, { isFinal: true, toleranceMillis: 1 }).map(RunHistory.render),
      operations: (yield* chaos.operations).map(({ label }) => label),
      unfired: (yield* chaos.unfired).length
    }
  }).pipe(Effect.scoped, Effect.withRandom(Random.make("life")), Chaos.simulate())

const oneRun = (counter: { worked: number }) =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const work = Effect.zipRight(
      Effect.sync(() => counter.worked++),
      Effect.sleep("1 second")
    )
    const handle = yield* Effect.either(kernel.start("life", work, { key: "one" }))
    if (handle._tag === "Left") {
      // Time for the tombstone, and too little for the lease's renewal, whose audit would find the row as well.
      yield* Effect.sleep("8 seconds")
      return "refused" as const
    }
    yield* Effect.retry(handle.right.settled, {
      while: (error) => error._tag === "VerdictParked",
      schedule: Schedule.spaced("1 second")
    })
    return "started" as const
  }).pipe(
    Effect.provide(RunKernel.layer().pipe(Layer.provide(SqlRunStore.layer()))),
    Effect.catchTag("StoreFailure", () => Effect.succeed("notOpen" as const)),
    Effect.orDie
  )

const readStatuses = (filename: string): ReadonlyArray<string> => {
  const database = new Sqlite(filename)
  try {
    const isMigrated = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'holdfast_runs'").get() !== undefined
    if (!isMigrated) return []
    return database.prepare("SELECT status FROM holdfast_runs").pluck().all() as ReadonlyArray<string>
  } finally {
    database.close()
  }
}

const kinds = FaultPlan.faults.filter((fault) => fault !== "crash")
const phases = ["before", "after"] as const

/** Those that a host cannot wait out: the database says that it will not, or cannot, do it. */
const endsTheAttempt = new Set<FaultPlan.Fault>(["readonly", "corrupt", "constraint"])

/** What must be so after any single fault, and what besides where the fault passes by itself. */
const complaints = (outcome: Outcome, label: string, fault: FaultPlan.Fault): ReadonlyArray<string> => {
  const found = [...outcome.violations]
  const expect = (isSo: boolean, what: string) => {
    if (!isSo) found.push(what)
  }
  expect(outcome.unfired === 0, "the fault fired")
  expect(
    outcome.statuses.every((status) => status === "completed" || status === "failed"),
    "no row is active"
  )
  expect(outcome.worked === (outcome.start === "started" ? 1 : 0), "the work ran once if and only if it was started")
  expect(outcome.start !== "started" || outcome.statuses.join() === "completed", "what was started is completed")
  expect(
    outcome.start === "started" || !outcome.statuses.includes("completed"),
    "what was not started is not completed"
  )
  if (!endsTheAttempt.has(fault)) {
    // An insert that hangs takes the whole budget of a start.
    expect(
      outcome.start === "started" || (label === "insert" && fault === "hang"),
      "a failure that passes is waited out"
    )
  } else if (label === "settle") {
    expect(outcome.isParked, "a failure that does not pass parks the verdict, with an alert")
  }
  return found
}

describe("single faults", () => {
  it.live(
    "of every kind, before and after, at every operation of a kernel's life leave a true status",
    () =>
      Effect.gen(function* () {
        const healthy = yield* life(FaultPlan.none)
        assert.deepStrictEqual([healthy.start, healthy.statuses, healthy.violations], ["started", ["completed"], []])
        const failures: Array<string> = []
        let plans = 0
        for (const [index, label] of healthy.operations.entries()) {
          for (const fault of kinds) {
            for (const phase of phases) {
              plans++
              const plan = FaultPlan.fromRules(FaultPlan.rule({ operation: index + 1 }, fault, { phase }))
              const outcome = yield* life(plan)
              const found = complaints(outcome, label, fault)
              if (found.length > 0) {
                failures.push(
                  `${label} (operation ${index + 1}), ${fault} ${phase}: ${outcome.start}, [${outcome.statuses}]: ${found.join("; ")}`
                )
              }
            }
          }
        }
        console.info(
          `single faults: ${plans} plans over ${healthy.operations.length} operations, ${failures.length} broken`
        )
        assert.deepStrictEqual(failures, [])
      }),
    240_000
  )
})
