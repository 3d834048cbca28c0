/**
 * Whether another host is silent (rule 6). A host is out only for an observer that, in unbroken
 * contact with the database, saw the same renewal for a whole lease and more on its own monotonic
 * clock. No wall clock is compared, so a clock that jumps robs nobody; and an outage for everybody
 * breaks the contact of the observers as well, so it kills nobody.
 *
 * @since 0.1.0
 */
import type { HostId } from "../../RunId.js"
import type { LiveHost } from "../../RunStore.js"

/** @internal */
export interface ObserverOptions {
  /** Beyond the lease of the host that is observed: `delayMax` and `recoverAfter`. In milliseconds, like all that follows. */
  readonly beyondLease: number
  /** From the time at which a host's process was first known to be gone. */
  readonly afterGone: number
  /** Two looks that are further apart than this are no unbroken contact: the observer may have been frozen with the rest. */
  readonly gapMax: number
}

/** One look: the live hosts, when they were asked for and when the answer came, on the monotonic clock. */
export interface Look {
  readonly live: ReadonlyArray<LiveHost>
  readonly askedAt: number
  readonly seenAt: number
}

/** A host that is to be fenced, and for how long it has been silent. */
export interface Silent {
  readonly host: LiveHost
  readonly why: "silent" | "processGone"
  readonly silentMillis: number
}

interface Seen {
  readonly renewSeq: number
  readonly since: number
  readonly goneSince: number | undefined
}

/** @internal */
export class Observer {
  private seen = new Map<HostId, Seen>()
  private seenAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly options: ObserverOptions,
    private readonly isGone: (host: LiveHost) => boolean
  ) {}

  /** A look that failed: whatever was silent until now may have renewed since. */
  lostContact(): void {
    this.seen = new Map()
  }

  /** Takes a look into account, and tells which hosts are out by now. */
  look({ askedAt, live, seenAt }: Look): ReadonlyArray<Silent> {
    if (askedAt - this.seenAt > this.options.gapMax) this.lostContact()
    this.seenAt = seenAt
    const before = this.seen
    this.seen = new Map(live.map((host) => [host.hostId, this.update(before.get(host.hostId), host, seenAt)]))
    return live.flatMap((host) => this.judge(host, askedAt) ?? [])
  }

  /** The last moment at which it may still have been seen to renew counts, on both ends of the silence. */
  private update(before: Seen | undefined, host: LiveHost, seenAt: number): Seen {
    const { renewSeq } = host
    const since = before?.renewSeq === renewSeq ? before.since : seenAt
    return { renewSeq, since, goneSince: this.isGone(host) ? (before?.goneSince ?? seenAt) : undefined }
  }

  private judge(host: LiveHost, askedAt: number): Silent | undefined {
    const seen = this.seen.get(host.hostId)
    if (seen === undefined) return undefined
    const silentMillis = Math.max(0, askedAt - seen.since)
    if (silentMillis >= host.leaseMillis + this.options.beyondLease) return { host, why: "silent", silentMillis }
    const { afterGone } = this.options
    const isGone = seen.goneSince !== undefined && (afterGone === 0 || askedAt - seen.goneSince >= afterGone)
    return isGone ? { host, why: "processGone", silentMillis } : undefined
  }
}
