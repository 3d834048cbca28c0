/**
 * The store as the kernel uses it: every operation answers in bounded time, and whatever a driver
 * throws is a failure like any other. Reads, which change nothing, are repeated a few times before
 * they fail; writes are repeated by those who own them.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schedule from "effect/Schedule"
import { StoreFailure } from "../../RunError.js"
import type { RunStore } from "../../RunStore.js"
import { atOnce } from "./atOnce.js"

type Store = typeof RunStore.Service

/** @internal */
export interface Bounds {
  readonly attemptTimeout: Duration.Duration
  /** Between the attempts of a read. */
  readonly readRetry: Schedule.Schedule<unknown, StoreFailure>
}

/** How often a read is tried: enough for a lock or a lost connection, too few to keep a caller waiting. */
export const readAttemptsMax = 4

/** @internal */
export const make = (store: Store, bounds: Bounds): Store => {
  const bounded = <A>(operation: string, effect: Effect.Effect<A, StoreFailure>): Effect.Effect<A, StoreFailure> =>
    atOnce(
      // Interruptions too: one that reaches this handler is a driver's own, and must not end the caller's fiber.
      Effect.catchAllCause(effect, (cause) =>
        Effect.fail(
          Option.getOrElse(
            Cause.failureOption(cause),
            () => new StoreFailure({ operation, class: "unknown", inDoubt: true, cause: Cause.squash(cause) })
          )
        )
      ),
      (rest) =>
        Effect.timeoutFail(rest, {
          duration: bounds.attemptTimeout,
          onTimeout: () => {
            const cause = new Error(`no answer within ${Duration.format(bounds.attemptTimeout)}`)
            return new StoreFailure({ operation, class: "unknown", inDoubt: true, cause })
          }
        })
    )
  const read = <A>(operation: string, effect: Effect.Effect<A, StoreFailure>): Effect.Effect<A, StoreFailure> =>
    Effect.retry(bounded(operation, effect), {
      schedule: bounds.readRetry,
      times: readAttemptsMax - 1,
      while: (failure) => failure.class !== "permanent" && failure.class !== "fatal"
    })
  return {
    insert: (runs) => bounded("insert", store.insert(runs)),
    settle: (settlements) => bounded("settle", store.settle(settlements)),
    entomb: (tombstones) => bounded("entomb", store.entomb(tombstones)),
    release: (releases) => bounded("release", store.release(releases)),
    requestCancel: (requests) => bounded("cancel", store.requestCancel(requests)),
    reportProgress: (reports) => bounded("progress", store.reportProgress(reports)),
    get: (id) => read("read", store.get(id)),
    list: (query) => read("list", store.list(query)),
    registerHost: (host) => bounded("register", store.registerHost(host)),
    renewHost: (renewal) => bounded("renew", store.renewHost(renewal)),
    removeHost: (hostId) => bounded("remove", store.removeHost(hostId)),
    // Not repeated: an observer has to know that it had no contact (rule 6).
    hosts: bounded("hosts", store.hosts),
    fence: (host) => bounded("fence", store.fence(host)),
    takeOver: (takeOver) => bounded("takeOver", store.takeOver(takeOver)),
    ownedBy: (owner) => read("ownedBy", store.ownedBy(owner)),
    onLeaseEnd: store.onLeaseEnd,
    check: bounded("check", store.check),
    changes: store.changes,
    isCallerInTransaction: store.isCallerInTransaction
  }
}
