/**
 * Mutants of how a verdict gets to the database.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

export const persistence: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "failed-write-becomes-failed-run",
    guarantee: "G1",
    defect: "The catch around the success write records the run as failed: one try for work and write.",
    file: "src/internal/writeLane.ts",
    find: "    for (const waiting of sent) waiting.lastFailure = failure\n    if (!this.options.isRetried)",
    replace:
      '    for (const waiting of sent) {\n      waiting.lastFailure = failure\n      waiting.job.reshape?.(Object.assign(failure, { code: "SQLITE_TOOBIG" }) as StoreFailure)\n    }\n    if (!this.options.isRetried)',
    killedBy: "transientCompletion"
  })
]
