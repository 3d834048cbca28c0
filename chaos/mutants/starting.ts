/**
 * Mutants of starts: of what they leave behind when they end early, and of what holds a key.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

export const starting: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "work-begins-after-cancel",
    guarantee: "G2",
    defect: "A cancel finds no fiber to interrupt, and the fiber that begins a moment later does not look for one.",
    file: "src/internal/running.ts",
    find: "    if (obstacle !== undefined) return workEnded(",
    replace: "    if (obstacle === null) return workEnded(",
    killedBy: "cancelAtOnce"
  }),
  new Mutant({
    name: "registered-after-insert",
    guarantee: "G7",
    defect: "A cancel finds a run in memory only after its insert was answered.",
    file: "src/internal/cancelling.ts",
    find: 'const run = typeof target === "string" ? core.runs.get(target) : target',
    replace:
      'const known = typeof target === "string" ? core.runs.get(target) : target\n    const run = known?.state._tag === "Inserting" ? undefined : known',
    killedBy: "cancelWhileStarting"
  }),
  new Mutant({
    name: "cancel-lost-with-its-start",
    guarantee: "G2",
    defect: "The cancel that a run had accepted is not carried over into its end.",
    file: "src/internal/activeRun.ts",
    find: "    cancel: run.state.cancel,\n    stops:",
    replace: "    cancel: undefined,\n    stops:",
    killedBy: "cancelHangingStart"
  }),
  new Mutant({
    name: "adopted-without-its-cancel",
    guarantee: "G2",
    defect: "A start that reads its own row back does not look whether it was cancelled meanwhile.",
    file: "src/internal/starting.ts",
    find: "      return outcome.cancelRequestedAt === null",
    replace: "      return outcome.cancelRequestedAt !== undefined",
    killedBy: "cancelFoundAtAdoption"
  }),
  new Mutant({
    name: "interrupted-start-left-behind",
    guarantee: "G7",
    defect: "Only a failure of the start is cleaned up after, an interruption is not.",
    file: "src/internal/starting.ts",
    find: "        abandon(core, run, Option.getOrUndefined(Cause.failureOption(cause)))",
    replace:
      "        Cause.isInterrupted(cause) ? Effect.void : abandon(core, run, Option.getOrUndefined(Cause.failureOption(cause)))",
    killedBy: "startInterruptedUnsent"
  }),
  new Mutant({
    name: "start-in-flight-forgotten",
    guarantee: "G7",
    defect: "A start that ends early forgets its run, whether or not an insert is on its way.",
    file: "src/internal/starting.ts",
    find: "    if (!run.isInsertSent) return drop(core, run)",
    replace: "    if (run !== undefined) return drop(core, run)",
    killedBy: "startInterruptedInFlight"
  }),
  new Mutant({
    name: "start-does-not-wait-for-tombstone",
    guarantee: "G7",
    defect: "A start does not wait for the tombstone of an earlier one, and meets its row.",
    file: "src/internal/starting.ts",
    find: "      if (request.key !== undefined) yield* restore(untilEntombed(core, request.name, request.key))",
    replace: "",
    killedBy: "startInterruptedApplied"
  }),
  new Mutant({
    name: "doubtful-start-called-failed",
    guarantee: "G7",
    defect: "A start whose insert may have been applied answers as if it had not been.",
    file: "src/internal/starting.ts",
    find: '  restated(failure, "start", run.isInsertSent)',
    replace: '  restated(failure, "start", false)',
    killedBy: "startInDoubt"
  }),
  new Mutant({
    name: "tombstone-only-updates",
    guarantee: "G7",
    defect: "A start in doubt is settled by an update, which leaves nothing for an insert that lands late to meet.",
    file: "src/internal/settling.ts",
    find: "    if (run.state.entomb) {\n",
    replace: "    if (run.state.entomb && run.state.sent < 0) {\n",
    killedBy: "startLandsLate"
  }),
  new Mutant({
    name: "key-defect-swallowed",
    guarantee: "G8",
    defect: "A key function that throws is taken for one that gives no key.",
    file: "src/Work.ts",
    find: "        key: options.key?.(payload),",
    replace:
      "        key: (() => {\n          try {\n            return options.key?.(payload)\n          } catch {\n            return undefined\n          }\n        })(),",
    killedBy: "startDefect"
  }),
  new Mutant({
    name: "defect-after-insert-left-behind",
    guarantee: "G7",
    defect: "A defect between the answer of the insert and the fork of the work leaves an active row that nobody ends.",
    file: "src/internal/starting.ts",
    find: '    Effect.onError(() => neverStarted(core, run, "Its start met a defect.", { entomb: false }))',
    replace: "    Effect.onError(() => Effect.void)",
    killedBy: "startLoggerDefect"
  }),
  new Mutant({
    name: "own-settle-taken-for-foreign",
    guarantee: "G10",
    defect: "A retry that meets the row which its own lost attempt has settled takes it for somebody else's.",
    file: "src/internal/sqlRunWrites.ts",
    find: 'row.settleToken === wanted.token ? "AlreadyApplied" : "NoOp"',
    replace: '"NoOp"',
    killedBy: "lostCompletionAnswer"
  }),
  new Mutant({
    name: "no-op-retried",
    guarantee: "G10",
    defect: "A terminal write that changes nothing is taken for one that failed, and repeated for ever.",
    file: "src/internal/sqlRunWrites.ts",
    find: '    return { _tag: row.settleToken === wanted.token ? "AlreadyApplied" : "NoOp", row, status: row.status }',
    replace: "    return undefined",
    killedBy: "lostCompletionAnswer"
  }),
  new Mutant({
    name: "own-row-takes-own-key",
    guarantee: "G7",
    defect: "The retry of an insert does not recognise its own row, and takes its key for somebody else's.",
    file: "src/internal/sqlRunWrites.ts",
    find: '  const there = via("id")',
    replace: "  const there = undefined",
    killedBy: "lostInsertAnswer"
  }),
  new Mutant({
    name: "waits-for-its-own-transaction",
    guarantee: "G7",
    defect: "A start does not notice that its caller holds the very connection that it is about to wait for.",
    file: "src/SqlRunStore.ts",
    find: "onSome: ([connection]) => current.holds(connection)",
    replace: "onSome: () => false",
    killedBy: "calledInTransaction"
  }),
  new Mutant({
    name: "work-inherits-transaction",
    guarantee: "G7",
    defect: "The work runs in the context of its caller, with the caller's transaction in it.",
    file: "src/internal/starting.ts",
    find: "withoutCaller(context)",
    replace: "context",
    killedBy: "hostTransactionElsewhere"
  }),
  new Mutant({
    name: "statements-follow-foreign-transaction",
    guarantee: "G7",
    defect: "The store's statements run on the connection of whatever transaction their caller is in.",
    file: "src/internal/currentClient.ts",
    find: "    return Effect.locally(Statement.withTransformerDisabled(effect), FiberRef.currentContext, context)",
    replace: "    return context === undefined ? Effect.never : effect",
    killedBy: "hostTransactionElsewhere"
  }),
  new Mutant({
    name: "start-without-budget",
    guarantee: "G7",
    defect: "A start waits for its insert as long as the database likes, its caller with it.",
    file: "src/internal/starting.ts",
    find: "run.newRun.createdAt + Duration.toMillis(core.options.startTimeout)",
    replace: "Number.POSITIVE_INFINITY",
    killedBy: "hostTransactionSameFile"
  })
]
