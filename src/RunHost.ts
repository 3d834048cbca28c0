/**
 * Hosts, as a store knows them: how one registers, what its renewal brings back, what an observer finds,
 * and what a take-over of a lost host's runs asks for.
 *
 * @since 0.1.0
 */
import type { HostId, RunId } from "./RunId.js"

/**
 * A host as it registers. Times are milliseconds since 1970, UTC, by its own wall clock: they are for people to read;
 * nobody is judged by them.
 *
 * @since 0.1.0
 * @category models
 */
export interface HostRegistration {
  readonly hostId: HostId
  readonly pid: number
  /** The boot of the machine, with the namespace that `pid` counts in; null where it is not known. */
  readonly bootId: string | null
  /** When the process started, in the machine's own ticks since its boot; null where it is not known. */
  readonly processStartedAt: number | null
  readonly registeredAt: number
  readonly leaseUntil: number
  /** How long its lease is, in milliseconds: what an observer has to wait for. */
  readonly leaseMillis: number
}

/**
 * A live host, as an observer finds it. `renewSeq` counts its renewals.
 *
 * @since 0.1.0
 * @category models
 */
export interface LiveHost extends HostRegistration {
  readonly renewSeq: number
}

/**
 * What an observer finds.
 *
 * @since 0.1.0
 * @category models
 */
export interface HostsSeen {
  readonly live: ReadonlyArray<LiveHost>
  /**
   * Whose active rows wait for another host: hosts that are fenced or have no row of their own, and null where a run
   * that was given back is nobody's.
   */
  readonly lost: ReadonlyArray<HostId | null>
  /** Hosts that are fenced and that no active run names any more, not all at once: their rows may be removed. */
  readonly spent: ReadonlyArray<HostId>
}

/**
 * An active row of a host, as its renewal finds it.
 *
 * @since 0.1.0
 * @category models
 */
export interface OwnedRun {
  readonly id: RunId
  readonly attempt: number
  readonly cancelRequestedAt: number | null
  readonly cancelReason: string | null
}

/**
 * A take-over of active rows. It changes rows of `from` only, and only while `from` is not live and `by` is: a host
 * gains no rows after it was fenced, so one that lands late finds none of them, and does nothing. Each row becomes
 * what its columns say, the first that fits:
 *
 * - `cancelled`, where a cancel is recorded;
 * - `failed` with `error`, where its policy is to fail, its attempts are used up, or its `restartDeadline` has passed;
 * - `running`, of `by`, with the next attempt, where its name is among `names`;
 * - what it is: another host may know the name.
 *
 * @since 0.1.0
 * @category models
 */
export interface TakeOver {
  /** Null for runs that were given back and are nobody's; of these only runs to be restarted are taken. */
  readonly from: HostId | null
  readonly by: HostId
  /** The definitions that `by` executes. */
  readonly names: ReadonlyArray<string>
  readonly now: number
  /** The settle token of the rows that it settles. */
  readonly token: string
  /** JSON of the stored error, reason `HostLost`. */
  readonly error: string
  /** Rows at most. */
  readonly limit: number
}
