/**
 * Whether a table that grows makes runs slower: the throughput at a thousand runs at a time, on tables of
 * settled rows, beside the smallest of them.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import { type Entry, entryOf } from "../entry.js"
import { counted, type Part, roundsOf, type Setting } from "../part.js"
import { measure } from "../rounds.js"
import { rateOf } from "../stopwatch.js"
import * as Kernel from "../subjects/kernel.js"
import * as StoredRuns from "../subjects/storedRuns.js"

const partOf = (name: string, histories: ReadonlyArray<number>): Part => ({
  name,
  about: `1,000 runs at a time, with up to ${counted(Math.max(...histories))} settled rows stored`,
  measure: async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
    const tables = size === "full" ? histories : [100, 1_000]
    const kernels = await Promise.all(
      tables.map(async (stored) => {
        const filename = join(directory, `${stored}.db`)
        await StoredRuns.settledRuns(filename, stored)
        return { stored, kernel: await Kernel.onSqlite(filename) }
      })
    )
    const [concurrency, millis] = size === "full" ? [1_000, 500] : [20, 50]
    const [smallest, ...larger] = await measure(
      kernels.map(({ kernel, stored }) => ({
        name: `${counted(stored)} rows stored`,
        sample: () => rateOf(millis, (isOver) => kernel.runPromise(Kernel.completeUntil(concurrency, isOver)))
      })),
      roundsOf(size)
    )
    for (const { kernel } of kernels) await kernel.close()
    return larger.map((table) => entryOf(name, "runs/s", table, smallest))
  }
})

export const growth: Part = partOf("growth", [1_000, 10_000, 100_000])

/** Takes a minute more: a million rows have to be there first. */
export const growthMillion: Part = partOf("growth-1m", [1_000, 1_000_000])
