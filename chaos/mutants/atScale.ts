/**
 * Mutants that only show where many runs are there at once.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

export const atScale: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "key-checked-then-inserted",
    guarantee: "G8",
    defect: "No index guards the key: a check before the insert is all there is, and two starts pass it at once.",
    file: "src/internal/store/sqlIndexes.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source
    find: "`CREATE UNIQUE INDEX ${prefix}runs_active_key",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source
    replace: "`CREATE INDEX ${prefix}runs_active_key",
    killedBy: "tenThousand"
  }),
  new Mutant({
    name: "log-written-in-pieces",
    guarantee: "G11",
    defect: "A long line is written in pieces, with others between them.",
    file: "src/RunLog.ts",
    find: "ndjson((text) => process.stdout.write(text))",
    replace:
      "ndjson((text) => { const go = (at) => { process.stdout.write(text.slice(at, at + 4096)); if (at + 4096 < text.length) setImmediate(go, at + 4096) }; go(0) })",
    killedBy: "pipedLog"
  })
]
