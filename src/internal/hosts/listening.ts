/**
 * What the database tells this kernel while it waits: a run that somebody here follows has changed, or one that
 * is at work here was cancelled by another host. Either is looked up in the row at once. Only promptness depends
 * on it: what is told while nobody listens is lost, and is found at the next renewal, or at the next look.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import type { ActiveRun } from "../runs/activeRun.js"
import { acceptFromRow } from "../runs/cancelling.js"
import * as Backoff from "../writing/backoff.js"

/** Runs of this host that are to be looked at; beyond them the oldest is left to the renewal. */
const waitingMax = 1024

/** In one fiber, until the kernel's scope closes. Listens again, after a delay, for as long as that fails. */
export const start = (core: KernelCore, delays: Schedule.Schedule<unknown, StoreFailure>): Effect.Effect<void> => {
  const { changes } = core.store
  if (changes === undefined) return Effect.void
  const backoff = Backoff.make(delays, core.options.delayMax)
  let isHearing = true
  const concernsWork = (id: RunId): boolean => {
    isHearing = true
    backoff.reset()
    core.changes.told(id)
    return mayBeCancelled(core.runs.get(id))
  }
  const hearing = changes.pipe(
    Stream.filter(concernsWork),
    Stream.buffer({ capacity: waitingMax, strategy: "sliding" }),
    Stream.runForEach((id) => lookAt(core, id)),
    Effect.zipRight(Effect.fail(ended)),
    // Whatever a driver throws, too: the kernel does without.
    Effect.catchAllCause((cause) => Effect.succeed(failureOf(cause)))
  )
  const listening = Effect.gen(function* () {
    const failure = yield* hearing
    if (isHearing)
      yield* Effect.logWarning("The database tells of no changes for now; they are found by reading", failure)
    isHearing = false
    yield* Effect.sleep(yield* backoff.next(failure))
  })
  return Effect.asVoid(Effect.forkIn(Effect.interruptible(Effect.forever(listening)), core.scope))
}

const ended = new StoreFailure({
  operation: "listen",
  class: "connection",
  cause: new Error("The store has ended its changes, which it should not. It is asked for them again.")
})

const failureOf = (cause: Cause.Cause<StoreFailure>): StoreFailure =>
  Option.getOrElse(
    Cause.failureOption(cause),
    () => new StoreFailure({ operation: "listen", class: "unknown", cause: Cause.squash(cause) })
  )

/** Most of what is told of this host's own runs is what it has written itself. */
const mayBeCancelled = (run: ActiveRun | undefined): run is ActiveRun =>
  run !== undefined &&
  (run.state._tag === "Inserting" || run.state._tag === "Working") &&
  run.state.cancel === undefined

const lookAt = (core: KernelCore, id: RunId): Effect.Effect<void> =>
  Effect.suspend(() => {
    // It has waited: by now it may have ended, or the renewal may have found the cancel.
    if (!mayBeCancelled(core.runs.get(id))) return Effect.void
    return Effect.flatMap(core.store.get(id), (found) => {
      const row = Option.getOrUndefined(found)
      const run = core.runs.get(id)
      const isOurs = row !== undefined && row.hostId === run?.hostId && row.attempt === run.attempt
      if (!isOurs || row.cancelRequestedAt === null || !mayBeCancelled(run)) return Effect.void
      return acceptFromRow(core, run, row.cancelRequestedAt, row.cancelReason ?? undefined)
    })
  }).pipe(
    // The next renewal brings it.
    Effect.catchTag("StoreFailure", (failure) => Effect.logDebug("A run that has changed could not be read", failure))
  )
