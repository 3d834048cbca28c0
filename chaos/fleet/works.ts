/**
 * What the hosts of a fleet execute: work that says when it begins, that it is at work, and how it ends; with and without
 * a key, restarted and not.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CurrentRun, type RunHandle } from "../../src/Run.js"
import type { StartError } from "../../src/RunError.js"
import type { RunKernel } from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import { beatMillis } from "./hostInput.js"
import type { Tell } from "./told.js"

class Broken extends Schema.TaggedError<Broken>("effect-holdfast/chaos/fleet/Broken")("Broken", {}) {}

const fields = {
  key: Schema.String,
  millis: Schema.Int,
  end: Schema.Literal("succeeds", "fails", "dies")
}
export type Payload = Schema.Struct.Type<typeof fields>

const common = { payload: fields, success: Schema.Struct({ beats: Schema.Int }), error: Broken }
/** A run may lose several hosts in a round, and must not run out of attempts for that. */
const restarts = { onHostExit: "restart", attemptMax: 9 } as const

const Restarted = Work.make("restarted", { ...common, ...restarts })
const Failed = Work.make("failed", common)
const KeyedRestarted = Work.make("keyedRestarted", { ...common, ...restarts, key: ({ key }) => key })
const KeyedFailed = Work.make("keyedFailed", { ...common, key: ({ key }) => key })

type Start = (
  payload: Payload,
  options: Work.StartOptions
) => Effect.Effect<
  RunHandle<unknown, unknown>,
  StartError,
  RunKernel | Work.RegisteredOf<typeof Restarted | typeof Failed | typeof KeyedRestarted | typeof KeyedFailed>
>

/** One that has no key twice as often: it is never refused. */
export const starts: readonly [Start, ...Array<Start>] = [
  Restarted.start,
  Failed.start,
  KeyedRestarted.start,
  Restarted.start,
  Failed.start,
  KeyedFailed.start
]

const execute =
  (tell: Tell) =>
  ({ end, millis }: Payload) =>
    Effect.gen(function* () {
      const { attempt, id, progress } = yield* CurrentRun
      const say = (_tag: "Began" | "Beat") => Effect.sync(() => tell({ _tag, id, attempt }))
      const ended = (outcome: "succeeded" | "failed" | "interrupted") =>
        Effect.sync(() => tell({ _tag: "Ended", id, attempt, outcome }))
      const total = Math.max(1, Math.round(millis / beatMillis))
      const work = Effect.gen(function* () {
        yield* say("Began")
        for (let beat = 1; beat <= total; beat++) {
          yield* Effect.sleep(beatMillis)
          if (beat < total) yield* say("Beat")
          if (beat % 8 === 0) yield* progress({ current: beat, total })
        }
      })
      yield* Effect.onInterrupt(work, () => ended("interrupted"))
      yield* ended(end === "succeeds" ? "succeeded" : "failed")
      if (end === "fails") return yield* new Broken()
      if (end === "dies") return yield* Effect.dieMessage("it was to die")
      return { beats: total }
    })

export const layer = (tell: Tell) =>
  Layer.mergeAll(
    Restarted.toLayer(execute(tell)),
    Failed.toLayer(execute(tell)),
    KeyedRestarted.toLayer(execute(tell)),
    KeyedFailed.toLayer(execute(tell))
  )
