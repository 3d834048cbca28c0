/**
 * Keeps `concurrency` of `count` runs in flight, each until it is durably completed; gives the seconds.
 *
 * @param {number} count
 * @param {number} concurrency
 * @param {() => Promise<unknown>} one starts a run, and waits for its end
 */
export const secondsFor = async (count, concurrency, one) => {
  const startedAt = performance.now()
  let left = count
  const lane = async () => {
    while (left-- > 0) await one()
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, lane))
  return (performance.now() - startedAt) / 1000
}

/** What `PRAGMA synchronous` answers, in words. */
export const synchronousIn = (level) => `synchronous = ${["OFF", "NORMAL", "FULL", "EXTRA"][level]}`

/** Promises by id, for libraries that tell of an end by an event: whichever comes first, the event or who waits. */
export const arrivals = () => {
  const waiting = new Map()
  const arrived = new Set()
  return {
    /** @param {unknown} id */
    arrive: (id) => {
      const resolve = waiting.get(id)
      if (resolve === undefined) return arrived.add(id)
      waiting.delete(id)
      resolve()
    },
    /** @param {unknown} id @returns {Promise<void>} */
    of: (id) =>
      new Promise((resolve) => {
        if (arrived.delete(id)) resolve()
        else waiting.set(id, resolve)
      })
  }
}
