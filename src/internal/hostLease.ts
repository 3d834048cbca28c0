/**
 * The host's own row: one registration under a fresh `HostId`, renewed each third of the lease, and
 * removed at a clean exit. Each renewal brings back the rows that the database says are this host's,
 * for the kernel to compare with its memory (rule 9) and to pick up cancels from elsewhere. A host
 * counts its lease from when it sent its last acknowledged renewal, less a margin (rule 8).
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { StoreFailure } from "../RunError.js"
import { type HostId, makeHostId } from "../RunId.js"
import type { OwnedRun, RecoveredRun, RunStore } from "../RunStore.js"
import type { WriteLine } from "./lineWriter.js"
import { failureFields } from "./statusWriter.js"
import { nowMillis } from "./wallClock.js"

/** @internal */
export interface HostLease {
  /** Of new runs; a host that was fenced goes on under a new one. */
  readonly hostId: () => HostId
  readonly isHeld: (now: number) => boolean
  readonly remove: Effect.Effect<void, StoreFailure>
}

/** @internal */
export interface LeaseOptions {
  readonly leaseDuration: Duration.Duration
  readonly delayMax: Duration.Duration
  readonly openRetry: Schedule.Schedule<unknown, StoreFailure>
  readonly pid: number
  readonly log: WriteLine
  /** Done once the host is registered, and before it judges any other: verdicts that an earlier kernel left are written. */
  readonly beforeRecovery: (hostId: HostId) => Effect.Effect<void, StoreFailure>
  /** Told after each renewal: the active rows that the database says are this host's. */
  readonly audit: (owned: ReadonlyArray<OwnedRun>) => Effect.Effect<void>
}

/** The clocks of one machine agree; the margin is for the time between an answer and what follows from it. */
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

    const hold = (sentAt: number) => {
      heldUntil = sentAt + leaseMillis * (1 - marginShare)
    }

    const register = (id: HostId) =>
      Effect.gen(function* () {
        const now = yield* nowMillis
        yield* store.registerHost({ hostId: id, pid: options.pid, registeredAt: now, leaseUntil: now + leaseMillis })
        hostId = id
        hold(now)
      })

    const reRegister = Effect.gen(function* () {
      const previousHostId = hostId
      // Fenced: until the next registration stands, this host holds nothing.
      heldUntil = 0
      yield* register(yield* makeHostId)
      yield* options.log({ _tag: "LeaseReplaced", hostId, previousHostId })
    })

    const recover = Effect.gen(function* () {
      const now = yield* nowMillis
      const error = { reason: "HostLost", message: "Its host went away without settling it." }
      const recovered = yield* store.recover({
        now,
        token: `${hostId}:recovery`,
        error: JSON.stringify(error),
        except: hostId
      })
      yield* Effect.forEach(recovered, logRecovered, { discard: true })
    })

    const logRecovered = (run: RecoveredRun) =>
      options.log({
        _tag: "RunRecovered",
        hostId,
        runId: run.id,
        name: run.name,
        status: run.status,
        previousHostId: run.hostId
      })

    const renew = Effect.gen(function* () {
      const now = yield* nowMillis
      const { held, owned } = yield* store.renewHost({ hostId, leaseUntil: now + leaseMillis })
      if (!held) {
        yield* reRegister
      } else {
        hold(now)
        yield* options.audit(owned)
      }
      yield* recover
    })

    const delays = {
      renewed: Math.round(leaseMillis / 3),
      failed: Math.round(Math.min(leaseMillis / 3, Duration.toMillis(options.delayMax)))
    }
    const renewal = Effect.matchEffect(renew, {
      onSuccess: () => Effect.succeed(delays.renewed),
      onFailure: (failure) =>
        Effect.as(options.log({ _tag: "LeaseFailed", hostId, failure: failureFields(failure) }), delays.failed)
    })

    yield* Effect.retry(register(hostId), options.openRetry)
    yield* options.beforeRecovery(hostId)
    yield* Effect.retry(recover, options.openRetry)
    yield* Effect.sleep(delays.renewed).pipe(
      Effect.zipRight(
        Effect.forever(
          renewal.pipe(
            Effect.catchAllDefect((defect) =>
              Effect.as(Effect.logError("A lease renewal met a defect and is repeated", defect), delays.failed)
            ),
            Effect.flatMap(Effect.sleep)
          )
        )
      ),
      Effect.interruptible,
      Effect.forkScoped
    )

    return {
      hostId: () => hostId,
      isHeld: (now) => now < heldUntil,
      remove: Effect.suspend(() => store.removeHost(hostId))
    }
  })
