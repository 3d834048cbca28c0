/**
 * A fixed slice of random lives: several runs at once with seeded starts, cancels, timeouts, keys and
 * subscribers, under a storm of all faults that pass, on a virtual clock. Every history must keep all
 * guarantees, and once the storm is over every row must be terminal.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import { Chaos, FaultPlan } from "../../chaos/index.js"
import { RunHistory, RunKernel, RunStore } from "../../src/index.js"
import { runOf } from "../../src/internal/runRow.js"

const passing = FaultPlan.faults.filter((fault) => !["crash", "readonly", "corrupt", "constraint"].includes(fault)) as [
  FaultPlan.Fault,
  ...Array<FaultPlan.Fault>
]

const works: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
  Effect.void,
  Effect.sleep("2 seconds"),
  Effect.fail("no"),
  Effect.zipRight(Effect.sleep("300 millis"), Effect.die(new Error("boom"))),
  Effect.interrupt,
  Effect.uninterruptible(Effect.sleep("3 seconds")),
  Effect.onInterrupt(Effect.sleep("4 seconds"), () => Effect.sleep("1 second")),
  Effect.catchAllCause(Effect.sleep("5 seconds"), () => Effect.succeed("swallowed"))
]

const pick = <A>(items: ReadonlyArray<A>) =>
  Effect.map(Random.nextIntBetween(0, items.length), (index) => items[index] as A)
const chance = (rate: number) => Effect.map(Random.next, (value) => value < rate)
const pause = (maxMillis: number) =>
  Effect.flatMap(Random.nextIntBetween(0, maxMillis), (millis) => Effect.sleep(millis))

const oneRun = Effect.gen(function* () {
  const kernel = yield* RunKernel.RunKernel
  yield* pause(5_000)
  const started = yield* kernel
    .start("storm", yield* pick(works), {
      key: (yield* chance(0.5)) ? `key-${yield* Random.nextIntBetween(0, 3)}` : undefined,
      timeout: (yield* chance(0.3)) ? "1 second" : undefined
    })
    .pipe((start) => Effect.timeoutOption(start, "20 seconds"), Effect.option)
  const handle = started._tag === "Some" && started.value._tag === "Some" ? started.value.value : undefined
  if (handle === undefined) return
  if (yield* chance(0.5)) yield* Effect.fork(Stream.runDrain(handle.events))
  if (yield* chance(0.4)) {
    yield* pause(3_000)
    yield* Effect.ignore(handle.cancel())
  }
  yield* Effect.ignore(handle.settled)
})

const life = (seed: number) =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const plan = FaultPlan.storm({ seed, rate: 0.3, faults: passing, phases: ["before", "after", "late"] })
    const rows = yield* Effect.gen(function* () {
      const chaos = yield* Chaos.Chaos
      const store = yield* RunStore.RunStore
      yield* Effect.gen(function* () {
        // After the kernel has come up: one that finds no database at all rightly does not.
        yield* chaos.use(plan)
        yield* Effect.forEach(Array.from({ length: 12 }), () => oneRun, { concurrency: "unbounded", discard: true })
        yield* chaos.heal
        yield* Effect.sleep("1 minute")
      }).pipe(Effect.provide(RunKernel.layer({ persist: { attemptTimeout: "2 seconds" } })))
      return yield* store.list({ limit: 1_000 })
    }).pipe(
      Effect.provide(Chaos.layerStore(FaultPlan.none).pipe(Layer.provide(RunStore.layerMemory))),
      Effect.provide(
        Logger.replace(
          Logger.defaultLogger,
          Logger.map(Logger.jsonLogger, (line) => void log.push(line))
        )
      )
    )
    const history = RunHistory.fromLog(log.join("\n"))
    const violations = RunHistory.check(history, { rows: rows.map(runOf), isFinal: true, toleranceMillis: 1 }).map(
      RunHistory.render
    )
    return { rows: rows.length, violations }
  }).pipe(Effect.scoped, Effect.withRandom(Random.make(seed)), Chaos.simulate())

/** `SEEDS=2000 npx vitest run --config test/vitest.config.ts test/chaos/storms` looks further. */
const seeds = Number(process.env["SEEDS"] ?? 40)

describe("storms", () => {
  it.live(
    "of every fault that passes leave every history true, for each seed",
    () =>
      Effect.gen(function* () {
        let runs = 0
        for (let seed = 1; seed <= seeds; seed++) {
          const { rows, violations } = yield* life(seed)
          runs += rows
          assert.deepStrictEqual(violations, [], `seed ${seed}`)
        }
        console.info(`storms: ${seeds} seeds, ${runs} runs, 0 violations`)
      }),
    seeds * 3_000
  )
})
