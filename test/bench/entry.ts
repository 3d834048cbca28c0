/**
 * One line of the table: a figure, the figure of its baseline from the same rounds, their ratio, and the
 * target if it has one. The JSON of a benchmark is a list of these.
 *
 * @since 0.1.0
 */
import { type Measured, median } from "./rounds.js"
import { isMet, type Target, targets, textOf } from "./targets.js"

/** Median and range over the rounds. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly min: number
  readonly max: number
}

export interface Entry {
  readonly part: string
  /** One of a kind within its part. */
  readonly name: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly unit: string
  readonly rounds: number
  /** Measured in the same rounds; null where a figure stands alone. */
  readonly baseline: Figure | null
  /** The median over the rounds of value / baseline. */
  readonly ratio: number | null
  /** In words; null where the issue names none. */
  readonly target: string | null
  readonly met: boolean | null
}

const figureOf = ({ name, samples }: Measured): Figure => ({
  name,
  value: rounded(median(samples)),
  min: rounded(Math.min(...samples)),
  max: rounded(Math.max(...samples))
})

/** Five digits: no figure here is worth more. */
const rounded = (value: number): number => Number(value.toPrecision(5))

/** A figure, beside its baseline where it has one. Both have a sample for each round. */
export const entryOf = (
  part: string,
  unit: string,
  measured: Measured,
  baseline?: Measured,
  name: string = measured.name
): Entry => {
  const figure = figureOf(measured)
  const ratio =
    baseline === undefined
      ? null
      : rounded(median(measured.samples.map((sample, round) => sample / (baseline.samples[round] ?? Number.NaN))))
  const target: Target | undefined = targets[part]?.[name]
  return {
    part,
    ...figure,
    name,
    unit,
    rounds: measured.samples.length,
    baseline: baseline === undefined ? null : figureOf(baseline),
    ratio,
    target: target === undefined ? null : textOf(target),
    met: target === undefined ? null : isMet(target, figure.value, ratio)
  }
}

/** Each figure beside each of several baselines. */
export const besideEach = (
  part: string,
  unit: string,
  measured: ReadonlyArray<Measured>,
  baselines: ReadonlyArray<Measured>
): ReadonlyArray<Entry> =>
  measured.flatMap((one) =>
    baselines.map((baseline) => entryOf(part, unit, one, baseline, `${one.name}, beside ${baseline.name}`))
  )
