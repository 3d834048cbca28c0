/**
 * A start that is given up. Where its row may exist, or may yet come to exist, a tombstone is written
 * until it stands (rule 4): nothing active is left, and its keys are free again, the idempotency key
 * too, since nothing was ever done under it.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { KernelStopped, StoreFailure } from "../../RunError.js"
import { drop, type KernelCore } from "../kernel/kernelCore.js"
import type { ActiveRun } from "./activeRun.js"
import { neverStarted } from "./handingOver.js"

/** To be called with whatever ended the start; a run whose end is on its way already is left alone. */
export const abandon = (
  core: KernelCore,
  run: ActiveRun,
  cause: Cause.Cause<StoreFailure | KernelStopped>
): Effect.Effect<void> =>
  Effect.suspend(() => {
    core.inserts.delete(run.id)
    if (run.state._tag !== "Inserting" && run.state._tag !== "Working") return Effect.void
    core.writer.insert.withdraw(run.id)
    if (!run.isInsertSent) return drop(core, run)
    const { error, why } = reasonOf(cause)
    return giveUp(core, run, error, why)
  })

/** Its row may be there, or come to be. */
export const giveUp = (core: KernelCore, run: ActiveRun, error: string, why: string): Effect.Effect<void> => {
  const message = `Its start was given up: ${why}`
  const line = { runId: run.id, hostId: run.hostId, name: run.newRun.name, error, message, abandoned: true } as const
  return Effect.zipRight(core.log({ _tag: "StartFailed", ...line }), neverStarted(core, run, message, { entomb: true }))
}

const reasonOf = (cause: Cause.Cause<StoreFailure | KernelStopped>): { readonly error: string; readonly why: string } =>
  Option.match(Cause.failureOption(cause), {
    onSome: ({ _tag, message }) => ({ error: _tag, why: message }),
    onNone: () =>
      Cause.isInterruptedOnly(cause)
        ? { error: "Interrupted", why: "it was interrupted." }
        : { error: "Defect", why: "it met a defect." }
  })
