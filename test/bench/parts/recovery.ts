/**
 * How long a kernel takes to come up on a table with a history, and to settle what a lost host left behind.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { type Entry, entryOf } from "../entry.js"
import { counted, type Part, type Setting } from "../part.js"
import { measure, type Subject } from "../rounds.js"
import { millisOf } from "../stopwatch.js"
import * as Kernel from "../subjects/kernel.js"
import * as RawSqlite from "../subjects/rawSqlite.js"
import * as StoredRuns from "../subjects/storedRuns.js"

const pollMillis = 5

/** Milliseconds until a kernel is up; until it has closed is not counted. */
const startUp = async (filename: string): Promise<number> => {
  let kernel: Kernel.Kernel | undefined
  const millis = await millisOf(async () => {
    kernel = await Kernel.onSqlite(filename)
  })
  await kernel?.close()
  return millis
}

/** Milliseconds from the opening of a kernel until the last orphan's row is terminal. */
const recover = async (filename: string, orphans: number): Promise<number> => {
  await StoredRuns.orphans(filename, orphans)
  const active = StoredRuns.activeCounter(filename)
  if (active.count() !== orphans) throw new Error(`${active.count()} rows are active, expected ${orphans} orphans`)
  let kernel: Kernel.Kernel | undefined
  const millis = await millisOf(async () => {
    kernel = await Kernel.onSqlite(filename)
    while (active.count() > 0) await pause(pollMillis)
  })
  active.close()
  await kernel?.close()
  return millis
}

const partOf = (name: string, histories: { readonly full: number; readonly quick: number }): Part => ({
  name,
  about: `coming up, and settling what a lost host left, with ${counted(histories.full)} rows stored`,
  measure: async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
    const stored = histories[size]
    const orphans = size === "full" ? 10_000 : 500
    const filename = join(directory, "kernel.db")
    await StoredRuns.settledRuns(filename, stored)
    const raw = RawSqlite.open(join(directory, "raw.db"))
    const rowsBy256: Subject = {
      name: `${counted(orphans)} raw writes, 256 per commit`,
      sample: () =>
        millisOf(() => {
          let left = orphans / 256
          raw.commitPer(256, () => left-- <= 0)
        })
    }
    const [up, empty, recovered, floor] = await measure(
      [
        { name: `start-up with ${counted(stored)} rows`, sample: () => startUp(filename) },
        { name: "start-up of a new file", sample: () => startUp(join(directory, `${performance.now()}.db`)) },
        { name: `${counted(orphans)} orphans settled`, sample: () => recover(filename, orphans) },
        rowsBy256
      ],
      size === "full" ? { warmUp: 1, rounds: 3 } : { warmUp: 0, rounds: 1 }
    )
    raw.close()
    if (up === undefined || recovered === undefined) return []
    return [entryOf(name, "ms", up, empty), entryOf(name, "ms", recovered, floor)]
  }
})

export const recovery: Part = partOf("recovery", { full: 10_000, quick: 1_000 })

/** Takes minutes: a million rows have to be there first. */
export const recoveryMillion: Part = partOf("recovery-1m", { full: 1_000_000, quick: 1_000 })
