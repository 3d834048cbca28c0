/**
 * What several commands take.
 *
 * @since 0.1.0
 */
import * as Options from "@effect/cli/Options"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { RunId } from "../RunId.js"
import { Unusable } from "./unusable.js"

export const optional = <A>(option: Options.Options<A>): Options.Options<A | undefined> =>
  Options.map(Options.optional(option), Option.getOrUndefined)

export const json = Options.boolean("json").pipe(Options.withDescription("prints JSON, for programs"))

export const databaseOption = Options.text("database").pipe(
  Options.withAlias("d"),
  Options.withDescription(
    "the database of the hosts: a SQLite file (runs.db), or postgres://user@host:5432/database?schema=name"
  )
)

/** A run's id, or a sentence that says what one looks like. */
export const runIdOf = (text: string): Effect.Effect<RunId, Unusable> =>
  Effect.mapError(
    Schema.decode(RunId)(text.toLowerCase()),
    () =>
      new Unusable({
        problem: `"${text}" is no run id. Expected one such as 0198c5a4-7e1f-7c3a-9d58-3f2b6a1c4e70; "holdfast runs" lists them.`
      })
  )

export const durationOf = (text: string, what: string): Effect.Effect<Duration.Duration, Unusable> =>
  Option.match(Duration.decodeUnknown(text), {
    onSome: (duration) => Effect.succeed(duration),
    onNone: () =>
      Effect.fail(new Unusable({ problem: `"${text}" is no duration for ${what}. Expected one such as "2 seconds".` }))
  })
