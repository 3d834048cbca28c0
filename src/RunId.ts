/**
 * The identity of a run: a UUIDv7 made by the host before anything is stored, so that ids sort by
 * time and a lost answer to an insert can be recognised by reading the id back. Time and randomness
 * come from `Clock` and `Random`, so a seeded program makes the same ids again.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { nowMillis } from "./internal/wallClock.js"

/**
 * A run's id: 36 lowercase characters, `xxxxxxxx-xxxx-7xxx-yxxx-xxxxxxxxxxxx`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const RunId: Schema.brand<typeof Schema.UUID, "effect-holdfast/RunId"> = Schema.UUID.pipe(
  Schema.brand("effect-holdfast/RunId")
)

/**
 * @since 0.1.0
 * @category models
 */
export type RunId = typeof RunId.Type

/**
 * The identity of one registration of one host: a UUIDv7, never configured, so that two incarnations
 * of a process can never be taken for each other.
 *
 * @since 0.1.0
 * @category schemas
 */
export const HostId: Schema.brand<typeof Schema.UUID, "effect-holdfast/HostId"> = Schema.UUID.pipe(
  Schema.brand("effect-holdfast/HostId")
)

/**
 * @since 0.1.0
 * @category models
 */
export type HostId = typeof HostId.Type

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0")

const format = (millis: number, high: number, low: number): string => {
  const a = Math.floor(high / 2 ** 25)
  const b = Math.floor(high / 2 ** 11) % 0x4000
  const c = (high % 2 ** 11) * 2 ** 37 + low
  const time = hex(millis, 12)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(a, 3)}-${hex(0x8000 | b, 4)}-${hex(c, 12)}`
}

/** 74 random bits in two draws: 12 and 25, then 37. */
const uuid7: Effect.Effect<string> = Effect.randomWith((random) => {
  const draw = random.nextIntBetween(0, 2 ** 37)
  return Effect.flatMap(nowMillis, (millis) => Effect.zipWith(draw, draw, (high, low) => format(millis, high, low)))
})

/**
 * A fresh run id.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<RunId> = uuid7 as Effect.Effect<RunId>

/**
 * A fresh host id.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeHostId: Effect.Effect<HostId> = uuid7 as Effect.Effect<HostId>
