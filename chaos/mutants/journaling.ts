/**
 * Mutants of the verdict journal: what is not put into it, not taken out of it, or taken for something else.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

export const journaling: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "shutdown-walks-past-the-journal",
    guarantee: "G6",
    defect: "What a shutdown cannot write is logged as lost, though there is a journal for it.",
    file: "src/internal/journal/journaling.ts",
    find: "    if (keeper === undefined) return Effect.succeed(new Set())",
    replace: "    if (keeper === undefined || core.isClosed) return Effect.succeed(new Set())",
    killedBy: "journaledAtShutdown"
  }),
  new Mutant({
    name: "parked-verdict-in-memory-only",
    guarantee: "G6",
    defect: "Only a shutdown writes the journal: a verdict that is parked is gone with a process that is killed.",
    file: "src/internal/runs/settling.ts",
    find: "    yield* Journaling.keep(core, run)\n",
    replace: "",
    killedBy: "journaledWhenParked"
  }),
  new Mutant({
    name: "journal-keeps-the-first-verdict",
    guarantee: "G6",
    defect: "A cancel that comes after a verdict was journaled does not get into the journal.",
    file: "src/internal/runs/cancelling.ts",
    find: '    if (found === "ended") yield* Journaling.keep(core, run)\n',
    replace: "",
    killedBy: "journaledWhenParked"
  }),
  new Mutant({
    name: "recovery-before-replay",
    guarantee: "G6",
    defect: "A host that comes back judges the runs of its former self as lost, and reads its journal afterwards.",
    file: "src/internal/kernel/kernelMaking.ts",
    find: "    if (journal !== undefined) yield* replay(",
    replace: "    yield* Recovering.start(made, opening.openRetry)\n    if (journal !== undefined) yield* replay(",
    killedBy: "replayedBeforeRecovery"
  }),
  new Mutant({
    name: "torn-line-spoils-the-journal",
    guarantee: "G6",
    defect: "A journal whose last line is torn counts as unreadable, with all that is in it.",
    file: "src/internal/journal/journalLines.ts",
    find: '  if (last === "") return { entries, bad, isTorn: false }',
    replace: '  if (last !== "") return { entries: [], bad, isTorn: true }',
    killedBy: "tornJournal"
  }),
  new Mutant({
    name: "checksum-is-not-looked-at",
    guarantee: "G1",
    defect: "A line of the journal is believed, whatever the disk has made of it.",
    file: "src/internal/journal/journalLines.ts",
    find: "  if (sum !== expected) return",
    replace: "  if (sum === undefined) return",
    killedBy: "damagedJournal"
  }),
  new Mutant({
    name: "journal-is-tried-once",
    guarantee: "G6",
    defect: "A verdict that the journal did not take at once is never offered to it again.",
    file: "src/internal/journal/journaling.ts",
    find: "        Effect.delay(working(core, keeper, attempt + 1), delay)",
    replace: "        Effect.void",
    killedBy: "fullJournalDisk"
  }),
  new Mutant({
    name: "one-entry-keeps-out-the-others",
    guarantee: "G6",
    defect: "The journal is offered all that waits in one append, however often it refuses that.",
    file: "src/internal/journal/journaling.ts",
    find: "Math.ceil(queue.length / 2 ** attempt)",
    replace: "Math.ceil(queue.length / 2 ** Math.min(attempt, 0))",
    killedBy: "littleRoomInJournal"
  }),
  new Mutant({
    name: "overruled-verdict-dropped-in-silence",
    guarantee: "G6",
    defect: "A replay that changes no row counts as done, and the verdict is gone without a word.",
    file: "src/internal/journal/replaying.ts",
    find: "    isOurs || status === settlement.status\n",
    replace: "    isOurs || status !== undefined\n",
    killedBy: "replayOverruled"
  }),
  new Mutant({
    name: "tombstone-journaled-as-a-verdict",
    guarantee: "G7",
    defect: "The journal keeps of a start in doubt that it failed, and not what would keep its insert from landing.",
    file: "src/internal/journal/journaling.ts",
    find: '  return [run.state.entomb ? { _tag: "Tombstone", run: run.newRun, settlement } : { _tag: "Settlement", settlement }]',
    replace: '  return [{ _tag: "Settlement", settlement }]',
    killedBy: "journaledTombstone"
  })
]
