/**
 * How long something took, how many of it a second, how long each of many took, and how long the event loop
 * was held up meanwhile.
 *
 * @since 0.1.0
 */
import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from "node:perf_hooks"
import { setTimeout as pause } from "node:timers/promises"

/** Milliseconds. */
export const millisOf = async (work: () => unknown): Promise<number> => {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** How many a second: `work` goes on until it is over, finishes what it has begun, and says how many it did. */
export const rateOf = async (
  millis: number,
  work: (isOver: () => boolean) => number | Promise<number>
): Promise<number> => {
  const startedAt = performance.now()
  const done = await work(() => performance.now() - startedAt >= millis)
  return (done * 1000) / (performance.now() - startedAt)
}

/** For loops that go on for so many milliseconds from now. */
export const until = (millis: number): (() => boolean) => {
  const endsAt = performance.now() + millis
  return () => performance.now() >= endsAt
}

/** What is told of latencies: its name, and its percentile. */
export const percentiles = [
  ["p50", 50],
  ["p99", 99],
  ["p99.9", 99.9]
] as const

/** Durations of single operations, in a histogram of nanoseconds. */
export class Latencies {
  private readonly histogram: RecordableHistogram = createHistogram()

  /** Milliseconds. */
  record(millis: number): void {
    this.histogram.record(Math.max(1, Math.round(millis * 1e6)))
  }

  /** Milliseconds: 50 is the median. */
  percentile(percent: number): number {
    return this.histogram.percentile(percent) / 1e6
  }
}

/** Milliseconds that a timer came late, at the 99th percentile and at most. */
export interface LoopDelay {
  readonly p99: number
  readonly max: number
}

const resolution = 1

/** How late timers of one millisecond came while `work` went on. What ends in a block is counted with it. */
export const loopDelayOf = async (work: () => unknown): Promise<LoopDelay> => {
  const monitor = monitorEventLoopDelay({ resolution })
  monitor.enable()
  // It counts from its first tick on, and `reset` would make it begin anew: a block after that is not seen.
  await pause(10 * resolution)
  await work()
  await pause(10 * resolution)
  monitor.disable()
  const late = (nanos: number) => Math.max(0, nanos / 1e6 - resolution)
  return { p99: late(monitor.percentile(99)), max: late(monitor.max) }
}
