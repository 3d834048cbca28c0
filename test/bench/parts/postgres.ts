/**
 * The same as `throughput`, on a Postgres with `synchronous_commit = on`.
 *
 * @since 0.1.0
 */
import * as PgRunStore from "../../../src/PgRunStore.js"
import { besideEach, type Entry } from "../entry.js"
import { counted, type Part, roundsOf, type Setting } from "../part.js"
import { measure, type Subject } from "../rounds.js"
import { rateOf } from "../stopwatch.js"
import * as Kernel from "../subjects/kernel.js"
import * as Postgres from "../subjects/postgres.js"
import * as RawPostgres from "../subjects/rawPostgres.js"

const name = "postgres"

const levels = { full: [1, 10, 100, 1_000, 10_000], quick: [1, 20] } as const

const measureAll = async ({ size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const server = await Postgres.start()
  try {
    const kernel = await Kernel.open(PgRunStore.layer({ url: server.url }))
    const raw = await RawPostgres.open(server.url)
    const millis = size === "full" ? 500 : 50
    const baselines: ReadonlyArray<Subject> = [
      { name: "a commit per write", sample: () => rateOf(millis, raw.commitPerWrite) },
      { name: "256 writes per commit", sample: () => rateOf(millis, (isOver) => raw.commitPer(256, isOver)) }
    ]
    const ours = levels[size].map((level) => ({
      name: `${counted(level)} at a time`,
      sample: () => rateOf(millis, (isOver) => kernel.runPromise(Kernel.completeUntil(level, isOver)))
    }))
    const measured = await measure([...baselines, ...ours], roundsOf(size))
    await kernel.close()
    await raw.close()
    return besideEach(name, "runs/s", measured.slice(baselines.length), measured.slice(0, baselines.length))
  } finally {
    await server.remove()
  }
}

export const postgres: Part = { name, about: "runs from start to durable completed, on Postgres", measure: measureAll }
