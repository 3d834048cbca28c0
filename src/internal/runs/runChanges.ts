/**
 * Who waits in this kernel for the row of a run to change. Where the database tells of changes a wait ends at
 * once; since what it tells may be lost, no wait is longer than the interval at which it would look anyway.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import type { RunId } from "../../RunId.js"

/** @internal */
export interface Watch {
  /**
   * Until the run is told to have changed, at the latest after `interval`. What was told since the last pause counts:
   * whoever reads the row between two pauses misses nothing.
   */
  readonly pause: (interval: Duration.Duration) => Effect.Effect<void>
}

/** @internal */
export interface RunChanges {
  /** Ends the pauses of all who watch this run. */
  readonly told: (id: RunId) => void
  /** To be called before the row is read for the first time. */
  readonly watch: (id: RunId) => Effect.Effect<Watch, never, Scope.Scope>
}

/** Where the database tells of nothing. */
export const unheard: RunChanges = {
  told: () => {},
  watch: () => Effect.succeed({ pause: Effect.sleep })
}

/** One signal per watch, for as long as somebody follows the run. */
export const make = (): RunChanges => {
  const watched = new Map<RunId, Set<Signal>>()
  const add = (id: RunId) => {
    const signal = new Signal()
    watched.set(id, (watched.get(id) ?? new Set()).add(signal))
    return signal
  }
  const remove = (id: RunId, signal: Signal) => {
    const signals = watched.get(id)
    signals?.delete(signal)
    if (signals?.size === 0) watched.delete(id)
  }
  return {
    told: (id) => {
      for (const signal of watched.get(id) ?? []) signal.give()
    },
    watch: (id) =>
      Effect.acquireRelease(
        Effect.sync(() => add(id)),
        (signal) => Effect.sync(() => remove(id, signal))
      )
  }
}

class Signal implements Watch {
  private given = Deferred.unsafeMake<void>(FiberId.none)

  give(): void {
    Deferred.unsafeDone(this.given, Effect.void)
  }

  readonly pause = (interval: Duration.Duration): Effect.Effect<void> =>
    Effect.zipRight(
      Effect.timeoutOption(
        Effect.suspend(() => Deferred.await(this.given)),
        interval
      ),
      // Before the row is read: a change that comes while it is read ends the next pause.
      Effect.sync(() => {
        this.given = Deferred.unsafeMake<void>(FiberId.none)
      })
    )
}
