/**
 * Mutants that leave somebody waiting, or let work begin that must not.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

export const waiters: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "second-cancel-is-not-answered",
    guarantee: "G2",
    defect: "The answer to a cancel goes to who asked first, and nobody is left to answer another.",
    file: "src/internal/runs/cancelling.ts",
    find: "          return Effect.zipRight(record(core, run), restore(awaitAnswer(core, run, reason)))",
    replace: "          return restore(awaitAnswer(core, run, reason))",
    killedBy: "cancelTwice"
  }),
  new Mutant({
    name: "lease-of-another-identity",
    guarantee: "G8",
    defect: "Work begins since some identity of this host holds a lease, though its row names one that was fenced.",
    file: "src/internal/runs/launching.ts",
    find: "run.hostId !== core.lease.hostId() || ",
    replace: "",
    killedBy: "fencedStart"
  }),
  new Mutant({
    name: "cancel-waits-for-a-closed-kernel",
    guarantee: "G2",
    defect: "A cancel waits for the answer of a writer that has ended.",
    file: "src/internal/runs/cancelling.ts",
    find: "    if (core.isClosed) return Effect.fail(new KernelStopped({ inDoubt: true }))",
    replace: "",
    killedBy: "cancelAfterClose"
  })
]
