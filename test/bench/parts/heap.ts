/**
 * Heap per active run, beside the fiber without which none can be; what else it consists of; and how long it
 * takes to cancel all of them.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { EventHub } from "../../../src/internal/runs/eventHub.js"
import { type Entry, entryOf } from "../entry.js"
import { counted, type Part, type Setting, type Size } from "../part.js"
import { measure, type Subject } from "../rounds.js"
import { millisOf } from "../stopwatch.js"
import { cancelAll, startAll } from "../subjects/activeRuns.js"
import { bytesEach } from "../subjects/heap.js"
import * as Kernel from "../subjects/kernel.js"

const name = "heap"
const stays = Effect.async<never>((_resume) => {})

const bytesOf = <A>(count: number, make: () => A): Promise<number> =>
  bytesEach(count, async () => Array.from({ length: count }, make)).then(({ bytes, made }) => {
    // Alive until it has been counted.
    if (made.length !== count) throw new Error("not all were made")
    return bytes
  })

const fiberBytes = async (count: number, effect: Effect.Effect<Fiber.RuntimeFiber<unknown>>): Promise<number> => {
  const { bytes, made } = await bytesEach(count, () =>
    Effect.runPromise(Effect.forEach(Array.from({ length: count }), () => effect))
  )
  await Effect.runPromise(Fiber.interruptAll(made))
  return bytes
}

/** Daemons, since `fiberBytes` counts them after the effect that forked them, and interrupts them then. */
const maskedFiber = Effect.uninterruptibleMask((restore) =>
  Effect.forkDaemon(Effect.onExit(restore(stays), () => Effect.void))
)

const measureAll = async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const entries: Array<Entry> = []
  for (const count of size === "full" ? [1_000, 10_000, 100_000] : [200]) {
    const kernel = await Kernel.onSqlite(join(directory, `${count}.db`))
    const cancelSeconds: Array<number> = []
    const sample = async () => {
      const { bytes, made } = await bytesEach(count, () => startAll(kernel, count))
      cancelSeconds.push((await millisOf(() => cancelAll(kernel, made))) / 1000)
      return bytes
    }
    const fiber: Subject = { name: "a bare masked fiber", sample: () => fiberBytes(count, maskedFiber) }
    const rounds = size === "quick" || count > 10_000 ? { warmUp: 0, rounds: 2 } : { warmUp: 1, rounds: 3 }
    const [run, bare] = await measure([{ name: `${counted(count)} active`, sample }, fiber], rounds)
    await kernel.close()
    if (run !== undefined) entries.push(entryOf(name, "bytes/run", run, bare))
    const samples = cancelSeconds.slice(rounds.warmUp)
    entries.push(entryOf(name, "s", { name: `${counted(count)} cancelled, all durable`, samples }))
  }
  return [...entries, ...(await partsOfRun(size))]
}

/** What a run consists of, each by itself; the rest is its record, its row's values and the register. */
const partsOfRun = async (size: Size): Promise<ReadonlyArray<Entry>> => {
  const count = size === "full" ? 10_000 : 200
  const tail = { max: 0 }
  const parts = await measure(
    [
      // A daemon, as above.
      { name: "of it, a fiber that waits", sample: () => fiberBytes(count, Effect.forkDaemon(stays)) },
      { name: "of it, the same masked, with its end handled", sample: () => fiberBytes(count, maskedFiber) },
      { name: "of it, the event hub", sample: () => bytesOf(count, () => new EventHub(tail)) },
      { name: "of it, a Deferred", sample: () => bytesOf(count, () => Deferred.unsafeMake(FiberId.none)) }
    ],
    size === "full" ? { warmUp: 1, rounds: 3 } : { warmUp: 0, rounds: 1 }
  )
  return parts.map((part) => entryOf(name, "bytes/run", part))
}

export const heap: Part = {
  name,
  about: "heap of runs that are active, and how soon all are cancelled",
  measure: measureAll
}
