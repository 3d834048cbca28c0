/**
 * What becomes of this host's work when its lease ends (rule 7: stop before the lease ends), and when
 * it finds itself fenced. Stopped work is `failed` as `LeaseLost`, or given back where its definition
 * restarts; both are guarded, so they change nothing once another host has taken the run over.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { HostId } from "../../RunId.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import { stopWork } from "../runs/running.js"

/** A host that cannot renew. On one machine the default is to go on: an outage for everybody is nobody's fault. */
export const leaseEnded = (core: KernelCore, hostId: HostId): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { onLeaseEnd } = core.options
    const told = core.log({ _tag: "LeaseEnded", hostId, policy: onLeaseEnd, active: core.runs.size })
    return onLeaseEnd === "stop" ? Effect.zipRight(told, stopWorkOf(core, hostId)) : told
  })

/** All work under one identity. Another host may be about to take these runs over, or has. */
export const stopWorkOf = (core: KernelCore, hostId: HostId): Effect.Effect<void> =>
  Effect.suspend(() =>
    Effect.forEach(
      [...core.runs.values()].filter((run) => run.hostId === hostId),
      (run) => stopWork(core, run, "lease"),
      { discard: true }
    )
  )
