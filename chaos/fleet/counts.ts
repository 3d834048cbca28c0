/**
 * What the rounds of a fleet add up to.
 *
 * @since 0.1.0
 */
import type { Line } from "../../src/RunLog.js"
import type { Adversity, Kind } from "./adversity.js"
import type { Judgement } from "./judge.js"
import type { Ledger } from "./ledger.js"
import type { Told } from "./told.js"

/**
 * - `takeOvers`: runs that went on with another host in a new attempt. `released`: those that were given back.
 * - `cancels`: acknowledged and durable. `notDurable`: accepted while the database was away. `tooLate`: told that the run
 *   had ended. `cancelsFailed`: not known.
 * - `hostsFenced`, `leasesEnded`, `journaled`, `replayed`, `overruled`, `journalFailures`: as the log has them.
 * - `stepsAfterWaking`, `stepsAfterStalls`: see `atWork`.
 */
export interface Counts {
  readonly rounds: number
  readonly runs: number
  readonly byStatus: Readonly<Record<string, number>>
  readonly adversities: Readonly<Partial<Record<Kind, number>>>
  readonly attempts: number
  readonly takeOvers: number
  readonly released: number
  readonly cancels: number
  readonly notDurable: number
  readonly tooLate: number
  readonly cancelsFailed: number
  readonly hostsFenced: number
  readonly leasesEnded: number
  readonly journaled: number
  readonly replayed: number
  readonly overruled: number
  readonly journalFailures: number
  readonly stepsAfterWaking: number
  readonly stepsAfterStalls: number
}

export interface Collected {
  readonly adversities: ReadonlyArray<Adversity>
  readonly told: ReadonlyArray<Told>
  readonly lines: ReadonlyArray<Line>
  readonly ledger: Ledger
  readonly judgement: Judgement
}

export class Tally {
  counts: Counts = {
    rounds: 0,
    runs: 0,
    byStatus: {},
    adversities: {},
    attempts: 0,
    takeOvers: 0,
    released: 0,
    cancels: 0,
    notDurable: 0,
    tooLate: 0,
    cancelsFailed: 0,
    hostsFenced: 0,
    leasesEnded: 0,
    journaled: 0,
    replayed: 0,
    overruled: 0,
    journalFailures: 0,
    stepsAfterWaking: 0,
    stepsAfterStalls: 0
  }

  add({ adversities, judgement, ledger, lines, told }: Collected): void {
    const { counts } = this
    const ofTag = (tag: Line["_tag"]) => lines.filter(({ _tag }) => _tag === tag).length
    const answers = told.flatMap((line) => (line._tag === "CancelAnswered" ? [line] : []))
    this.counts = {
      rounds: counts.rounds + 1,
      runs: ledger.runs.size,
      byStatus: countOf([...ledger.runs.values()].map(({ status }) => status)),
      adversities: addedTo(
        counts.adversities,
        adversities.map(({ kind }) => kind)
      ),
      attempts: counts.attempts + told.filter(({ _tag }) => _tag === "Began").length,
      takeOvers: ledger.restarts,
      released: ledger.released,
      cancels: counts.cancels + answers.filter(({ durable }) => durable === true).length,
      notDurable: counts.notDurable + answers.filter(({ durable }) => durable === false).length,
      tooLate: counts.tooLate + answers.filter(({ answer }) => answer === "AlreadyTerminal").length,
      cancelsFailed: counts.cancelsFailed + told.filter(({ _tag }) => _tag === "CancelFailed").length,
      hostsFenced: counts.hostsFenced + ofTag("HostFenced"),
      leasesEnded: counts.leasesEnded + ofTag("LeaseEnded"),
      journaled: counts.journaled + ofTag("VerdictJournaled"),
      replayed: counts.replayed + ofTag("VerdictReplayed"),
      overruled: counts.overruled + ofTag("VerdictOverruled"),
      journalFailures: counts.journalFailures + ofTag("JournalFailed"),
      stepsAfterWaking: counts.stepsAfterWaking + judgement.stepsAfterWaking,
      stepsAfterStalls: counts.stepsAfterStalls + judgement.stepsAfterStalls
    }
  }
}

const countOf = (words: ReadonlyArray<string>): Record<string, number> => addedTo({}, words)

const addedTo = (counts: Readonly<Record<string, number>>, words: ReadonlyArray<string>): Record<string, number> => {
  const sum = { ...counts }
  for (const word of words) sum[word] = (sum[word] ?? 0) + 1
  return sum
}
