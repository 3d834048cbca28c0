/**
 * Mutants of what an answer of the database is taken for: a row that was not changed, one that is not
 * there, one that is terminal already, and a start or a registration that failed.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

export const outcomes: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "no-op-is-a-failure",
    guarantee: "G10",
    defect: "A terminal write that changes no row counts as failed, and is repeated for ever.",
    file: "src/internal/store/sqlRunWrites.ts",
    find: '    return { _tag: row.settleToken === wanted.token ? "AlreadyApplied" : "NoOp", row, status: row.status }',
    replace:
      '    return row.settleToken === wanted.token ? { _tag: "AlreadyApplied", row, status: row.status } : undefined',
    killedBy: "settledByOther"
  }),
  new Mutant({
    name: "no-op-is-told-as-own-verdict",
    guarantee: "G4",
    defect: "A terminal write that changes no row counts as done, and the host's own verdict is told.",
    file: "src/internal/runs/settling.ts",
    find: "    switch (outcome._tag) {",
    replace: `    if (outcome._tag === "NoOp") {
      const own = ActiveRun.settlementOf(run, run.state)
      outcome = { _tag: "Applied", status: own.status, workOutcome: own.workOutcome }
    }
    switch (outcome._tag) {`,
    killedBy: "settledByOther"
  }),
  new Mutant({
    name: "not-found-is-done",
    guarantee: "G10",
    defect: "A terminal write for a run that has no row counts as done: zero rows are zero rows.",
    file: "src/internal/runs/settling.ts",
    find: "        return yield* vanished(core, run)",
    replace: "        return yield* settled(core, run, { ...ActiveRun.settlementOf(run, run.state), attempts }, {})",
    killedBy: "rowVanished"
  }),
  new Mutant({
    name: "not-found-is-a-failure",
    guarantee: "G10",
    defect: "A terminal write for a run that has no row counts as failed, and is repeated for ever.",
    file: "src/internal/store/sqlRunWrites.ts",
    find: '  if (row === undefined) return operation === "settle" ? { _tag: "NotFound" } : undefined',
    replace: "  if (row === undefined) return undefined",
    killedBy: "rowVanished"
  }),
  new Mutant({
    name: "no-op-cancel-is-done",
    guarantee: "G10",
    defect: "A cancel is reported as done though it changed nothing, the row being terminal already.",
    file: "src/internal/runs/cancelling.ts",
    find: '      return Effect.succeed({ _tag: "AlreadyTerminal", status: outcome.status })',
    replace: '      return Effect.succeed({ _tag: "Requested", durable: true })',
    killedBy: "cancelTooLate"
  }),
  new Mutant({
    name: "cancel-of-nothing-is-done",
    guarantee: "G10",
    defect: "A cancel of a run that nobody knows is reported as done.",
    file: "src/internal/runs/cancelling.ts",
    find: "      return Effect.fail(new RunNotFound({ id }))",
    replace: '      return Effect.succeed({ _tag: "Requested", durable: true })',
    killedBy: "cancelTooLate"
  }),
  new Mutant({
    name: "somebody-elses-cancel-is-claimed",
    guarantee: "G10",
    defect: "A cancel that found the run cancelled by somebody else is reported as what did it.",
    file: "src/internal/runs/settling.ts",
    find: '        if (outcome._tag === "NoOp") answerCancels(',
    replace: "        if (false) answerCancels(",
    killedBy: "cancelTooLate"
  }),
  new Mutant({
    name: "retry-overwrites-a-terminal-row",
    guarantee: "G3",
    defect: "The update is unconditional: a retry that comes through changes what somebody else has settled.",
    file: "src/internal/store/sqliteStatements.ts",
    find: 'isMine("r")} RETURNING run_id, status, work_outcome`\n\n/** Rule 4',
    replace: '"true"} RETURNING run_id, status, work_outcome`\n\n/** Rule 4',
    killedBy: "foreignVerdictStands"
  }),
  new Mutant({
    name: "no-trigger-on-update",
    guarantee: "G3",
    defect: "Only the kernel's own statements spare terminal rows; a foreign UPDATE changes them.",
    file: "src/internal/store/sqliteSchema.ts",
    find: "WHEN OLD.status NOT IN ('pending', 'running')",
    replace: "WHEN false",
    killedBy: "terminalRowIsFinal"
  }),
  new Mutant({
    name: "no-trigger-on-replace",
    guarantee: "G3",
    defect: "INSERT OR REPLACE walks past the trigger on updates, and the run begins anew.",
    file: "src/internal/store/sqliteSchema.ts",
    find: "runs AS r WHERE r.run_id = NEW.run_id AND +r.status NOT IN ('pending', 'running'))",
    replace: "runs AS r WHERE r.run_id = NEW.run_id AND false)",
    killedBy: "terminalRowIsFinal"
  }),
  new Mutant({
    name: "work-begins-without-its-row",
    guarantee: "G7",
    defect: "A failed insert is ignored: the work is executed though no row could be written for it.",
    file: "src/internal/runs/starting.ts",
    find: "        const outcome = yield* Effect.tapErrorCause(restore(askForRow(core, run)), (cause) =>",
    replace: `      const outcome = yield* Effect.onError(
        Effect.orElseSucceed(restore(askForRow(core, run)), () => ({ _tag: "Inserted" })),
        (cause) =>`,
    killedBy: "startDuringOutage"
  }),
  new Mutant({
    name: "failed-start-leaves-its-row",
    guarantee: "G7",
    defect: "A start that fails forgets its run, though its row may be there: active for ever, with nobody to end it.",
    file: "src/internal/runs/abandoning.ts",
    find: "    if (!run.isInsertSent) return drop(core, run)",
    replace: "    return drop(core, run)",
    killedBy: "startAnswerLost"
  }),
  new Mutant({
    name: "refused-start-fails-its-batch",
    guarantee: "G7",
    defect: "All starts that stand in one statement fail with the one that the database refuses.",
    file: "src/internal/writing/writeLane.ts",
    find: "      if (sent.length > 1) {",
    replace:
      '      if (sent.length > 1 && failure.operation === "insert") {\n        yield* Effect.forEach(sent, (waiting) => this.tellOne(waiting, failure), { discard: true })\n      } else if (sent.length > 1) {',
    killedBy: "startRefused"
  }),
  new Mutant({
    name: "damaged-database-is-written-to",
    guarantee: "G4",
    defect: "After the database has said that it is damaged, it is written to as before.",
    file: "src/internal/writing/statusWriter.ts",
    find: "      if (damage === undefined || (yield* isSoundAgain(damage))) {",
    replace: "      if (damage === undefined || ((damage = undefined), true)) {",
    killedBy: "startOnDamagedDatabase"
  }),
  new Mutant({
    name: "registration-is-not-retried",
    guarantee: "G7",
    defect: "A host whose first statement meets a lock does not come up.",
    file: "src/internal/hosts/hostLease.ts",
    find: "    yield* Effect.retry(registration, options.openRetry)",
    replace: "    yield* registration",
    killedBy: "hostNotRegistered"
  })
]
