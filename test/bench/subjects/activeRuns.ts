/**
 * Many runs that are active at a time: started, and cancelled all at once.
 *
 * @since 0.1.0
 */
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
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

/** Until every one of them is durably `cancelled`. In portions, too: a hundred thousand callers are four gigabytes. */
export const cancelAll = (kernel: Kernel.Kernel, ids: ReadonlyArray<RunId>): Promise<void> =>
  kernel.runPromise(
    Effect.flatMap(RunKernel.RunKernel, (service) =>
      Effect.forEach(ids, (id) => Effect.zipRight(service.cancel(id), service.settled(id)), {
        concurrency: portion,
        discard: true
      })
    )
  )
