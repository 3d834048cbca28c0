/**
 * Kernels that lose something when their process is killed, and are right otherwise: without a crash
 * every one of them does what it should. The explorer must find each, or it is blind.
 *
 * @since 0.1.0
 */
import { Mutant } from "../mutants/Mutant.js"
import type { ScriptName } from "./lifeInput.js"
import { scenarios } from "./tally.js"

/** A kernel, and the operation at which a kill shows what is wrong with it. */
export interface Canary {
  readonly mutant: Mutant
  readonly label: string
  /** What the host does. Defaults to `"ordinary"`. */
  readonly script?: ScriptName
}

const killedBy = scenarios.ordinary

/**
 * The store answers at once, and its statement is sent afterwards: soon, but when the answer has been told. The first turns
 * of what a statement forks are taken at once (`turnsMax` in `atOnce`), so this is one more. Nobody owns its fiber: that is
 * the defect.
 */
const answeredFirst = (write: string, rows: string, outcome: string, turns = 32): string =>
  `Effect.as(Effect.forkDaemon(Effect.zipRight(Effect.repeatN(Effect.yieldNow(), ${turns}), ${write})), ${rows}.map((row) => (${outcome})))`

export const canaries: ReadonlyArray<Canary> = [
  {
    label: "settle",
    mutant: new Mutant({
      name: "orphans-are-left-alone",
      guarantee: "G9",
      defect: "A host that comes up does not look for the runs of those that are gone.",
      file: "src/internal/hosts/recovering.ts",
      find: "if (!(yield* mayTake(core))) return",
      replace: "if (core !== undefined) return",
      killedBy
    })
  },
  {
    label: "settle",
    mutant: new Mutant({
      name: "settled-before-the-commit",
      guarantee: "G4",
      defect: "Subscribers are told while the terminal write is on its way.",
      file: "src/SqlRunStore.ts",
      find: "Writes.settle(current, settlements)",
      replace: answeredFirst(
        "Writes.settle(current, settlements)",
        "settlements",
        '{ _tag: "Applied", status: row.status, workOutcome: row.workOutcome }',
        // Of the last settle the shutdown is waiting: what it sends next must not come before this.
        18
      ),
      killedBy
    })
  },
  {
    label: "cancel",
    mutant: new Mutant({
      name: "durable-before-the-commit",
      guarantee: "G2",
      defect: "A canceller is told that the row has its cancel while the write is on its way.",
      file: "src/SqlRunStore.ts",
      find: "Writes.requestCancel(current, requests)",
      replace: answeredFirst("Writes.requestCancel(current, requests)", "requests", '{ _tag: "Recorded" }'),
      killedBy
    })
  },
  {
    label: "insert",
    mutant: new Mutant({
      // Work that is over at once is left out: its settling would come before its row.
      name: "begun-before-the-commit",
      guarantee: "G7",
      defect: "Work begins, and its start is answered, while the row is on its way.",
      file: "src/SqlRunStore.ts",
      find: "Writes.insert(current, runs)",
      replace: `runs.some((row) => row.idempotencyKey !== null || row.name === "quick") ? Writes.insert(current, runs) : ${answeredFirst("Writes.insert(current, runs)", "runs", '{ _tag: "Inserted" }')}`,
      killedBy
    })
  },
  {
    label: "cancel",
    mutant: new Mutant({
      name: "recovery-forgets-cancels",
      guarantee: "G2",
      defect: "A run of a lost host becomes failed, though its row had a cancel that was acknowledged.",
      file: "src/internal/store/sqliteHosts.ts",
      find: "CASE WHEN r.cancel_requested_at IS NOT NULL THEN",
      replace: "CASE WHEN r.cancel_requested_at < 0 THEN",
      killedBy
    })
  },
  {
    label: "journal write the rest",
    script: "outage",
    mutant: new Mutant({
      name: "torn-append-takes-all-with-it",
      guarantee: "G6",
      defect: "A process that is killed in the middle of an append leaves a journal in which nothing counts.",
      file: "src/internal/journal/journalLines.ts",
      find: '  if (last === "") return { entries, bad, isTorn: false }',
      replace: '  if (last !== "") return { entries: [], bad, isTorn: true }',
      killedBy: scenarios.outage
    })
  },
  {
    label: "journal write",
    script: "outage",
    mutant: new Mutant({
      name: "journaled-before-the-write",
      guarantee: "G6",
      defect: "The log says that a verdict is in the journal while the append is on its way.",
      file: "src/internal/journal/journaling.ts",
      find: "yield* Effect.either(keeper.journal.append([...entries.values()]))",
      // Nobody owns the fiber: that is the defect.
      replace:
        "yield* Effect.either(Effect.forkDaemon(Effect.zipRight(Effect.repeatN(Effect.yieldNow(), 9), keeper.journal.append([...entries.values()]))))",
      killedBy: scenarios.outage
    })
  }
]
