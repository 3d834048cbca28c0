/**
 * Runs while the database fails, and how long it takes after that until every one of them is settled.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as FaultPlan from "../../../chaos/FaultPlan.js"
import * as RunKernel from "../../../src/RunKernel.js"
import { type Entry, entryOf } from "../entry.js"
import { type Part, roundsOf, type Setting } from "../part.js"
import { measure, type Subject } from "../rounds.js"
import { millisOf, rateOf } from "../stopwatch.js"
import * as Kernel from "../subjects/kernel.js"
import * as UnderChaos from "../subjects/underChaos.js"

const name = "storm"

/**
 * A light storm. It decides for each run that a statement carries, so the rate is divided by the size of a batch:
 * about one statement in ten fails, however many runs it carries.
 */
export const stormOver = (concurrency: number, seed: number): FaultPlan.FaultPlan =>
  FaultPlan.storm({ seed, rate: 0.1 / Math.min(concurrency, RunKernel.defaults.persist.batchMax) })

const measureAll = async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const kernel = await UnderChaos.open(join(directory, "kernel.db"), "connector")
  const [concurrency, millis] = size === "full" ? [1_000, 2_000] : [20, 200]
  const runs = () => rateOf(millis, (isOver) => kernel.runPromise(Kernel.completeUntil(concurrency, isOver)))
  let seed = 1
  const drains: Array<number> = []
  /** The storm blows for that long and until each lane has had a run; what is in flight then is the drain. */
  const stormy = async (): Promise<number> => {
    await Effect.runPromise(kernel.chaos.use(stormOver(concurrency, seed++)))
    const startedAt = performance.now()
    let completed = 0
    const isOver = () => completed >= concurrency && performance.now() - startedAt >= millis
    const all = kernel.runPromise(Kernel.completeUntil(concurrency, isOver, () => completed++))
    const { left } = await stormEnd(isOver, all)
    const rate = (completed * 1000) / (performance.now() - startedAt)
    await Effect.runPromise(kernel.chaos.heal)
    drains.push(await millisOf(() => left))
    return rate
  }
  const clear: Subject = { name: "without the storm", sample: runs }
  const rounds = roundsOf(size)
  const [light, calm] = await measure([{ name: "in a light storm", sample: stormy }, clear], rounds)
  const lightDrains = drains.splice(0).slice(rounds.warmUp)
  await kernel.close()
  if (light === undefined) return []
  return [
    entryOf(name, "runs/s", light, calm),
    entryOf(name, "ms", { name: "until all are settled after a light storm", samples: lightDrains })
  ]
}

/** Waits until the time is over or all are done, whichever is first; gives what is still to be waited for. */
const stormEnd = async (isOver: () => boolean, all: Promise<unknown>): Promise<{ readonly left: Promise<unknown> }> => {
  let isDone = false
  const left = all.then(() => {
    isDone = true
  })
  while (!isOver() && !isDone) await pause(5)
  return { left }
}

export const storm: Part = {
  name,
  about: "1,000 runs at a time while the database fails, and the time to drain",
  measure: measureAll
}
