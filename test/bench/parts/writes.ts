/**
 * What a run costs the database: statements, and syncs of the disk. The statements are counted by a chaos
 * layer without a plan, which every one passes; the syncs by strace, and left out where there is none.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { type Entry, entryOf } from "../entry.js"
import { counted, type Part, type Setting } from "../part.js"
import { measure, type Subject } from "../rounds.js"
import { until } from "../stopwatch.js"
import * as Fsyncs from "../subjects/fsyncs.js"
import * as Kernel from "../subjects/kernel.js"
import * as RawSqlite from "../subjects/rawSqlite.js"
import * as UnderChaos from "../subjects/underChaos.js"

const name = "writes"

const measureAll = async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const kernel = await UnderChaos.open(join(directory, "kernel.db"), "connector")
  const raw = RawSqlite.open(join(directory, "raw.db"))
  const levels = size === "full" ? [1, 100, 1_000, 10_000] : [1, 100]
  const millis = size === "full" ? 500 : 50
  const runs = (level: number) => kernel.runPromise(Kernel.completeUntil(level, until(millis)))
  const statements = levels.map(
    (level): Subject => ({
      name: `statements, ${counted(level)} at a time`,
      sample: async () => {
        const before = await Effect.runPromise(kernel.chaos.operationCount)
        const completed = await runs(level)
        return ((await Effect.runPromise(kernel.chaos.operationCount)) - before) / completed
      }
    })
  )
  const syncs = async (work: () => Promise<number>): Promise<number> => {
    let completed = 0
    const calls = await Fsyncs.fsyncsOf(join(directory, "strace"), async () => {
      completed = await work()
    })
    return calls / completed
  }
  const fsyncs = levels.map(
    (level): Subject => ({
      name: `fsyncs, ${counted(level)} at a time`,
      sample: () => syncs(() => runs(level))
    })
  )
  const rawFsyncs: Subject = {
    name: "a commit per write",
    sample: () => syncs(async () => raw.commitPerWrite(until(millis)))
  }
  const rounds = { warmUp: 0, rounds: size === "full" ? 3 : 1 }
  const rawStatements: Subject = { name: "a commit per write", sample: async () => 2 }
  const [two, ...counts] = await measure([rawStatements, ...statements], rounds)
  const [rawSyncs, ...syncCounts] = Fsyncs.canCount() ? await measure([rawFsyncs, ...fsyncs], rounds) : []
  await kernel.close()
  raw.close()
  return [
    ...counts.map((count) => entryOf(name, "per run", count, two)),
    ...syncCounts.map((count) => entryOf(name, "per run", count, rawSyncs))
  ]
}

export const writes: Part = { name, about: "what one run costs the database", measure: measureAll }
