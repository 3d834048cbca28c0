/**
 * Bytes of heap that things take while they live. Needs `node --expose-gc`.
 *
 * @since 0.1.0
 */
import { setTimeout as pause } from "node:timers/promises"

/** What is alive after a collection. */
const heapUsed = async (): Promise<number> => {
  if (globalThis.gc === undefined) throw new Error("the heap is measured with the collector at hand: node --expose-gc")
  // What a finished turn of the loop still holds is let go in the next one.
  await pause(10)
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** Bytes for each of `count` things that `make` leaves behind, and what it gave. */
export const bytesEach = async <A>(
  count: number,
  make: () => Promise<A>
): Promise<{ readonly bytes: number; readonly made: A }> => {
  const before = await heapUsed()
  const made = await make()
  return { bytes: ((await heapUsed()) - before) / count, made }
}
