/**
 * Events a second to the subscribers of one run, all of them, beside an Effect `PubSub` with as many
 * subscribers that carries as many values.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import * as Run from "../../../src/Run.js"
import * as RunKernel from "../../../src/RunKernel.js"
import { type Entry, entryOf } from "../entry.js"
import { counted, type Part, roundsOf, type Setting } from "../part.js"
import { measure } from "../rounds.js"
import * as Kernel from "../subjects/kernel.js"

const name = "fanOut"

/** Fewer than a subscriber may lag behind: nothing is lost. */
const eventsMax = 200
const deliveries = 200_000

const eventsOf = (subscribers: number): number =>
  Math.max(20, Math.min(eventsMax, Math.floor(deliveries / subscribers)))

/** What was delivered, by the time from the first event until the last subscriber has the last one. */
export const throughKernel = (subscribers: number) =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const events = eventsOf(subscribers)
    const begin = yield* Deferred.make<void>()
    const work = Effect.zipRight(
      Deferred.await(begin),
      Effect.forEach(Array.from({ length: events }), (_, current) => Run.progress({ current, total: events }), {
        discard: true
      })
    )
    const handle = yield* kernel.start("bench", work)
    const listening = yield* Effect.forEach(Array.from({ length: subscribers }), () =>
      Effect.fork(Stream.runCount(handle.events))
    )
    yield* Effect.yieldNow()
    const startedAt = performance.now()
    yield* Deferred.succeed(begin, undefined)
    yield* Fiber.joinAll(listening)
    return (subscribers * events * 1000) / (performance.now() - startedAt)
  })

const throughPubSub = (subscribers: number) =>
  Effect.gen(function* () {
    const events = eventsOf(subscribers)
    const hub = yield* PubSub.bounded<number>(eventsMax)
    const listening = yield* Effect.forEach(Array.from({ length: subscribers }), () =>
      Effect.fork(Stream.runCount(Stream.take(Stream.fromPubSub(hub), events)))
    )
    yield* Effect.yieldNow()
    yield* Effect.sleep("20 millis")
    const publish = Effect.forEach(Array.from({ length: events }), (_, index) => PubSub.publish(hub, index), {
      discard: true
    })
    const startedAt = performance.now()
    yield* publish
    yield* Fiber.joinAll(listening)
    return (subscribers * events * 1000) / (performance.now() - startedAt)
  })

const measureAll = async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const kernel = await Kernel.onSqlite(join(directory, "kernel.db"))
  const entries: Array<Entry> = []
  for (const subscribers of size === "full" ? [1, 100, 10_000] : [1, 100]) {
    const [ours, hub] = await measure(
      [
        {
          name: `${counted(subscribers)} ${subscribers === 1 ? "subscriber" : "subscribers"}`,
          sample: () => kernel.runPromise(throughKernel(subscribers))
        },
        { name: "a PubSub", sample: () => Effect.runPromise(throughPubSub(subscribers)) }
      ],
      roundsOf(size)
    )
    if (ours !== undefined) entries.push(entryOf(name, "events/s", ours, hub))
  }
  await kernel.close()
  return entries
}

export const fanOut: Part = {
  name,
  about: "events of one run, delivered to all of its subscribers",
  measure: measureAll
}
