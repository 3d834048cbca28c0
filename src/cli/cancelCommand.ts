/**
 * `holdfast cancel ID`: asks for a cancel from outside. It is recorded in the row, and the host of the run
 * finds it when it renews its lease; whoever hands the run over turns it into `cancelled`.
 *
 * @since 0.1.0
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { nowMillis } from "../internal/wallClock.js"
import type { RunId } from "../RunId.js"
import { type CancelOutcome, RunStore } from "../RunStore.js"
import * as DatabaseUrl from "./databaseUrl.js"
import { endWith } from "./exitCode.js"
import { databaseOption, json, optional, runIdOf } from "./options.js"
import { noRow } from "./showCommand.js"

const id = Args.text({ name: "ID" }).pipe(Args.withDescription("the id of the run"))
const reason = optional(
  Options.text("reason").pipe(Options.withDescription("kept in the row, and shown to whoever asks"))
)

export const cancelCommand = Command.make("cancel", { id, database: databaseOption, reason, json }, (given) =>
  Effect.scoped(
    Effect.gen(function* () {
      const runId = yield* runIdOf(given.id)
      // First as a reader: a database that is not as expected must not be brought up to date by a cancel.
      const database = yield* DatabaseUrl.reader(given.database)
      if ((yield* database.stored(runId)) === undefined) return yield* noRow(runId, database.name)
      const { writing } = yield* DatabaseUrl.storeOf(given.database)
      const outcome = yield* Effect.provide(request(runId, given.reason), writing)
      if (outcome === undefined || outcome._tag === "NotFound") return yield* noRow(runId, database.name)
      yield* Console.log(given.json ? JSON.stringify({ id: runId, ...outcome }) : said(runId, outcome))
      if (outcome._tag === "NoOp") yield* endWith(1)
    })
  )
).pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p("Asks for the cancel of a run of any host. Exits with 1 where it comes too late."),
      HelpDoc.p('holdfast cancel --database runs.db --reason "wrong file" 0198c5a4-7e1f-7c3a-9d58-3f2b6a1c4e70')
    ])
  )
)

const request = (id: RunId, reason: string | undefined) =>
  Effect.gen(function* () {
    const store = yield* RunStore
    const requestedAt = yield* nowMillis
    const token = `cancel:${id}:${requestedAt}`
    const [outcome] = yield* store.requestCancel([{ id, requestedAt, reason: reason ?? null, token }])
    return outcome
  })

const said = (id: RunId, outcome: Exclude<CancelOutcome, { readonly _tag: "NotFound" }>): string => {
  switch (outcome._tag) {
    case "Recorded":
      return `The cancel of run ${id} is recorded. Its host finds it at its next renewal, and the run ends as cancelled.`
    case "Settled":
      return `Run ${id} was pending, and is cancelled.`
    case "NoOp":
      return `Too late: run ${id} is ${outcome.status}. Nothing was changed.`
  }
}
