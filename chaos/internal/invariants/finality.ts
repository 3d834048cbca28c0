/**
 * G3: a terminal row never changes, and never goes away. (A host that deletes rows by hand does what it
 * likes; a history of Holdfast has none of that.)
 *
 * @since 0.1.0
 */
import { type Checker, Findings } from "./finding.js"
import { endingOf } from "./story.js"

export const finality: Checker = (story) => {
  const found = new Findings("G3", story)
  for (const run of story.runs.values()) {
    const ending = endingOf(run)
    if (ending === undefined) continue
    const { entry, row } = ending
    const later = run.versions.find(({ sequence }) => sequence > entry.sequence)
    if (later !== undefined) {
      const changed = Object.entries(later.row)
        .filter(([column, value]) => row[column as keyof typeof row] !== value)
        .map(([column, value]) => `${column} to ${JSON.stringify(value)}`)
      found.add(run.runId, `the row to stay ${row.status} as it was`, `it changed ${changed.join(", ")}`, [
        entry,
        later
      ])
    }
    if (run.deleted !== undefined && run.deleted.sequence > entry.sequence) {
      found.add(run.runId, `the row to stay ${row.status}`, "it was deleted", [entry, run.deleted])
    }
  }
  return found.violations
}
