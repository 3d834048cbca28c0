/**
 * Many runs that are active at a time: started, and cancelled all at once.
 *
 * @since 0.1.0
 */
import { setTimeout as pause } from "node:timers/promises"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { RunId } from "../../../src/RunId.js"
import * as RunKernel from "../../../src/RunKernel.js"
import * as Kernel from "./kernel.js"

/** Started in portions, as a host would: starts that wait are bounded. */
const portion = 5_000

export const startAll = async (kernel: Kernel.Kernel, count: number): Promise<ReadonlyArray<RunId>> => {
  const ids: Array<RunId> = []
  const startOne = Effect.map(Kernel.oneThatStays, (handle) => void ids.push(handle.id))
  for (let left = count; left > 0; left -= portion) {
    const some = Array.from({ length: Math.min(left, portion) })
    await kernel.runPromise(Effect.forEach(some, () => startOne, { concurrency: "unbounded", discard: true }))
    await pause(5)
  }
  return ids
}

/**
 * Until every row is durably `cancelled`: all are asked to stop, and then the rows tell. In portions, too: a hundred
 * thousand callers are four gigabytes.
 */
export const cancelAll = (kernel: Kernel.Kernel, ids: ReadonlyArray<RunId>): Promise<void> =>
  kernel.runPromise(
    Effect.gen(function* () {
      const service = yield* RunKernel.RunKernel
      yield* Effect.forEach(ids, (id) => service.cancel(id), { concurrency: portion, discard: true })
      const active = Effect.zipWith(
        service.list({ status: "running", limit: 1 }),
        service.list({ status: "pending", limit: 1 }),
        (running, pending) => [...running, ...pending]
      )
      yield* Effect.repeat(active, { until: Arr.isEmptyArray, schedule: Schedule.spaced("1 millis") })
      const last = ids.at(-1)
      if (last === undefined) return
      const { status } = yield* service.get(last)
      if (status !== "cancelled") yield* Effect.dieMessage(`the last one is ${status}`)
    })
  )
