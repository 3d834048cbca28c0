/**
 * How long one run takes from its start to durable `completed`: alone, beside two raw commits and the least that
 * an Effect program can do, each in turn;
 * and among many.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import { besideEach, type Entry } from "../entry.js"
import { counted, type Part, roundsOf, type Setting } from "../part.js"
import { Latencies, millisOf, percentiles, until } from "../stopwatch.js"
import * as BareEffect from "../subjects/bareEffect.js"
import * as Kernel from "../subjects/kernel.js"
import * as RawSqlite from "../subjects/rawSqlite.js"

const name = "latency"
const raw = "two raw commits"
const bare = "a bare Effect program"

const measureAll = async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const kernel = await Kernel.onSqlite(join(directory, "kernel.db"))
  const file = RawSqlite.open(join(directory, "raw.db"))
  const program = BareEffect.open(join(directory, "bare.db"))
  const levels = size === "full" ? [100, 1_000] : [10]
  const millis = size === "full" ? 1_500 : 100
  const { rounds, warmUp } = roundsOf(size)
  const measured = new Map<string, Array<Latencies>>()
  const latenciesOf = (subject: string): Latencies => {
    const latencies = new Latencies()
    measured.set(subject, [...(measured.get(subject) ?? []), latencies])
    return latencies
  }
  for (let round = -warmUp; round < rounds; round++) {
    if (round === 0) measured.clear()
    const [two, least, alone] = [latenciesOf(raw), latenciesOf(bare), latenciesOf("alone")]
    for (const isOver = until(millis); !isOver(); ) {
      two.record(await millisOf(file.one))
      least.record(await millisOf(() => program.completeUntil(1, () => true)))
      alone.record(await millisOf(() => kernel.runPromise(Kernel.one)))
    }
    for (const level of levels) {
      const among = latenciesOf(`${counted(level)} at a time`)
      await kernel.runPromise(Kernel.completeUntil(level, until(millis), (took) => among.record(took)))
    }
  }
  await kernel.close()
  file.close()
  program.close()
  return [...measured.keys()]
    .filter((subject) => subject !== raw && subject !== bare)
    .flatMap((subject) =>
      percentiles.flatMap(([label, percent]) => {
        const samplesOf = (of: string) => (measured.get(of) ?? []).map((latencies) => latencies.percentile(percent))
        const baselines = subject === "alone" ? [raw, bare] : [raw]
        return besideEach(
          name,
          "ms",
          [{ name: `${subject}, ${label}`, samples: samplesOf(subject) }],
          baselines.map((baseline) => ({ name: baseline, samples: samplesOf(baseline) }))
        )
      })
    )
}

export const latency: Part = { name, about: "one run, from start to durable completed", measure: measureAll }
