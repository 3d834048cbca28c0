/**
 * How late timers come while the kernel is at work: at the 99th percentile, and at most.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { type Entry, entryOf } from "../entry.js"
import { counted, type Part, type Setting } from "../part.js"
import type { Measured } from "../rounds.js"
import { type LoopDelay, loopDelayOf, until } from "../stopwatch.js"
import { cancelAll, startAll } from "../subjects/activeRuns.js"
import * as Kernel from "../subjects/kernel.js"
import * as UnderChaos from "../subjects/underChaos.js"
import { throughKernel } from "./fanOut.js"
import { stormOver } from "./storm.js"

const name = "eventLoop"

interface Watched {
  readonly name: string
  readonly work: () => Promise<unknown>
}

const measureAll = async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const filename = join(directory, "kernel.db")
  const kernel = await Kernel.onSqlite(filename)
  const millis = size === "full" ? 2_000 : 100
  const runs = (level: number, duration: number) => kernel.runPromise(Kernel.completeUntil(level, until(duration)))
  const [lockedLevel, lockedMillis] = size === "full" ? [1_000, 5_000] : [10, 200]
  const locked = async () => {
    const other = new Sqlite(filename)
    other.exec("BEGIN IMMEDIATE")
    const all = runs(lockedLevel, lockedMillis)
    await pause(lockedMillis)
    other.exec("ROLLBACK")
    other.close()
    await all
  }
  const levels = size === "full" ? [1, 100, 1_000, 10_000] : [10]
  const many = size === "full" ? 10_000 : 50
  const stormy = await UnderChaos.open(join(directory, "stormy.db"), "connector")
  await Effect.runPromise(stormy.chaos.use(stormOver(lockedLevel, 1)))
  const subjects: ReadonlyArray<Watched> = [
    { name: "an idle loop", work: () => pause(millis) },
    ...levels.map((level) => ({ name: `${counted(level)} at a time`, work: () => runs(level, millis) })),
    { name: `${counted(lockedLevel)} at a time, the database locked for ${lockedMillis / 1000} s`, work: locked },
    {
      name: `${counted(lockedLevel)} at a time, in a light storm`,
      work: () => stormy.runPromise(Kernel.completeUntil(lockedLevel, until(millis)))
    },
    { name: `${counted(many)} subscribers`, work: () => kernel.runPromise(throughKernel(many)) },
    {
      name: `${counted(many)} started, then cancelled`,
      work: async () => cancelAll(kernel, await startAll(kernel, many))
    }
  ]
  const delays = new Map<string, Array<LoopDelay>>()
  for (let round = 0; round < (size === "full" ? 3 : 1); round++) {
    for (const { name, work } of subjects) {
      delays.set(name, [...(delays.get(name) ?? []), await loopDelayOf(work)])
    }
  }
  await Effect.runPromise(stormy.chaos.heal)
  await stormy.close()
  await kernel.close()
  return entriesOf(delays)
}

const entriesOf = (delays: ReadonlyMap<string, ReadonlyArray<LoopDelay>>): ReadonlyArray<Entry> => {
  const [[idle, idleDelays] = ["", []], ...busy] = [...delays]
  return busy.flatMap(([subject, of]) =>
    (["p99", "max"] as const).map((key) => {
      const measured = (label: string, all: ReadonlyArray<LoopDelay>): Measured => ({
        name: label,
        // A loop that is never late is as good as one that is a microsecond late; a ratio needs something to divide by.
        samples: all.map((delay) => Math.max(0.001, delay[key]))
      })
      return entryOf(name, "ms", measured(`${subject}, ${key}`, of), measured(idle, idleDelays))
    })
  )
}

export const eventLoop: Part = { name, about: "how late timers come while the kernel is at work", measure: measureAll }
