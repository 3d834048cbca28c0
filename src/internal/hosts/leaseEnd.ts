/**
 * What becomes of this host's work when its lease ends (rule 7: stop before the lease ends), and when
 * it finds itself fenced. Stopped work is `failed` as `LeaseLost`, or given back where its definition
 * restarts; both are guarded, so they change nothing once another host has taken the run over.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { HostId } from "../../RunId.js"
import * as RunMetrics from "../../RunMetrics.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import { stopWork } from "../runs/running.js"

/** @internal */
export const endedLease = Metric.tagged(RunMetrics.leasesLost, "cause", "ended")
/** @internal */
export const fencedLease = Metric.tagged(RunMetrics.leasesLost, "cause", "fenced")

/** A host that cannot renew. On one machine the default is to go on: an outage for everybody is nobody's fault. */
export const leaseEnded = (core: KernelCore, hostId: HostId): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { onLeaseEnd } = core.options
    core.count(endedLease, 1)
    const told = core.log({ _tag: "LeaseEnded", hostId, policy: onLeaseEnd, active: core.runs.size })
    return onLeaseEnd === "stop" ? Effect.zipRight(told, stopWorkOf(core, hostId)) : told
  })

/** Another host has fenced this one, and may have taken its runs over. */
export const leaseFenced = (core: KernelCore, hostId: HostId): Effect.Effect<void> =>
  Effect.suspend(() => {
    core.count(fencedLease, 1)
    return stopWorkOf(core, hostId)
  })

/** All work under one identity. Another host may be about to take these runs over, or has. */
const stopWorkOf = (core: KernelCore, hostId: HostId): Effect.Effect<void> =>
  Effect.suspend(() =>
    Effect.forEach(
      [...core.runs.values()].filter((run) => run.hostId === hostId),
      (run) => stopWork(core, run, "lease"),
      { discard: true }
    )
  )
