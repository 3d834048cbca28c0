/**
 * The host's own row: one registration under a fresh `HostId`, renewed at an interval, and removed at a
 * clean exit. Each renewal brings back the rows that the database says are this host's, for the kernel
 * to compare with its memory (rule 9) and to pick up cancels from elsewhere. A host counts its lease on
 * its monotonic clock, from when it sent its last acknowledged renewal, less a margin (rule 8), and is
 * told when it ends (rule 7).
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { StoreFailure } from "../../RunError.js"
import { type HostId, makeHostId } from "../../RunId.js"
import type { OwnedRun, RunStore } from "../../RunStore.js"
import type { WriteLine } from "../log/lineWriter.js"
import { monotonicMillis, nowMillis } from "../wallClock.js"
import { failureFields } from "../writing/statusWriter.js"
import type { ProcessIdentity } from "./hostProcess.js"

/** @internal */
export interface HostLease {
  /** Of new runs; a host that was fenced goes on under a new one. */
  readonly hostId: () => HostId
  /** At a time of the monotonic clock. */
  readonly isHeld: (monotonic: number) => boolean
  /** The last of it: a row that is gone from here on is no fence. */
  readonly remove: Effect.Effect<void, StoreFailure>
}

/** @internal */
export interface LeaseOptions {
  readonly leaseDuration: Duration.Duration
  readonly renewEvery: Duration.Duration
  readonly delayMax: Duration.Duration
  readonly openRetry: Schedule.Schedule<unknown, StoreFailure>
  readonly process: ProcessIdentity
  readonly log: WriteLine
  /** Told after each renewal: the active rows that the database says are this host's. */
  readonly audit: (owned: ReadonlyArray<OwnedRun>) => Effect.Effect<void>
  /** Told when the lease has ended and could not be renewed. */
  readonly ended: (hostId: HostId) => Effect.Effect<void>
  /** Told when the host finds itself fenced, before it goes on under another identity. */
  readonly fenced: (hostId: HostId) => Effect.Effect<void>
}

/** Time for work to stop, and for what follows from an answer, before anybody may judge this host lost. */
const marginShare = 1 / 6

/** @internal */
export const make = (
  store: typeof RunStore.Service,
  options: LeaseOptions
): Effect.Effect<HostLease, StoreFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const leaseMillis = Duration.toMillis(options.leaseDuration)
    let hostId = yield* makeHostId
    let heldUntil = 0
    let renewed = Deferred.unsafeMake<void>(FiberId.none)
    /** Its row may be gone before the answer to its removal is here: who finds that must not come back. */
    let isLeaving = false

    const hold = (sentAt: number) => {
      heldUntil = sentAt + leaseMillis * (1 - marginShare)
      Deferred.unsafeDone(renewed, Effect.void)
    }

    const register = (id: HostId) =>
      Effect.gen(function* () {
        const now = yield* nowMillis
        const sentAt = yield* monotonicMillis
        const times = { registeredAt: now, leaseUntil: now + leaseMillis, leaseMillis }
        yield* store.registerHost({ ...options.process, hostId: id, ...times })
        hostId = id
        hold(sentAt)
      })

    const reRegister = Effect.gen(function* () {
      const previousHostId = hostId
      // Fenced: until the next registration stands, this host holds nothing.
      heldUntil = 0
      yield* options.fenced(previousHostId)
      yield* register(yield* makeHostId)
      yield* options.log({ _tag: "LeaseReplaced", hostId, previousHostId })
    })

    const renew = Effect.gen(function* () {
      const now = yield* nowMillis
      const sentAt = yield* monotonicMillis
      const { held, owned } = yield* store.renewHost({ hostId, leaseUntil: now + leaseMillis })
      if (!held) return yield* isLeaving ? Effect.void : reRegister
      hold(sentAt)
      yield* options.audit(owned)
    })

    const delays = {
      renewed: Math.round(Duration.toMillis(options.renewEvery)),
      failed: Math.round(Math.min(Duration.toMillis(options.renewEvery), Duration.toMillis(options.delayMax)))
    }
    const renewal = Effect.matchEffect(renew, {
      onSuccess: () => Effect.succeed(delays.renewed),
      onFailure: (failure) =>
        Effect.as(options.log({ _tag: "LeaseFailed", hostId, failure: failureFields(failure) }), delays.failed)
    }).pipe(
      Effect.catchAllDefect((defect) =>
        Effect.as(Effect.logError("A lease renewal met a defect and is repeated", defect), delays.failed)
      )
    )

    /** In a fiber of its own: a renewal that hangs must not keep the end of the lease from being noticed. */
    const watch = Effect.gen(function* () {
      const left = heldUntil - (yield* monotonicMillis)
      if (left > 0) return yield* Effect.sleep(Math.ceil(left))
      renewed = Deferred.unsafeMake<void>(FiberId.none)
      if (!isLeaving) yield* options.ended(hostId)
      yield* Deferred.await(renewed)
    })

    /** Each attempt has an id of its own: where one was given up its row may land at any time, and is then nobody's. */
    const givenUp: Array<HostId> = []
    const registration = Effect.suspend(() => register(hostId)).pipe(
      Effect.tapError(() =>
        Effect.map(makeHostId, (id) => {
          givenUp.push(hostId)
          hostId = id
        })
      )
    )
    yield* Effect.retry(registration, options.openRetry)
    // What lands after this is fenced by whoever observes it, and removed then.
    yield* Effect.forEach(givenUp, (id) => Effect.ignore(store.removeHost(id)), { discard: true })
    const renewals = Effect.forever(Effect.flatMap(renewal, Effect.sleep))
    yield* Effect.forkScoped(Effect.interruptible(Effect.zipRight(Effect.sleep(delays.renewed), renewals)))
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(watch)))

    return {
      hostId: () => hostId,
      isHeld: (monotonic) => monotonic < heldUntil,
      remove: Effect.suspend(() => {
        isLeaving = true
        return store.removeHost(hostId)
      })
    }
  })
