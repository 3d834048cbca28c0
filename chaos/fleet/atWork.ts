/**
 * Whether two hosts were at work on one run at the same time, from what the work itself said. An attempt is at work from
 * its first word to its last one; two attempts of a run must not overlap.
 *
 * One thing is promised to nobody: a process that is frozen cannot stop its work, and does not know how long it has been
 * away. When it goes on, the timers that came due meanwhile fire, those of the work and that of the lease among them, and
 * the work may take the step that it was waiting to take before it is interrupted. It may take two: a process that is
 * frozen while it works off its timers goes on by the time of before, sets the next timer by that time, too, and that one
 * is due before the lease's when it looks at its clock again (seen in 2 of 30 freezes of a bare Node). So the first two
 * words that an attempt says after its process was woken are not held against it, and are counted; the third one is. The
 * first may be its very first: it was about to begin. A busy machine freezes processes as well, and tells nobody: there it
 * is seen by a silence that is longer than a host has, after its lease, to stop its work.
 *
 * @since 0.1.0
 */
import type { RunId } from "../../src/RunId.js"
import { toStopMillis } from "./times.js"
import type { Told, ToldOf } from "./told.js"

/** A process that was stopped, and for how long, in milliseconds of the machine. */
export interface Freeze {
  readonly life: number
  readonly from: number
  readonly to: number
}

type Word = ToldOf<"Began"> | ToldOf<"Beat"> | ToldOf<"Ended">

interface Attempt {
  readonly id: RunId
  readonly attempt: number
  readonly slot: number
  readonly life: number
  readonly words: ReadonlyArray<Word>
}

export interface AtWork {
  readonly findings: ReadonlyArray<string>
  /** Steps that work took after its process was woken, while another host was at work on its run. */
  readonly stepsAfterWaking: number
  /** The same, of processes that nobody of ours had frozen. */
  readonly stepsAfterStalls: number
}

export const atWork = (told: ReadonlyArray<Told>, freezes: ReadonlyArray<Freeze>): AtWork => {
  const attempts = attemptsOf(told)
  const findings: Array<string> = []
  let stepsAfterWaking = 0
  let stepsAfterStalls = 0
  for (const ofRun of grouped(attempts)) {
    // By the attempt: the earlier one must have stopped when the later one begins, whichever has spoken first.
    const sorted = [...ofRun].sort((one, other) => one.attempt - other.attempt || beganAt(one) - beganAt(other))
    for (const [index, attempt] of sorted.entries()) {
      const next = sorted[index + 1]
      const twice = sorted.slice(0, index).find((other) => other.attempt === attempt.attempt)
      if (twice !== undefined) {
        findings.push(
          `attempt ${attempt.attempt} of run ${attempt.id} began on ${nameOf(twice)} and on ${nameOf(attempt)}`
        )
      }
      if (next === undefined || next.attempt === attempt.attempt) continue
      const late = steps(attempt).filter(({ at }) => at > beganAt(next))
      const own = freezes.filter(({ life }) => life === attempt.life)
      const afterWaking = late.filter((word) => isOnWaking(word, attempt, own))
      const afterStalls = late.filter((word) => !afterWaking.includes(word) && isFirstAfterStall(word, attempt))
      stepsAfterWaking += afterWaking.length
      stepsAfterStalls += afterStalls.length
      const worst = late.filter((word) => !afterWaking.includes(word) && !afterStalls.includes(word)).at(-1)
      if (worst === undefined) continue
      const overlap = Math.round(worst.at - beganAt(next))
      findings.push(
        `two hosts were at work on run ${attempt.id} at the same time: attempt ${attempt.attempt} on ${nameOf(attempt)} for ${overlap} ms after attempt ${next.attempt} had begun on ${nameOf(next)}`
      )
    }
  }
  return { findings, stepsAfterWaking, stepsAfterStalls }
}

/** The news that it was interrupted is no work any more. */
const steps = ({ words }: Attempt): ReadonlyArray<Word> =>
  words.filter((word) => word._tag !== "Ended" || word.outcome !== "interrupted")

const wordBefore = (word: Word, { words }: Attempt): Word | undefined => words[words.indexOf(word) - 1]

/** A word comes each `beatMillis`: one that is so late was kept from coming. */
const isFirstAfterStall = (word: Word, attempt: Attempt): boolean => {
  const before = wordBefore(word, attempt)
  return before !== undefined && word.at - before.at >= toStopMillis
}

const isOnWaking = (word: Word, { words }: Attempt, freezes: ReadonlyArray<Freeze>): boolean =>
  freezes.some(({ to }) => {
    const [first, second] = words.filter(({ at }) => at >= to)
    const isSoon = word.at - to <= toStopMillis
    return word === first ? isSoon || word !== words[0] : word === second && isSoon
  })

const attemptsOf = (told: ReadonlyArray<Told>): ReadonlyArray<Attempt> => {
  const words = new Map<string, Array<Word>>()
  for (const line of told) {
    if (line._tag !== "Began" && line._tag !== "Beat" && line._tag !== "Ended") continue
    const key = `${line.id} ${line.attempt} ${line.life}`
    const known = words.get(key)
    if (known === undefined) words.set(key, [line])
    else known.push(line)
  }
  return [...words.values()].flatMap((ofAttempt) => {
    const [first] = ofAttempt
    if (first === undefined) return []
    return [{ id: first.id, attempt: first.attempt, slot: first.slot, life: first.life, words: ofAttempt }]
  })
}

const grouped = (attempts: ReadonlyArray<Attempt>): Iterable<ReadonlyArray<Attempt>> => {
  const byRun = new Map<RunId, Array<Attempt>>()
  for (const attempt of attempts) byRun.set(attempt.id, [...(byRun.get(attempt.id) ?? []), attempt])
  return byRun.values()
}

const beganAt = ({ words }: Attempt): number => words[0]?.at ?? 0

const nameOf = ({ life, slot }: Attempt): string => `host ${slot} (process ${life})`
