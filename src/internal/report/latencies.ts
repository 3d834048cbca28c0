/**
 * Durations counted in buckets whose bounds a person can read: as many of them as one likes, in the same
 * little memory.
 *
 * @since 0.1.0
 */

/** Upper bounds in milliseconds; the last bucket has none. */
export const bounds: ReadonlyArray<number> = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 300_000, 3_600_000
]

export interface Latencies {
  /** One for each bound, and one for what is above the last. */
  readonly counts: ReadonlyArray<number>
  readonly count: number
  readonly sumMillis: number
  readonly maxMillis: number
}

export const empty: Latencies = { counts: bounds.map(() => 0).concat(0), count: 0, sumMillis: 0, maxMillis: 0 }

/** Counts into `counts`, which belongs to the caller. */
export const makeCounter = (): { readonly add: (millis: number) => void; readonly read: () => Latencies } => {
  const counts = [...empty.counts]
  let count = 0
  let sumMillis = 0
  let maxMillis = 0
  return {
    add: (millis) => {
      const bucket = bounds.findIndex((bound) => millis <= bound)
      const index = bucket === -1 ? bounds.length : bucket
      counts[index] = (counts[index] ?? 0) + 1
      count += 1
      sumMillis += millis
      maxMillis = Math.max(maxMillis, millis)
    },
    read: () => ({ counts: [...counts], count, sumMillis, maxMillis })
  }
}

/** The bound below which this share of them lies, as far as buckets can tell; never above the longest. */
export const quantile = (latencies: Latencies, share: number): number => {
  let below = 0
  for (const [index, count] of latencies.counts.entries()) {
    below += count
    if (below >= latencies.count * share) return Math.min(bounds[index] ?? latencies.maxMillis, latencies.maxMillis)
  }
  return latencies.maxMillis
}
