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
    file: "src/internal/runs/running.ts",
    find: "    if (obstacle !== undefined) return workEnded(",
    replace: "    if (obstacle === null) return workEnded(",
    killedBy: "cancelAtOnce"
  }),
  new Mutant({
    name: "registered-after-insert",
    guarantee: "G7",
    defect: "A cancel finds a run in memory only after its insert was answered.",
    file: "src/internal/runs/cancelling.ts",
    find: 'const run = typeof target === "string" ? core.runs.get(target) : target',
    replace:
      'const known = typeof target === "string" ? core.runs.get(target) : target\n    const run = known?.state._tag === "Inserting" ? undefined : known',
    killedBy: "cancelWhileStarting"
  }),
  new Mutant({
    name: "cancel-lost-with-its-start",
    guarantee: "G2",
    defect: "The cancel that a run had accepted is not carried over into its end.",
    file: "src/internal/runs/activeRun.ts",
    find: "    cancel: run.state.cancel,\n    stops:",
    replace: "    cancel: undefined,\n    stops:",
    killedBy: "cancelHangingStart"
  }),
  new Mutant({
    name: "adopted-without-its-cancel",
    guarantee: "G2",
    defect: "A start that reads its own row back does not look whether it was cancelled meanwhile.",
    file: "src/internal/runs/starting.ts",
    find: "        outcome.cancelRequestedAt === null",
    replace: "        outcome.cancelRequestedAt !== undefined",
    killedBy: "cancelFoundAtAdoption"
  }),
  new Mutant({
    name: "interrupted-start-left-behind",
    guarantee: "G7",
    defect: "Only a failure of the start is cleaned up after, an interruption is not.",
    file: "src/internal/runs/starting.ts",
    find: "(cause) => abandon(core, run, cause)",
    replace: "(cause) => (cause._tag === 'Fail' ? abandon(core, run, cause) : Effect.void)",
    killedBy: "startInterruptedUnsent"
  }),
  new Mutant({
    name: "start-in-flight-forgotten",
    guarantee: "G7",
    defect: "A start that ends early forgets its run, whether or not an insert is on its way.",
    file: "src/internal/runs/abandoning.ts",
    find: "    if (!run.isInsertSent) return drop(core, run)",
    replace: "    if (run !== undefined) return drop(core, run)",
    killedBy: "startInterruptedInFlight"
  }),
  new Mutant({
    name: "start-does-not-wait-for-tombstone",
    guarantee: "G7",
    defect: "A start does not wait for the tombstone of an earlier one, and meets its row.",
    file: "src/internal/runs/starting.ts",
    find: "Effect.zipRight(admit(core), untilEntombed(core, request, restore))",
    replace: "admit(core)",
    killedBy: "startInterruptedApplied"
  }),
  new Mutant({
    name: "doubtful-start-called-failed",
    guarantee: "G7",
    defect: "A start whose insert may have been applied answers as if it had not been.",
    file: "src/internal/runs/starting.ts",
    find: '  restated(failure, "start", run.isInsertSent)',
    replace: '  restated(failure, "start", false)',
    killedBy: "startInDoubt"
  }),
  new Mutant({
    name: "tombstone-only-updates",
    guarantee: "G7",
    defect: "A start in doubt is settled by an update, which leaves nothing for an insert that lands late to meet.",
    file: "src/internal/runs/handingOver.ts",
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
    name: "logger-defect-ends-the-run",
    guarantee: "G5",
    defect: "A logger that throws ends the fiber that tells it something, and with it whatever that fiber had to do.",
    file: "src/internal/log/lineWriter.ts",
    find: "          tellOfLogger(defect)",
    replace: "          throw defect",
    killedBy: "loggerDefect"
  }),
  new Mutant({
    name: "own-settle-taken-for-foreign",
    guarantee: "G10",
    defect: "A retry that meets the row which its own lost attempt has settled takes it for somebody else's.",
    file: "src/internal/store/sqlRunWrites.ts",
    find: 'row.settleToken === wanted.token ? "AlreadyApplied" : "NoOp"',
    replace: '"NoOp"',
    killedBy: "lostCompletionAnswer"
  }),
  new Mutant({
    name: "no-op-retried",
    guarantee: "G10",
    defect: "A terminal write that changes nothing is taken for one that failed, and repeated for ever.",
    file: "src/internal/store/sqlRunWrites.ts",
    find: '    return { _tag: row.settleToken === wanted.token ? "AlreadyApplied" : "NoOp", row, status: row.status }',
    replace: "    return undefined",
    killedBy: "lostCompletionAnswer"
  }),
  new Mutant({
    name: "own-row-takes-own-key",
    guarantee: "G7",
    defect: "The retry of an insert does not recognise its own row, and takes its key for somebody else's.",
    file: "src/internal/store/sqlRunWrites.ts",
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
    file: "src/internal/runs/launching.ts",
    find: "withoutCaller(context)",
    replace: "context",
    killedBy: "hostTransactionElsewhere"
  }),
  new Mutant({
    name: "statements-follow-foreign-transaction",
    guarantee: "G7",
    defect: "The store's statements run on the connection of whatever transaction their caller is in.",
    file: "src/internal/store/currentClient.ts",
    find: "    return isBare ? plain : Effect.locally(plain, FiberRef.currentContext, context)",
    replace: "    return isBare ? plain : effect",
    killedBy: "hostTransactionElsewhere"
  }),
  new Mutant({
    name: "start-without-budget",
    guarantee: "G7",
    defect: "A start waits for its insert as long as the database likes, its caller with it.",
    file: "src/internal/runs/starting.ts",
    find: "run.newRun.createdAt + Duration.toMillis(core.options.startTimeout)",
    replace: "Number.POSITIVE_INFINITY",
    killedBy: "hostTransactionSameFile"
  }),
  new Mutant({
    name: "idempotency-forgotten-at-settle",
    guarantee: "G7",
    defect: "An idempotency key is remembered only as long as its run is active.",
    file: "src/internal/store/sqlRunWrites.ts",
    find: "  if (existing !== undefined) return",
    replace: "  if (existing !== undefined && !isTerminal(existing.status)) return",
    killedBy: "idempotentRepeat"
  }),
  new Mutant({
    name: "idempotency-conflict-overlooked",
    guarantee: "G10",
    defect: "Another payload under a known idempotency key is taken for a repetition.",
    file: "src/internal/runs/starting.ts",
    find: "outcome.row.payloadHash === run.newRun.payloadHash",
    replace: "outcome.row.payloadHash !== undefined",
    killedBy: "idempotentRepeat"
  }),
  new Mutant({
    name: "idempotency-not-in-the-insert",
    guarantee: "G7",
    defect:
      "The insert does not carry the idempotency key, so the database cannot decide between two that race for it.",
    file: "src/internal/store/sqliteStatements.ts",
    find: '"key", "idempotencyKey", "payload", "payloadHash"].map(field)',
    replace: '"key", "nothing", "payload", "payloadHash"].map(field)',
    killedBy: "idempotentRace"
  }),
  new Mutant({
    name: "idempotency-key-not-entombed",
    guarantee: "G7",
    defect: "Only the key of a start in doubt is waited for, so a repetition is answered with the abandoned run.",
    file: "src/internal/kernel/kernelCore.ts",
    find: "  Object.entries({ key, idempotencyKey }).flatMap(",
    replace: "  Object.entries({ key, idempotencyKey: idempotencyKey === null }).flatMap(",
    killedBy: "idempotentAfterDoubt"
  }),
  new Mutant({
    name: "tombstone-released-by-another",
    guarantee: "G7",
    defect: "Whatever run of a key leaves memory releases those who wait for the tombstone of that key.",
    file: "src/internal/kernel/kernelCore.ts",
    find: "    const tombstone = starts?.get(run.id)",
    replace: "    const tombstone = [...(starts?.values() ?? [])][0]\n    starts?.clear()",
    killedBy: "startsInDoubtTogether"
  }),
  new Mutant({
    name: "start-goes-on-after-shutdown",
    guarantee: "G7",
    defect: "A start that has waited for a tombstone does not look whether the kernel still takes runs.",
    file: "src/internal/runs/starting.ts",
    find: "    if (core.isStopping) return Effect.fail(new KernelStopped())",
    replace: "",
    killedBy: "startWaitsAtShutdown"
  }),
  new Mutant({
    name: "no-lease-gate",
    guarantee: "G7",
    defect: "Work begins though the host could not renew its lease, and may have been judged lost.",
    file: "src/internal/runs/launching.ts",
    find: "core.lease.isHeld(monotonic)",
    replace: "true",
    killedBy: "leaseGate"
  }),
  new Mutant({
    name: "refused-start-is-certain",
    guarantee: "G7",
    defect: "A start that is refused since the lease has ended says for certain that its work is done nowhere.",
    file: "src/internal/runs/launching.ts",
    find: 'restated(failure, "start", true)',
    replace: 'restated(failure, "start", false)',
    killedBy: "leaseGate"
  }),
  new Mutant({
    name: "idempotency-key-burnt",
    guarantee: "G7",
    defect: "A start that is refused after its insert keeps its idempotency key, and its repetition gets the dead run.",
    file: "src/internal/runs/abandoning.ts",
    find: "{ entomb: true }",
    replace: "{ entomb: false }",
    killedBy: "leaseGate"
  }),
  new Mutant({
    name: "unknown-row-is-left",
    guarantee: "G7",
    defect: "A row that nobody here started is told of, and left as it is.",
    file: "src/internal/hosts/auditing.ts",
    find: "      row: () => tombstone,",
    replace: "      row: () => (tombstone === undefined ? tombstone : undefined),",
    killedBy: "rowUnknown"
  }),
  new Mutant({
    name: "answered-insert-is-sent",
    guarantee: "G7",
    defect: "An insert is sent though its start was answered without it, and has not had a turn to withdraw it.",
    file: "src/internal/runs/starting.ts",
    find: " || !core.inserts.has(id)) return undefined",
    replace: ") return undefined",
    killedBy: "startUnsentAtShutdown"
  }),
  new Mutant({
    name: "refused-start-leaves-its-doubt",
    guarantee: "G7",
    defect: "A start that its row refuses is forgotten, though an attempt before that answer may still land (rule 4).",
    file: "src/internal/runs/starting.ts",
    find: "  run.isInsertRepeated ? giveUp(core, run, error, why) : drop(core, run)",
    replace: "  run.isInsertRepeated && why === error ? giveUp(core, run, error, why) : drop(core, run)",
    killedBy: "startRefusedAfterDoubt"
  }),
  new Mutant({
    name: "asked-again-start-hides-its-doubt",
    guarantee: "G7",
    defect: "A start that could not ask again is told that nothing was done, though its first insert may still land.",
    file: "src/internal/runs/starting.ts",
    find: "yield* run.isInsertRepeated ? Effect.mapError(next, inDoubt) : next",
    replace: "yield* next",
    killedBy: "startAsksAgainInDoubt"
  })
]
