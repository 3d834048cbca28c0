/**
 * Both managers on the same documents, the same database file and the same weather, and the judgement of
 * each run when everything is over.
 */
import { Effect, Layer } from "effect"
import { RunId, RunLog } from "effect-holdfast"
import { Chaos } from "effect-holdfast/chaos"
import * as Contest from "./contest.js"
import * as Display from "./display.js"
import type { Manager } from "./manager.js"
import * as Naive from "./naive.js"
import type { Options } from "./options.js"
import type { Side } from "./report.js"
import * as Rows from "./rows.js"
import * as Storm from "./storm.js"
import * as Supervised from "./supervised.js"
import { judge, type Row } from "./verdict.js"

export interface Outcome {
  readonly holdfast: Side
  readonly naive: Side
  /** The rows of Holdfast, with the glossaries in them. */
  readonly rows: ReadonlyArray<Row>
}

export const run = (documents: ReadonlyArray<string>, filename: string, options: Options) =>
  Effect.gen(function* () {
    const since = yield* RunId.make
    // The rows are read when both managers are gone: what stands in the file then is what they leave behind.
    const { holdfast, naive } = yield* Effect.scoped(contest(documents, filename, options))
    const rows = yield* Rows.read(filename, since)
    return {
      holdfast: sideOf("Holdfast", holdfast, rows.holdfast),
      naive: sideOf("naive manager", naive, rows.naive),
      rows: rows.holdfast
    } satisfies Outcome
  })

/** Both managers at the same time, on the same file, each with a storm of its own that does the same. */
const contest = (documents: ReadonlyArray<string>, filename: string, options: Options) =>
  Effect.gen(function* () {
    const plan = Storm.plan(options.storm, options.seed)
    const cancels = yield* Storm.cancels(documents, options.seed)
    const log = options.log === undefined ? Layer.empty : RunLog.layerFile(options.log)
    // One after the other: a migration locks the file, and the other manager would pay for it.
    const ours = yield* Layer.build(Layer.provideMerge(Supervised.layer(filename, plan), log))
    const theirs = yield* Layer.build(Naive.layer(filename, plan))
    const display = yield* Display.make(documents)
    const run = <E, R>(side: Display.Side, make: Effect.Effect<Manager, E, R>) =>
      Effect.gen(function* () {
        const chaos = yield* Chaos.Chaos
        yield* Effect.forkScoped(Effect.delay(chaos.heal, Storm.duration))
        const watch: Contest.Watch = (document, told) => display.show(side, document, told)
        const accounts = yield* Contest.run(yield* make, documents, cancels, watch)
        return { accounts, faults: yield* chaos.firedCount }
      })
    return yield* Effect.all(
      {
        holdfast: Effect.provide(run("holdfast", Supervised.make), ours),
        naive: Effect.provide(run("naive", Naive.make), theirs)
      },
      { concurrency: 2 }
    )
  })

const sideOf = (
  title: string,
  { accounts, faults }: { readonly accounts: ReadonlyArray<Contest.Account>; readonly faults: number },
  rows: ReadonlyArray<Row>
): Side => {
  const rowOf = new Map(rows.map((row) => [row.document, row]))
  return { title, faults, verdicts: accounts.map((account) => judge(account, rowOf.get(account.document))) }
}
