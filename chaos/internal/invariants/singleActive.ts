/**
 * G8: at most one active row for a key at any time, and the works of one key never overlap: the key frees
 * when the run has settled, not when somebody asks to cancel it. An idempotency key, which is for good,
 * lets one work begin at most.
 *
 * @since 0.1.0
 */
import type { RunId } from "../../../src/RunId.js"
import { isTerminal } from "../../../src/RunStatus.js"
import type { StoredRun } from "../../../src/RunStore.js"
import { type Checker, Findings } from "./finding.js"
import { type EntryOf, isLeft, type Story } from "./story.js"

export const singleActive: Checker = (story) => {
  const found = new Findings("G8", story)
  rows(found, story)
  works(found, story)
  return found.violations
}

const keyOf = ({ key, name }: StoredRun): string | undefined => (key === null ? undefined : `${name} ${key}`)

const rows = (found: Findings, story: Story): void => {
  const active = new Map<string, EntryOf<"RowChanged">>()
  for (const entry of story.history.entries) {
    if (entry._tag !== "RowChanged") continue
    const key = keyOf(entry.row)
    if (key === undefined) continue
    const holder = active.get(key)
    if (isTerminal(entry.row.status)) {
      if (holder?.row.id === entry.row.id) active.delete(key)
      continue
    }
    if (holder !== undefined && holder.row.id !== entry.row.id) {
      const seen = `that of run ${holder.row.id} is active as well`
      found.add(entry.row.id, `one active row for ${key}`, seen, [holder, entry], [holder.row.id])
    }
    active.set(key, entry)
  }
}

const works = (found: Findings, story: Story): void => {
  const rowOf = (runId: RunId) => story.runs.get(runId)?.versions[0]?.row
  const running = new Map<string, EntryOf<"WorkBegan">>()
  const done = new Map<string, EntryOf<"WorkBegan">>()
  for (const entry of story.history.entries) {
    if (entry._tag !== "WorkBegan" && entry._tag !== "WorkEnded") continue
    const row = rowOf(entry.runId)
    const key = row === undefined ? undefined : keyOf(row)
    const once = row?.idempotencyKey == null ? undefined : `${row.name} ${row.idempotencyKey}`
    if (entry._tag === "WorkEnded") {
      const now = key === undefined ? undefined : running.get(key)
      if (key !== undefined && now?.runId === entry.runId && now.attempt === entry.attempt) running.delete(key)
      continue
    }
    const other = key === undefined ? undefined : running.get(key)
    // A host that was closed while its work ignored it, or fenced, cannot stop that work at once: another has the row.
    if (other !== undefined && !isLeft(story, other.host, entry)) {
      found.add(
        entry.runId,
        `no other work for ${key}`,
        `that of run ${other.runId} goes on`,
        [other, entry],
        [other.runId]
      )
    }
    const before = once === undefined ? undefined : done.get(once)
    if (before !== undefined && before.runId !== entry.runId) {
      const seen = `a second one began; the first was run ${before.runId}`
      found.add(entry.runId, `one work for the idempotency key of ${once}`, seen, [before, entry], [before.runId])
    }
    if (key !== undefined) running.set(key, entry)
    if (once !== undefined) done.set(once, entry)
  }
}
