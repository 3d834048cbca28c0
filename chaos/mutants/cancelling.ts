/**
 * Mutants of cancels, of what they are told, and of how the kinds of interruption are told apart.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

export const cancelling: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "verdict-frozen-at-first-attempt",
    guarantee: "G2",
    defect: "The terminal row is built once, so a cancel between two attempts no longer changes it.",
    file: "src/internal/runs/handingOver.ts",
    find: "  const settlement = ActiveRun.settlementOf(run, run.state)",
    replace: "  const settlement = run.state.lastSent ?? ActiveRun.settlementOf(run, run.state)",
    killedBy: "cancelBeforeCommit"
  }),
  new Mutant({
    name: "completion-overwrites-cancel",
    guarantee: "G2",
    defect: "The terminal update sets the status without looking at a cancel that the row has recorded.",
    file: "src/internal/store/sqliteStatements.ts",
    find: "\"status = CASE WHEN COALESCE(r.cancel_requested_at, j.cancelRequestedAt) IS NULL THEN j.status ELSE 'cancelled' END, \"",
    replace: '"status = j.status, "',
    killedBy: "cancelRecordedElsewhere"
  }),
  new Mutant({
    name: "end-mixed-with-late-cancel",
    guarantee: "G1",
    defect: "What is told of the end is built anew when the answer comes, with a cancel that came too late in it.",
    file: "src/internal/runs/activeRun.ts",
    find: "(state.lastSent ?? settlementOf(run, state))",
    replace: "settlementOf(run, state)",
    killedBy: "cancelDuringWrite"
  }),
  new Mutant({
    name: "late-cancel-reported-as-done",
    guarantee: "G2",
    defect: "A cancel that comes after the commit, and changes nothing, is answered as requested.",
    file: "src/internal/runs/settling.ts",
    find: '    : { _tag: "AlreadyTerminal", status: event.status }',
    replace: '    : { _tag: "Requested", durable: true }',
    killedBy: "cancelAfterCommit"
  }),
  new Mutant({
    name: "no-op-cancel-reported-as-done",
    guarantee: "G10",
    defect: "A cancel that the row turns away as a no-op is answered as requested.",
    file: "src/internal/runs/cancelling.ts",
    find: '      return Effect.succeed({ _tag: "AlreadyTerminal", status: outcome.status })',
    replace: '      return Effect.succeed({ _tag: "Requested", durable: true })',
    killedBy: "cancelAfterCommit"
  }),
  new Mutant({
    name: "settled-told-from-memory",
    guarantee: "G4",
    defect:
      "Where an earlier attempt had landed, subscribers and cancellers are told the verdict in memory, not the row.",
    file: "src/internal/runs/settling.ts",
    find: "        const { row, status } = outcome",
    replace: "        const { row } = outcome\n        const status = ActiveRun.verdictStatus(run.state)",
    killedBy: "cancelInDoubtApplied"
  }),
  new Mutant({
    name: "cancel-refused-once-sent",
    guarantee: "G2",
    defect: "As soon as one terminal write was sent, a cancel is dropped, though nothing may have been committed.",
    file: "src/internal/runs/activeRun.ts",
    find: "      run.state = { ...state, cancel: { ...request, isSafe: state.sent === 0 } }",
    replace: "      if (state.sent === 0) run.state = { ...state, cancel: { ...request, isSafe: true } }",
    killedBy: "cancelInDoubtNotApplied"
  }),
  new Mutant({
    name: "cancel-in-doubt-answered-from-memory",
    guarantee: "G2",
    defect: "A cancel after a terminal write that is in doubt is answered as if this host decided how the row ends.",
    file: "src/internal/runs/activeRun.ts",
    find: "isSafe: state.sent === 0 }",
    replace: "isSafe: true }",
    killedBy: "cancelWhileAway"
  }),
  new Mutant({
    name: "undurable-cancel-called-durable",
    guarantee: "G2",
    defect: "A cancel that only memory holds is answered as durable.",
    file: "src/internal/runs/settling.ts",
    find: '{ _tag: "Requested", durable: false }',
    replace: '{ _tag: "Requested", durable: true }',
    killedBy: "cancelUndurable"
  }),
  new Mutant({
    name: "throwing-forgets-the-cancel",
    guarantee: "G2",
    defect: "Work that throws has failed, whoever asked it to stop: the error decides, and the cancel is forgotten.",
    file: "src/internal/runs/activeRun.ts",
    find: "    cancel: run.state.cancel,\n    stops:",
    replace: '    cancel: workEnd._tag === "Failed" ? undefined : run.state.cancel,\n    stops:',
    killedBy: "cancelThrows"
  }),
  new Mutant({
    name: "returning-forgets-the-cancel",
    guarantee: "G2",
    defect: "Work that returns has completed, whoever asked it to stop: the cancel is forgotten.",
    file: "src/internal/runs/activeRun.ts",
    find: "    cancel: run.state.cancel,\n    stops:",
    replace: '    cancel: workEnd._tag === "Failed" ? run.state.cancel : undefined,\n    stops:',
    killedBy: "cancelSwallowed"
  }),
  new Mutant({
    name: "cancelled-before-it-stopped",
    guarantee: "G2",
    defect: "A cancel makes the row terminal at once, while the work still executes.",
    file: "src/internal/store/sqliteStatements.ts",
    find: "`CASE WHEN r.status = 'pending' AND r.host_id IS NULL THEN",
    replace: "`CASE WHEN true THEN",
    killedBy: "cancelIgnored"
  }),
  new Mutant({
    name: "cancel-waits-for-the-work",
    guarantee: "G2",
    defect: "A cancel is answered only when the work has stopped, so work that ignores it holds up its caller.",
    file: "src/internal/runs/running.ts",
    find: "Fiber.interruptAsFork(fiber, caller.id())",
    replace: "Fiber.interruptAs(fiber, caller.id())",
    killedBy: "cancelIgnored"
  }),
  new Mutant({
    name: "key-freed-at-cancel-request",
    guarantee: "G8",
    defect: "The key is free as soon as a cancel is recorded, while the work still executes.",
    file: "src/internal/store/sqlIndexes.ts",
    find: "WHERE run_key IS NOT NULL AND",
    replace: "WHERE run_key IS NOT NULL AND cancel_requested_at IS NULL AND",
    killedBy: "cancelKeepsKey"
  }),
  new Mutant({
    name: "pending-cancel-only-recorded",
    guarantee: "G2",
    defect: "A cancel of a pending run that nobody owns is recorded, and nobody is there to carry it out.",
    file: "src/internal/store/sqliteStatements.ts",
    find: "`CASE WHEN r.status = 'pending' AND r.host_id IS NULL THEN",
    replace: "`CASE WHEN false THEN",
    killedBy: "cancelPending"
  }),
  new Mutant({
    name: "own-cancel-taken-for-foreign",
    guarantee: "G10",
    defect: "The repetition of a cancel whose answer was lost takes the row that it has settled itself for a no-op.",
    file: "src/internal/store/sqlRunWrites.ts",
    find: '  return row.settleToken === request.token ? { _tag: "Settled" } : { _tag: "NoOp", status: row.status }',
    replace: '  return { _tag: "NoOp", status: row.status }',
    killedBy: "cancelPending"
  }),
  new Mutant({
    name: "timeout-told-as-the-works-own",
    guarantee: "G12",
    defect: "A timeout is recorded as an interruption by the work itself.",
    file: "src/internal/runs/verdict.ts",
    find: "  if (facts.timedOut) return",
    replace: "  if (facts.timedOut && facts.shuttingDown) return",
    killedBy: "interruptionsTold"
  }),
  new Mutant({
    name: "interrupted-read-as-cancelled",
    guarantee: "G12",
    defect: "Work that ends as interrupted is recorded as cancelled, whoever interrupted it.",
    file: "src/internal/runs/verdict.ts",
    find: '      return failed("WorkInterrupted", "interrupted", "The work was interrupted, and by nobody in the kernel.")',
    replace: '      return { ...failed("WorkInterrupted", "interrupted", "Interrupted."), status: "cancelled" }',
    killedBy: "interruptionsTold"
  }),
  new Mutant({
    name: "shutdown-told-as-timeout",
    guarantee: "G12",
    defect: "The shutdown of the host interrupts work as a timeout does.",
    file: "src/internal/kernel/stopping.ts",
    find: 'stopWork(core, run, "shutdown")',
    replace: 'stopWork(core, run, "timeout")',
    killedBy: "interruptionsTold"
  }),
  new Mutant({
    name: "verdict-lost-in-silence",
    guarantee: "G6",
    defect: "A verdict that could not be written before the exit is dropped without a word.",
    file: "src/internal/kernel/stopping.ts",
    find: "    yield* leaveVerdicts(core, left)\n",
    replace: "",
    killedBy: "verdictLostAtExit"
  }),
  new Mutant({
    name: "shutdown-waits-for-the-first",
    guarantee: "G6",
    defect: "A shutdown waits for the first work that stops, and takes the verdicts of the others with it.",
    file: "src/internal/kernel/stopping.ts",
    find: "    return Effect.zipRight(Deferred.await(core.ended), workEnded(core))",
    replace: "    return Deferred.await(core.ended)",
    killedBy: "shutdownWaitsForAll"
  }),
  new Mutant({
    name: "verdict-lost-at-debug-level",
    guarantee: "G6",
    defect: "The loss of a verdict is told at a level that nobody keeps.",
    file: "src/internal/log/lineWriter.ts",
    find: '    case "VerdictLost":\n      return LogLevel.Error\n',
    replace: '      return LogLevel.Error\n    case "VerdictLost":\n      return LogLevel.Debug\n',
    killedBy: "verdictLostAtExit"
  }),
  new Mutant({
    name: "cancel-from-elsewhere-not-seen",
    guarantee: "G2",
    defect: "A host never looks whether another one has recorded a cancel in its rows.",
    file: "src/internal/hosts/auditing.ts",
    find: "      return acceptFromRow(core, run, row.cancelRequestedAt, row.cancelReason ?? undefined)",
    replace: "      return acceptFromRow === undefined ? abandonRow(core, row) : Effect.void",
    killedBy: "cancelFromAnotherHost"
  }),
  new Mutant({
    name: "end-told-at-cancel-request",
    guarantee: "G4",
    defect: "Who follows a run of another host is told of its end as soon as its row has a cancel.",
    file: "src/internal/runs/following.ts",
    find: "  if (isTerminal(row.status)) {\n    const workOutcome",
    replace: "  if (isTerminal(row.status) || row.cancelRequestedAt !== null) {\n    const workOutcome",
    killedBy: "followedFromAnotherHost"
  }),
  new Mutant({
    name: "found-cancel-is-not-logged",
    guarantee: "G11",
    defect: "A cancel that the lost write met in the row is told to nobody: the log shows a run that nobody cancelled.",
    file: "src/internal/runs/settling.ts",
    find: '        if (isOurs && status === "cancelled" && run.state.cancel === undefined) yield* foundCancelled(core, run)\n',
    replace: "",
    killedBy: "cancelFoundWhenApplied"
  })
]
