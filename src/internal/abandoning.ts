/**
 * A start that is given up. Where its row may exist, or may yet come to exist, a tombstone is written
 * until it stands (rule 4): nothing active is left, and its keys are free again, the idempotency key
 * too, since nothing was ever done under it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { KernelStopped, StoreFailure } from "../RunError.js"
import type { ActiveRun } from "./activeRun.js"
import { neverStarted } from "./handingOver.js"
import { drop, type KernelCore } from "./kernelCore.js"

/** @internal */
export const abandon = (
  core: KernelCore,
  run: ActiveRun,
  why: StoreFailure | KernelStopped | "Interrupted" | "Defect"
): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (run.state._tag !== "Inserting" && run.state._tag !== "Working") return Effect.void
    core.writer.insert.withdraw(run.id)
    if (!run.isInsertSent) return drop(core, run)
    const message = `Its start was given up: ${messageOf(why)}`
    return Effect.zipRight(
      core.log({
        _tag: "StartFailed",
        runId: run.id,
        hostId: run.hostId,
        name: run.newRun.name,
        error: typeof why === "string" ? why : why._tag,
        message,
        abandoned: true
      }),
      neverStarted(core, run, message, { entomb: true })
    )
  })

const messageOf = (why: Parameters<typeof abandon>[2]): string => {
  if (why === "Interrupted") return "it was interrupted."
  return why === "Defect" ? "it met a defect." : why.message
}
