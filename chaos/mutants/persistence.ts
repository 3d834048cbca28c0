/**
 * Mutants of how a verdict gets to the database: what naive code does when the write of it fails.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

const settleLane = '      settle: lane("settle", store.settle, parks),'

/** The write, in the very `try` whose `catch` writes that the run has failed. */
const caughtAsFailed = (fields: string): string => `      settle: lane(
        "settle",
        (rows) =>
          Effect.catchAll(store.settle(rows), (failure) =>
            store.settle(rows.map((row) => ({ ...row, status: "failed", ${fields} })))
          ),
        parks
      ),`

const databaseError = '{ reason: "WorkFailed", message: failure.message }'

export const persistence: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "failed-write-becomes-failed-run",
    guarantee: "G1",
    defect: "The catch around the success write records the run as failed: one try for work and write.",
    file: "src/internal/writing/statusWriter.ts",
    find: settleLane,
    replace: caughtAsFailed(`workOutcome: "failed", result: null, error: JSON.stringify(${databaseError})`),
    killedBy: "transientCompletion"
  }),
  new Mutant({
    name: "failed-cancel-write-becomes-failed-run",
    guarantee: "G2",
    defect: "The catch around the cancel write records the run as failed, and the cancel is forgotten.",
    file: "src/internal/writing/statusWriter.ts",
    find: settleLane,
    replace: caughtAsFailed(`cancelRequestedAt: null, error: JSON.stringify(${databaseError})`),
    killedBy: "transientCancel"
  }),
  new Mutant({
    name: "cancel-mark-is-not-retried",
    guarantee: "G2",
    defect: "A cancel whose first write fails is never recorded in the row.",
    file: "src/internal/writing/statusWriter.ts",
    find: '      cancel: lane("cancel", store.requestCancel, parks),',
    replace: '      cancel: lane("cancel", store.requestCancel, { ...parks, isRetried: false }),',
    killedBy: "transientCancel"
  }),
  new Mutant({
    name: "database-error-becomes-the-runs-error",
    guarantee: "G1",
    defect: "The catch around the failure write records the error that it has caught: the database's.",
    file: "src/internal/writing/statusWriter.ts",
    find: settleLane,
    replace: caughtAsFailed(`error: JSON.stringify(${databaseError})`),
    killedBy: "transientFailure"
  }),
  new Mutant({
    name: "settled-is-told-when-the-write-has-failed",
    guarantee: "G4",
    defect: "Subscribers are told the verdict as if it were stored, when nothing could store it.",
    file: "src/internal/runs/settling.ts",
    find: '    run.hub.publish({ _tag: "Parked", verdict: status, message: failure.message })',
    replace:
      '    run.hub.publish({ _tag: "Settled", status, workOutcome: ActiveRun.settlementOf(run, run.state).workOutcome, attempts })',
    killedBy: "parkedThenSettled"
  }),
  new Mutant({
    name: "retries-end-when-the-verdict-is-parked",
    guarantee: "G5",
    defect: "After so many attempts the write is given up: the run is active for ever.",
    file: "src/internal/writing/laneQueue.ts",
    find: "    waiting.isOverdue = true\n    return waiting.job.overdue(",
    replace: "    waiting.isOverdue = true\n    this.forget(waiting)\n    return waiting.job.overdue(",
    killedBy: "parkedThenSettled"
  }),
  new Mutant({
    name: "budgets-wait-for-the-statement",
    guarantee: "G4",
    defect: "Nobody is told anything before the statement in flight has ended.",
    file: "src/internal/writing/statusWriter.ts",
    find: "          return yield* isFar ? rest : Effect.raceFirst(rest, watching)\n",
    replace: "          return yield* rest\n",
    killedBy: "parkedInTime"
  }),
  new Mutant({
    name: "first-to-come-is-first-to-be-told",
    guarantee: "G5",
    defect: "A caller whose budget is short is told only when the longer one of whoever came before it has passed.",
    file: "src/internal/writing/laneQueue.ts",
    find: "Math.min(this.budgetAt, job.budgetUntil)",
    replace: "this.budgetAt",
    killedBy: "cancelToldInTime"
  }),
  new Mutant({
    name: "failure-to-open-is-final",
    guarantee: "G5",
    defect: "A connection that could not be opened once is never opened again.",
    file: "src/internal/store/currentClient.ts",
    find: "      if (Exit.isFailure(exit)) {\n",
    replace: "      if (Exit.isFailure(exit)) {\n        state.isClosed = true\n",
    killedBy: "databaseGone"
  }),
  new Mutant({
    name: "no-jitter",
    guarantee: "G5",
    defect: "All hosts that met the same lock ask again at the same instant.",
    file: "src/internal/writing/backoff.ts",
    find: "    Schedule.jittered,\n",
    replace: "",
    killedBy: "jitteredBackoff"
  }),
  new Mutant({
    name: "backoff-is-not-reset",
    guarantee: "G5",
    defect: "The delays of an outage that is over are those of the next failure.",
    file: "src/internal/writing/writeLane.ts",
    find: "    this.paceOf(sent).backoff.reset()\n",
    replace: "",
    killedBy: "jitteredBackoff"
  }),
  new Mutant({
    name: "dead-connection-is-kept",
    guarantee: "G5",
    defect: "The retry is made on the connection that was lost, for ever.",
    file: "src/internal/store/currentClient.ts",
    find: 'failure.class === "connection" || opened.dialect.needsFreshClient(failure)',
    replace: "opened.dialect.needsFreshClient(failure)",
    killedBy: "freshConnection"
  }),
  new Mutant({
    name: "closed-connection-is-transient",
    guarantee: "G5",
    defect: "A driver's error without a code is taken for one that passes by itself.",
    file: "src/internal/store/sqlFailure.ts",
    find: '  if (/connection is not open/i.test(message)) return "connection"',
    replace: '  if (/connection is not open/i.test(message)) return "transient"',
    killedBy: "freshConnection"
  }),
  new Mutant({
    name: "thrown-error-is-permanent",
    guarantee: "G5",
    defect: "What a driver throws counts as a mistake of the program, which no retry could help.",
    file: "src/internal/store/sqlFailure.ts",
    find: '  if (isNamed(error, "RangeError") || isNamed(error, "TypeError")) return "permanent"',
    replace: '  if (error instanceof Error) return "permanent"',
    killedBy: "driverThrows"
  }),
  new Mutant({
    name: "defects-walk-past-the-retry",
    guarantee: "G5",
    defect: "Only typed failures are retried: an update that throws leaves the writer by another way.",
    file: "src/internal/writing/boundedStore.ts",
    find: "      Effect.catchAllCause(effect, (cause) =>",
    replace: "      ((same, _unused) => same)(effect, (cause) =>",
    killedBy: "storeThrows"
  }),
  new Mutant({
    name: "bad-row-holds-up-its-batch",
    guarantee: "G5",
    defect: "A statement that the database refuses is repeated as it is: one bad row holds up all the others.",
    file: "src/internal/writing/writeLane.ts",
    find: "        return this.isolate(sent, failure)",
    replace: "        return this.backOff(sent, failure)",
    killedBy: "poisonedRow"
  }),
  new Mutant({
    name: "bad-row-is-dropped",
    guarantee: "G5",
    defect: "A verdict that the database refuses for good is told of once, and never written.",
    file: "src/internal/writing/writeLane.ts",
    find: "      yield* this.queue.tellOne(first, failure)",
    replace: "      yield* this.queue.tellOne(first, failure)\n      this.queue.forget(first)",
    killedBy: "poisonedRow"
  }),
  new Mutant({
    name: "locked-row-holds-up-its-batch",
    guarantee: "G5",
    defect: "A statement that waited for a locked row is repeated as it is: all that stand in it wait for as long.",
    file: "src/internal/writing/writeLane.ts",
    find: "        return this.narrow(sent, failure)",
    replace: "        return this.backOff(sent, failure)",
    killedBy: "lockedRow"
  }),
  new Mutant({
    name: "locked-row-sets-the-pace",
    guarantee: "G5",
    defect: "The delays of a row that keeps its statement waiting by itself are those of all others.",
    file: "src/internal/writing/writeLane.ts",
    find: "      if (first !== undefined && others.length === 0) this.queue.setApart(first, pace.dueAt)",
    replace: "      void [first, others, pace]",
    killedBy: "lockedRow"
  }),
  new Mutant({
    name: "progress-after-the-end",
    guarantee: "G4",
    defect: "A report of progress counts whenever it comes, also when the work has ended.",
    file: "src/internal/runs/running.ts",
    find: '  if (run.state._tag !== "Working") return\n  run.progress',
    replace: "  run.progress",
    killedBy: "progressKept"
  }),
  new Mutant({
    name: "progress-repeated",
    guarantee: "G5",
    defect: "A report of progress that failed is sent again and again, before what has to be written.",
    file: "src/internal/writing/statusWriter.ts",
    find: "{ isRetried: false }",
    replace: "{ isRetried: true }",
    killedBy: "progressKept"
  })
]
