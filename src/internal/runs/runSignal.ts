/**
 * What waits for the end of a run on this host. Made with the first who waits, or with what there is to tell: of a
 * hundred thousand runs that are active, most are waited for by nobody.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as FiberId from "effect/FiberId"
import type { Settled } from "../../Run.js"
import type { RunNotFound, RunSuperseded, VerdictParked } from "../../RunError.js"

/** Answered once: settled, or known not to be for now. */
export type Signal = Deferred.Deferred<Settled, VerdictParked | RunSuperseded | RunNotFound>

/** @internal */
export const signalOf = (run: { signal: Signal | undefined }): Signal => {
  run.signal ??= Deferred.unsafeMake(FiberId.none)
  return run.signal
}
