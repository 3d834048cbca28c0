/**
 * The options of a kernel with their defaults filled in, as its parts use them.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { StoreFailure } from "../../RunError.js"
import type { defaults, Options, RunKernel } from "../../RunKernel.js"
import { codecNone } from "../runs/workEnd.js"
import * as Backoff from "../writing/backoff.js"

/** A kernel that cannot register its host does not come up; it gives the database as many tries as a start would. */
export const openRetry = (persist: ReturnType<typeof resolve>["persist"]): Schedule.Schedule<unknown, StoreFailure> =>
  Backoff.exponential(persist.delayBase).pipe(
    Schedule.intersect(Schedule.recurs(persist.parkAfterAttempts - 1)),
    Schedule.whileInput((failure: StoreFailure) => failure.class !== "permanent" && failure.class !== "fatal")
  )

/**
 * A mistake in an option is a mistake of the program, and a defect of its layer: said before anything is started.
 *
 * @internal
 */
export const resolve = (options: Options, fallback: typeof defaults) => {
  const persist = options.persist ?? {}
  const leaseDuration = positive("leaseDuration", options.leaseDuration, fallback.leaseDuration)
  return {
    leaseDuration,
    renewEvery: renewEveryOf(options.renewEvery, leaseDuration),
    recoverAfter: duration(options.recoverAfter, fallback.recoverAfter),
    shutdownGrace: duration(options.shutdownGrace, fallback.shutdownGrace),
    cancelGrace: duration(options.cancelGrace, fallback.cancelGrace),
    startTimeout: positive("startTimeout", options.startTimeout, fallback.startTimeout),
    startsWaitingMax: count("startsWaitingMax", options.startsWaitingMax, fallback.startsWaitingMax),
    followInterval: positive("followInterval", options.followInterval, fallback.followInterval),
    eventBufferMax: count("eventBufferMax", options.eventBufferMax, fallback.eventBufferMax),
    persist: {
      delayBase: positive("persist.delayBase", persist.delayBase, fallback.persist.delayBase),
      delayMax: positive("persist.delayMax", persist.delayMax, fallback.persist.delayMax),
      attemptTimeout: positive("persist.attemptTimeout", persist.attemptTimeout, fallback.persist.attemptTimeout),
      parkAfterAttempts: count(
        "persist.parkAfterAttempts",
        persist.parkAfterAttempts,
        fallback.persist.parkAfterAttempts
      ),
      parkAfter: duration(persist.parkAfter, fallback.persist.parkAfter),
      batchMax: count("persist.batchMax", persist.batchMax, fallback.persist.batchMax)
    }
  }
}

/** Twice within a lease at least: one renewal that fails must not cost it. */
const renewEveryOf = (
  input: Duration.DurationInput | undefined,
  leaseDuration: Duration.Duration
): Duration.Duration => {
  const renewEvery = positive("renewEvery", input, Duration.times(leaseDuration, 1 / 3))
  if (Duration.lessThanOrEqualTo(Duration.times(renewEvery, 2), leaseDuration)) return renewEvery
  throw new RangeError(
    `RunKernel: renewEvery must be at most half of leaseDuration, ${Duration.format(leaseDuration)}; found ${Duration.format(renewEvery)}.`
  )
}

const duration = (input: Duration.DurationInput | undefined, otherwise: Duration.Duration): Duration.Duration =>
  input === undefined ? otherwise : Duration.decode(input)

/** Without a pause, or without time to answer, the writer would ask again for ever, and never hear. */
const positive = (
  name: string,
  input: Duration.DurationInput | undefined,
  otherwise: Duration.Duration
): Duration.Duration => {
  const decoded = duration(input, otherwise)
  if (Duration.greaterThan(decoded, Duration.zero)) return decoded
  throw new RangeError(`RunKernel: ${name} must be longer than nothing; found ${Duration.format(decoded)}.`)
}

const count = (name: string, input: number | undefined, otherwise: number): number => {
  const value = input ?? otherwise
  if (Number.isInteger(value) && value >= 1) return value
  throw new RangeError(`RunKernel: ${name} must be a whole number of at least 1; found ${value}.`)
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
  attemptMax: 1,
  restartWithin: undefined
})
