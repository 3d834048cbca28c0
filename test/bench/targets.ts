/**
 * What the figures are held against, by part and name of their entry. A ratio is that of the figure to its
 * baseline in the same run; a value is in the unit of the entry.
 *
 * @since 0.1.0
 */

export interface Target {
  readonly of: "ratio" | "value"
  readonly atLeast?: number
  readonly atMost?: number
}

const ratioAtLeast = (atLeast: number): Target => ({ of: "ratio", atLeast })
const ratioAtMost = (atMost: number): Target => ({ of: "ratio", atMost })
const valueAtLeast = (atLeast: number): Target => ({ of: "value", atLeast })
const valueAtMost = (atMost: number): Target => ({ of: "value", atMost })

/** Milliseconds that a timer may come late. */
const loopDelayMax = 20

export const targets: Readonly<Record<string, Readonly<Record<string, Target>>>> = {
  throughput: {
    "1,000 at a time, beside a commit per write": ratioAtLeast(3),
    "1,000 at a time, beside 256 writes per commit": ratioAtLeast(0.5)
  },
  latency: { "alone, p50, beside two raw commits": ratioAtMost(1.5) },
  heap: {
    "100,000 active": valueAtMost(8_192),
    "100,000 cancelled, all durable": valueAtMost(10)
  },
  recovery: { "10,000 orphans settled": valueAtMost(2_000) },
  "recovery-1m": { "10,000 orphans settled": valueAtMost(2_000) },
  "growth-1m": { "1,000,000 rows stored": ratioAtLeast(0.9) },
  chaos: {
    "an empty plan at the connector, 1,000 at a time": ratioAtLeast(0.9),
    "an empty plan at the store, 1,000 at a time": ratioAtLeast(0.9)
  },
  simulation: {
    "lives, in memory": valueAtLeast(1_000),
    "lives, on SQLite": valueAtLeast(200),
    "time, through an outage of 45 s": valueAtLeast(1_000)
  },
  eventLoop: {
    "1,000 at a time, p99": valueAtMost(loopDelayMax),
    "10,000 at a time, p99": valueAtMost(loopDelayMax),
    "1,000 at a time, the database locked for 5 s, p99": valueAtMost(loopDelayMax)
  },
  peers: {
    "Holdfast on SQLite NORMAL, beside plainjob, 1,000 at a time": ratioAtLeast(1.5),
    "Holdfast on SQLite FULL, beside openworkflow, 1,000 at a time": ratioAtLeast(20),
    "Holdfast on SQLite FULL, beside @effect/workflow, 1,000 at a time": ratioAtLeast(20),
    // Five times the best of them is five times each.
    "Holdfast on Postgres, beside pg-boss, 1,000 at a time": ratioAtLeast(5),
    "Holdfast on Postgres, beside graphile-worker, 1,000 at a time": ratioAtLeast(5),
    "Holdfast on Postgres, beside DBOS, 1,000 at a time": ratioAtLeast(5),
    "Holdfast on Postgres, beside openworkflow on Postgres, 1,000 at a time": ratioAtLeast(5)
  }
}

export const isMet = (target: Target, value: number, ratio: number | null): boolean => {
  const measured = target.of === "ratio" ? ratio : value
  if (measured === null || Number.isNaN(measured)) return false
  return (
    measured >= (target.atLeast ?? Number.NEGATIVE_INFINITY) && measured <= (target.atMost ?? Number.POSITIVE_INFINITY)
  )
}

/** `≥ 3×`, `≤ 8192`. */
export const textOf = (target: Target): string => {
  const unit = target.of === "ratio" ? "×" : ""
  return [
    ...(target.atLeast === undefined ? [] : [`≥ ${target.atLeast}${unit}`]),
    ...(target.atMost === undefined ? [] : [`≤ ${target.atMost}${unit}`])
  ].join(", ")
}
