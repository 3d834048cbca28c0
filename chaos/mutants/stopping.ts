/**
 * Mutants of the shutdown: what it waits for, and what it tells those whose calls it meets.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

export const stopping: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "shutdown-keeps-starts-waiting",
    guarantee: "G5",
    defect: "A start that waits for its insert is not told of the shutdown before the database answers.",
    file: "src/internal/kernel/stopping.ts",
    find: "    for (const id of [...core.inserts.keys()]) answerInsert(core, id, Effect.fail(stopped(core.runs.get(id))))\n",
    replace: "",
    killedBy: "startInFlightAtShutdown"
  }),
  new Mutant({
    name: "shutdown-hides-a-sent-insert",
    guarantee: "G7",
    defect: "A start that meets a shutdown is told that nothing was done, though its insert was sent and may land.",
    file: "src/internal/kernel/kernelCore.ts",
    find: "new KernelStopped({ inDoubt: run?.isInsertSent === true })",
    replace: "new KernelStopped({ inDoubt: run === undefined })",
    killedBy: "startInFlightAtShutdown"
  }),
  new Mutant({
    name: "shutdown-waits-for-nobody",
    guarantee: "G5",
    defect: "A shutdown is not told that a start is gone, whose insert was never sent, and waits out its grace.",
    file: "src/internal/kernel/kernelCore.ts",
    find: "    unregister(core, run)\n    wakeShutdown(core)\n",
    replace: "    unregister(core, run)\n",
    killedBy: "startUnsentAtShutdown"
  }),
  new Mutant({
    name: "shutdown-hides-a-sent-cancel",
    guarantee: "G2",
    defect: "A cancel that was sent to the row when its kernel shuts down is told as one that was never asked for.",
    file: "src/internal/runs/cancelling.ts",
    find: "        isSent = true\n",
    replace: "",
    killedBy: "cancelSentAtShutdown"
  }),
  new Mutant({
    name: "shutdown-leaves-a-take-over",
    guarantee: "G5",
    defect:
      "A shutdown does not wait for a take-over that is on its way: what it brings belongs to a host that is gone.",
    file: "src/internal/kernel/stopping.ts",
    find: "if (!isBusy && !core.isTakingOver) return Effect.void",
    replace: "if (!isBusy) return Effect.void",
    killedBy: "takeOverAtShutdown"
  }),
  new Mutant({
    name: "audit-adopts-at-shutdown",
    guarantee: "G6",
    defect: "An audit takes a run that a take-over has left, though the shutdown waits for nothing of it any more.",
    file: "src/internal/hosts/adopting.ts",
    find: "      if (core.isClosed || (core.isStopping && !core.isTakingOver)) return\n",
    replace: "",
    killedBy: "takeOverLostAtShutdown"
  })
]
