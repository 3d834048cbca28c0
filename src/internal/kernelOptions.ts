/**
 * The options of a kernel with their defaults filled in, as its parts use them.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { StoreFailure } from "../RunError.js"
import type { defaults, Options, RunKernel } from "../RunKernel.js"
import * as Backoff from "./backoff.js"
import { codecNone } from "./workEnd.js"

/** A kernel that cannot register its host does not come up; it gives the database as many tries as a start would. */
export const openRetry = (persist: ReturnType<typeof resolve>["persist"]): Schedule.Schedule<unknown, StoreFailure> =>
  Backoff.exponential(persist.delayBase).pipe(
    Schedule.intersect(Schedule.recurs(persist.parkAfterAttempts - 1)),
    Schedule.whileInput((failure: StoreFailure) => failure.class !== "permanent" && failure.class !== "fatal")
  )

/** @internal */
export const resolve = (options: Options, fallback: typeof defaults) => {
  const persist = options.persist ?? {}
  const duration = (input: Duration.DurationInput | undefined, otherwise: Duration.Duration) =>
    input === undefined ? otherwise : Duration.decode(input)
  return {
    leaseDuration: duration(options.leaseDuration, fallback.leaseDuration),
    shutdownGrace: duration(options.shutdownGrace, fallback.shutdownGrace),
    cancelGrace: duration(options.cancelGrace, fallback.cancelGrace),
    startTimeout: duration(options.startTimeout, fallback.startTimeout),
    startsWaitingMax: options.startsWaitingMax ?? fallback.startsWaitingMax,
    followInterval: duration(options.followInterval, fallback.followInterval),
    eventBufferMax: options.eventBufferMax ?? fallback.eventBufferMax,
    persist: {
      delayBase: duration(persist.delayBase, fallback.persist.delayBase),
      delayMax: duration(persist.delayMax, fallback.persist.delayMax),
      attemptTimeout: duration(persist.attemptTimeout, fallback.persist.attemptTimeout),
      parkAfterAttempts: persist.parkAfterAttempts ?? fallback.persist.parkAfterAttempts,
      parkAfter: duration(persist.parkAfter, fallback.persist.parkAfter),
      batchMax: persist.batchMax ?? fallback.persist.batchMax
    }
  }
}

/** An ad-hoc run has no definition: no codec, no payload, one attempt. */
export const adHoc = <A, E, R>(
  name: string,
  work: Effect.Effect<A, E, R>,
  options: Parameters<(typeof RunKernel.Service)["start"]>[2]
) => ({
  name,
  work,
  codec: codecNone,
  key: options?.key,
  idempotencyKey: undefined,
  payload: undefined,
  payloadHash: undefined,
  timeout: options?.timeout === undefined ? undefined : Duration.decode(options.timeout),
  cancelGrace: options?.cancelGrace === undefined ? undefined : Duration.decode(options.cancelGrace),
  onHostExit: "fail" as const,
  attemptMax: 1
})
