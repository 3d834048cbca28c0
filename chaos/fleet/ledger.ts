/**
 * The versions of all rows, one after the other, as the triggers of the test have kept them: whether a terminal row
 * changed, a run went back to an earlier attempt or changed hands without a new one, or a key had two active runs.
 *
 * @since 0.1.0
 */
import type { RunId } from "../../src/RunId.js"
import { isTerminal } from "../../src/RunStatus.js"
import { type Change, isActive } from "./database.js"

export class Ledger {
  private readonly last = new Map<RunId, Change>()
  /** The active run of each key. */
  private readonly holders = new Map<string, RunId>()
  sequence = 0
  /** Versions in which a run had another owner than before, and those of them that go on with it. */
  takeOvers = 0
  restarts = 0
  released = 0

  /** What is wrong with this version, after all those before it. */
  add(change: Change): ReadonlyArray<string> {
    const before = this.last.get(change.id)
    this.sequence = change.sequence
    this.last.set(change.id, change)
    return [...this.ofRun(before, change), ...this.ofKey(change)]
  }

  /** Every run that was ever seen, with its last version. */
  get runs(): ReadonlyMap<RunId, Change> {
    return this.last
  }

  private ofRun(before: Change | undefined, change: Change): ReadonlyArray<string> {
    if (before === undefined) return []
    const found: Array<string> = []
    const was = `${before.status} of host ${before.hostId}, attempt ${before.attempt}`
    const is = `${change.status} of host ${change.hostId}, attempt ${change.attempt}`
    if (change.isInsert) found.push(`run ${change.id} was inserted a second time: ${was}, then ${is}`)
    if (isTerminal(before.status)) found.push(`run ${change.id} was changed after its end: ${was}, then ${is}`)
    if (change.attempt < before.attempt)
      found.push(`run ${change.id} went back to an earlier attempt: ${was}, then ${is}`)
    const isHandedOn = change.hostId !== before.hostId
    if (isHandedOn && change.hostId === null) this.released++
    if (isHandedOn && change.hostId !== null) {
      this.restarts++
      if (before.hostId !== null) this.takeOvers++
      if (change.attempt === before.attempt)
        found.push(`run ${change.id} changed hands in one attempt: ${was}, then ${is}`)
    }
    return found
  }

  private ofKey(change: Change): ReadonlyArray<string> {
    if (change.key === null) return []
    const key = JSON.stringify([change.name, change.key])
    const holder = this.holders.get(key)
    if (!isActive(change)) {
      if (holder === change.id) this.holders.delete(key)
      return []
    }
    this.holders.set(key, change.id)
    if (holder === undefined || holder === change.id) return []
    return [`the key ${change.key} of ${change.name} had two active runs: ${holder} and ${change.id}`]
  }
}
