/**
 * How long a cancel takes until `cancelled` is durable: the run is marked, its work interrupted, and its row
 * settled. Two commits, like those beside it.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { besideEach, type Entry } from "../entry.js"
import { type Part, roundsOf, type Setting } from "../part.js"
import { Latencies, millisOf, percentiles, until } from "../stopwatch.js"
import * as Kernel from "../subjects/kernel.js"
import * as RawSqlite from "../subjects/rawSqlite.js"

const name = "cancel"

const measureAll = async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const kernel = await Kernel.onSqlite(join(directory, "kernel.db"))
  const raw = RawSqlite.open(join(directory, "raw.db"))
  const { rounds, warmUp } = roundsOf(size)
  const ours: Array<Latencies> = []
  const theirs: Array<Latencies> = []
  for (let round = -warmUp; round < rounds; round++) {
    const [cancels, commits] = [new Latencies(), new Latencies()]
    for (const isOver = until(size === "full" ? 1_000 : 100); !isOver(); ) {
      const handle = await kernel.runPromise(Kernel.oneThatStays)
      cancels.record(await millisOf(() => kernel.runPromise(Effect.zipRight(handle.cancel(), handle.settled))))
      commits.record(await millisOf(raw.one))
    }
    if (round < 0) continue
    ours.push(cancels)
    theirs.push(commits)
  }
  await kernel.close()
  raw.close()
  return percentiles.flatMap(([label, percent]) => {
    const at = (of: ReadonlyArray<Latencies>) => of.map((latencies) => latencies.percentile(percent))
    const baseline = { name: "two raw commits", samples: at(theirs) }
    return besideEach(name, "ms", [{ name: `alone, ${label}`, samples: at(ours) }], [baseline])
  })
}

export const cancel: Part = { name, about: "from a cancel to durable cancelled", measure: measureAll }
