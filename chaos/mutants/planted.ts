/**
 * Bugs that are planted for the explorers to find, and that no scenario was written for: one that needs
 * an order of fibers, one that needs a sequence of faults, one in the life of a kernel, one in the death of
 * its process. They measure exploration; they are not among `mutants`, each of which has a scenario of its own.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

export const planted: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "cancel-looks-then-waits",
    guarantee: "G2",
    defect:
      "A cancel looks whether its run has settled, gives the writer a few turns, and only then waits: for ever, where the run settled in between.",
    file: "src/internal/runs/cancelling.ts",
    find: `    run.cancelWaiters.push(waiter)
    const leave = Effect.sync(() => {
      run.cancelWaiters = run.cancelWaiters.filter((other) => other !== waiter)
    })
    return Deferred.await(waiter).pipe(`,
    replace: `    const enter = Effect.sync(() => run.cancelWaiters.push(waiter))
    const leave = Effect.sync(() => {
      run.cancelWaiters = run.cancelWaiters.filter((other) => other !== waiter)
    })
    return Effect.repeatN(Effect.yieldNow(), 3).pipe(
      Effect.zipRight(enter),
      Effect.zipRight(Deferred.await(waiter)),`,
    killedBy: "livesInMemory"
  }),
  new Mutant({
    name: "last-failure-decides-the-doubt",
    guarantee: "G2",
    defect:
      "A cancel counts as in time where the last attempt surely changed nothing, though the answer of an earlier one was lost.",
    file: "src/internal/runs/settling.ts",
    find: "  return mark?.isSafe === true\n",
    replace: "  return mark?.isSafe === true || (mark !== undefined && !failure.inDoubt)\n",
    killedBy: "livesInMemory"
  }),
  new Mutant({
    name: "foreign-cancel-forgotten-at-shutdown",
    guarantee: "G2",
    defect:
      "The shutdown answers all who wait for runs of this host, and forgets who asked to cancel a run of another one.",
    file: "src/internal/kernel/stopping.ts",
    find: "[...core.rowCancels.values()]) giveUp(",
    replace: "[...core.rowCancels.values()].slice(core.rowCancels.size)) giveUp(",
    killedBy: "livesInMemory"
  }),
  new Mutant({
    name: "journal-written-at-the-end",
    guarantee: "G6",
    defect: "A verdict that is parked is said to be in the journal, and gets there when the kernel is closed.",
    file: "src/internal/journal/journaling.ts",
    find: "    if (entries.size > 0) {\n",
    replace: `    if (!core.isClosed) {
      for (const run of runs) keeper.waiting.delete(run)
      for (const [{ hostId, id }, { settlement }] of entries) {
        yield* core.log({
          _tag: "VerdictJournaled",
          runId: id,
          hostId,
          journal: keeper.journal.name,
          verdict: settlement.status,
          workOutcome: settlement.workOutcome
        })
      }
      return undefined
    }
    if (entries.size > 0) {
`,
    killedBy: "livesInMemory"
  })
]
