/**
 * How fast everything goes in a fleet: leases short enough that a round with a lost host takes seconds, and long enough
 * that a busy machine loses none by itself.
 *
 * @since 0.1.0
 */
import type * as RunKernel from "../../src/RunKernel.js"

export const leaseMillis = 2_000

/** Beyond the lease, until a silent host is judged lost. */
export const delayMaxMillis = 250

/** How long a host that cannot renew has to stop its work, from when it counts its lease as over: a sixth, and what follows. */
export const toStopMillis = leaseMillis / 6 + delayMaxMillis

/** `stop` on SQLite as well: there a host that is frozen is the only one that cannot renew. */
export const options = {
  leaseDuration: leaseMillis,
  onLeaseEnd: "stop",
  shutdownGrace: "1 second",
  cancelGrace: "2 seconds",
  startTimeout: "2 seconds",
  followInterval: "1 second",
  persist: {
    delayBase: "10 millis",
    delayMax: delayMaxMillis,
    attemptTimeout: "2 seconds",
    parkAfter: "1 second",
    parkAfterAttempts: 5
  }
} satisfies RunKernel.Options
