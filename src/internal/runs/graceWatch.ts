/**
 * Work that was interrupted, and how long it may take to stop. One fiber watches over all of it, and only while there
 * is any: whoever cancels a hundred thousand runs has fibers enough that come to their end.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import { nowMillis } from "../wallClock.js"
import type { ActiveRun } from "./activeRun.js"

/** @internal */
export interface GraceWatch {
  /** In milliseconds of the Clock. Work that is watched already keeps the time that it has. */
  readonly watch: (run: ActiveRun, until: number) => Effect.Effect<void>
  /** It has stopped. */
  readonly forget: (run: ActiveRun) => void
}

/** `exceeded` is told once for each run whose time has passed; from then on it is not watched. */
export const make = (scope: Scope.Scope, exceeded: (run: ActiveRun) => Effect.Effect<void>): GraceWatch => {
  const watched = new Map<ActiveRun, number>()
  let isWatching = false
  let nextAt = Number.POSITIVE_INFINITY
  /** Done where there is another time to wait for, or none any more. */
  let changed = Deferred.unsafeMake<void>(FiberId.none)
  const change = () => Deferred.unsafeDone(changed, Effect.void)

  const overdue = (now: number): ReadonlyArray<ActiveRun> => {
    nextAt = Number.POSITIVE_INFINITY
    const late: Array<ActiveRun> = []
    for (const [run, until] of watched) {
      if (until <= now) late.push(run)
      else if (until < nextAt) nextAt = until
    }
    for (const run of late) watched.delete(run)
    return late
  }

  const watching = Effect.gen(function* () {
    while (watched.size > 0) {
      const now = yield* nowMillis
      changed = Deferred.unsafeMake<void>(FiberId.none)
      yield* Effect.forEach(overdue(now), exceeded, { discard: true })
      if (watched.size > 0) yield* Effect.timeoutOption(Deferred.await(changed), nextAt - now)
    }
    isWatching = false
  })

  return {
    watch: (run, until) =>
      Effect.suspend(() => {
        if (watched.has(run)) return Effect.void
        watched.set(run, until)
        if (until < nextAt) change()
        if (isWatching) return Effect.void
        isWatching = true
        return Effect.asVoid(Effect.forkIn(Effect.interruptible(watching), scope))
      }),
    forget: (run) => {
      if (watched.delete(run) && watched.size === 0) change()
    }
  }
}
