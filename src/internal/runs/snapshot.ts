/**
 * The row of a run that is active in memory, as this host knows it to be.
 *
 * @since 0.1.0
 */
import { Run } from "../../Run.js"
import type { ActiveRun } from "./activeRun.js"

/** @internal */
export const snapshot = (run: ActiveRun): Run => {
  const { newRun } = run
  const mark = "cancel" in run.state ? run.state.cancel : undefined
  return Run.make(
    {
      id: run.id,
      name: newRun.name,
      status: run.state._tag === "Settled" ? run.state.event.status : "running",
      attempt: run.attempt,
      createdAt: newRun.createdAt,
      hostId: run.hostId,
      ...(newRun.key === null ? {} : { key: newRun.key }),
      ...(run.startedAt === undefined ? {} : { startedAt: run.startedAt }),
      ...(run.progress === undefined ? {} : { progress: run.progress }),
      ...(mark === undefined ? {} : { cancelRequestedAt: mark.requestedAt }),
      ...(mark?.reason === undefined ? {} : { cancelReason: mark.reason }),
      ...(run.state._tag === "Settled" ? { workOutcome: run.state.event.workOutcome } : {})
    },
    { disableValidation: true }
  )
}
