/**
 * Runs a second, from start to durable `completed`, with 1 to 10,000 of them at a time, on a SQLite file
 * with `synchronous = FULL`.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as RunLog from "../../../src/RunLog.js"
import { besideEach, type Entry } from "../entry.js"
import { counted, type Part, roundsOf, type Setting } from "../part.js"
import { measure, type Subject } from "../rounds.js"
import { rateOf } from "../stopwatch.js"
import * as BareEffect from "../subjects/bareEffect.js"
import * as Kernel from "../subjects/kernel.js"
import * as RawSqlite from "../subjects/rawSqlite.js"

const name = "throughput"

const levels = { full: [1, 10, 100, 1_000, 10_000], quick: [1, 20] } as const

const measureAll = async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const kernel = await Kernel.onSqlite(join(directory, "kernel.db"))
  const logging = await Kernel.onSqlite(
    join(directory, "logging.db"),
    {},
    Layer.merge(Logger.remove(Logger.defaultLogger), RunLog.layerFile(join(directory, "runs.ndjson")))
  )
  const raw = RawSqlite.open(join(directory, "raw.db"))
  const bare = BareEffect.open(join(directory, "bare.db"))
  const [logged, millis] = size === "full" ? [1_000, 500] : [20, 50]
  const runs = (subject: Kernel.Kernel, concurrency: number) => () =>
    rateOf(millis, (isOver) => subject.runPromise(Kernel.completeUntil(concurrency, isOver)))
  const floor: Subject = {
    name: `a bare Effect program, ${counted(logged)} at a time`,
    sample: () => rateOf(millis, (isOver) => bare.completeUntil(logged, isOver))
  }
  const baselines: ReadonlyArray<Subject> = [
    { name: "a commit per write", sample: () => rateOf(millis, raw.commitPerWrite) },
    { name: "256 writes per commit", sample: () => rateOf(millis, (isOver) => raw.commitPer(256, isOver)) }
  ]
  const ours: ReadonlyArray<Subject> = [
    ...levels[size].map((level) => ({ name: `${counted(level)} at a time`, sample: runs(kernel, level) })),
    { name: `${counted(logged)} at a time, with its log in a file`, sample: runs(logging, logged) }
  ]
  const measured = await measure([...baselines, floor, ...ours], roundsOf(size))
  await kernel.close()
  await logging.close()
  raw.close()
  bare.close()
  const of = (subject: Subject) => measured.filter((one) => one.name === subject.name)
  const many = ours.filter((subject) => subject.name === `${counted(logged)} at a time`)
  return [
    ...besideEach(name, "runs/s", ours.flatMap(of), baselines.flatMap(of)),
    ...besideEach(name, "runs/s", many.flatMap(of), of(floor))
  ]
}

export const throughput: Part = {
  name,
  about: "runs from start to durable completed, on SQLite FULL",
  measure: measureAll
}
