/**
 * The works that lives are made of, each with what the one who wrote it knows of its end.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type CurrentRun, progress } from "../../src/Run.js"
import * as Work from "../../src/Work.js"
import type { Knowledge } from "../internal/recordedKernel.js"
import type { LifeWork } from "./Life.js"

type Body = Effect.Effect<string, string, CurrentRun | Scope.Scope>

/** Fresh for each execution: what it knows is about that one. */
export interface KnownWork {
  readonly body: Body
  readonly knowledge: Knowledge
}

/** Text that has to be escaped in a line, and must not get into a row. */
const odd = "the feed\u0007 of /srv/feeds/köln.xml is \u001b[31mempty\u001b[0m\n\u2028"

export const workOf = ({ kind, millis }: LifeWork): KnownWork => {
  let hasInterruptedItself = false
  const knowledge: Knowledge = { encodes: kind !== "unencodable", interruptsItself: () => hasInterruptedItself }
  const pause = Effect.sleep(millis)
  const then = (end: Body): KnownWork => ({ body: Effect.zipRight(pause, end), knowledge })
  const interruptItself = Effect.suspend(() => {
    hasInterruptedItself = true
    return Effect.interrupt
  })
  switch (kind) {
    case "succeeds":
      return then(Effect.succeed("all of it"))
    case "unencodable":
      return then(Effect.succeed(""))
    case "fails":
      return then(Effect.fail("no"))
    case "dies":
      return then(Effect.die(new Error("boom")))
    case "interruptsItself":
      return then(interruptItself)
    case "joinsInterrupted":
      return then(Effect.flatMap(Effect.fork(interruptItself), Fiber.join))
    case "talks":
      return then(Effect.zipRight(Effect.logInfo(odd), Effect.fail(odd)))
    case "deaf":
      return { body: Effect.uninterruptible(Effect.as(pause, "all of it")), knowledge }
    case "polite":
      return { body: whenInterrupted(pause, Effect.succeed("half of it")), knowledge }
    case "refuses":
      return { body: whenInterrupted(pause, Effect.fail("closed")), knowledge }
    case "throws":
      return {
        body: Effect.as(
          Effect.onInterrupt(pause, () => Effect.die(new Error("closed"))),
          "all of it"
        ),
        knowledge
      }
    case "lingers":
      return {
        body: Effect.zipRight(
          Effect.addFinalizer(() => pause),
          Effect.as(pause, "all of it")
        ),
        knowledge
      }
    case "reports":
      return {
        body: Effect.as(
          Effect.forEach([1, 2, 3, 4], (current) =>
            Effect.zipRight(Effect.sleep(millis / 4), progress({ current, total: 4 }))
          ),
          "all of it"
        ),
        knowledge
      }
  }
}

const whenInterrupted = (pause: Effect.Effect<void>, then: Effect.Effect<string, string>): Body =>
  Effect.uninterruptibleMask((restore) => Effect.catchAllCause(restore(Effect.as(pause, "all of it")), () => then))

/** With a schema that refuses an empty result, and a payload that says what to do. */
export const Defined = Work.make("defined", {
  payload: { work: Schema.String },
  success: Schema.NonEmptyString,
  error: Schema.String
})

/** Goes on elsewhere. What has no key of its own brings one that nobody else has. */
export const Restartable = Work.make("restartable", {
  payload: { work: Schema.String, key: Schema.String },
  success: Schema.NonEmptyString,
  error: Schema.String,
  key: ({ key }) => key,
  onHostExit: "restart",
  attemptMax: 3
})
