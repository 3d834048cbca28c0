/**
 * Measures subjects side by side: a round takes one sample of each, in an order that turns from round to
 * round, so that what else goes on on this machine meets all of them alike. What is compared are samples of
 * the same round.
 *
 * @since 0.1.0
 */

import { setTimeout as pause } from "node:timers/promises"

const pauseMillis = 20

/** What is measured: `sample` is one measurement, in the unit of its part. */
export interface Subject {
  readonly name: string
  readonly sample: () => Promise<number>
}

/** The samples of one subject, one for each round, in order. */
export interface Measured {
  readonly name: string
  readonly samples: ReadonlyArray<number>
}

/** Warm-up rounds are executed and forgotten: they pay for the compiler, the caches and the files' first pages. */
export interface Rounds {
  readonly warmUp: number
  readonly rounds: number
}

/** In the order of the subjects. */
export const measure = async (
  subjects: ReadonlyArray<Subject>,
  { rounds, warmUp }: Rounds
): Promise<ReadonlyArray<Measured>> => {
  const samples = new Map(subjects.map((subject) => [subject, [] as Array<number>] as const))
  for (let round = -warmUp; round < rounds; round++) {
    for (const subject of turned(subjects, round + warmUp)) {
      const sample = await subject.sample()
      // What is due by now (a renewal of a lease, a collection of garbage) belongs to no sample.
      await pause(pauseMillis)
      if (round >= 0) samples.get(subject)?.push(sample)
    }
  }
  return subjects.map((subject) => ({ name: subject.name, samples: samples.get(subject) ?? [] }))
}

const turned = <A>(items: ReadonlyArray<A>, by: number): ReadonlyArray<A> => {
  const first = items.length === 0 ? 0 : by % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}

/** The middle one; of an even number, the mean of the two in the middle. */
export const median = (samples: ReadonlyArray<number>): number => {
  if (samples.length === 0) throw new Error("there is no median of no samples: measure at least one round")
  const sorted = [...samples].sort((a, b) => a - b)
  const above = sorted[Math.floor(sorted.length / 2)] ?? 0
  const below = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0
  return (below + above) / 2
}
