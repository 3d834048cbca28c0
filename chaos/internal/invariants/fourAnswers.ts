/**
 * G10: no-op, not found, not mine and failed are four answers. What a caller was told must have been so
 * at some moment of the call; the other half, what cancels say, stands with G2.
 *
 * @since 0.1.0
 */
import type { Run } from "../../../src/Run.js"
import { isTerminal } from "../../../src/RunStatus.js"
import type { StoredRun } from "../../../src/RunStore.js"
import type { Entry } from "../../History.js"
import { type Checker, Findings } from "./finding.js"
import { type Call, errorOf, type RunStory, rowsBetween, type Story, valueOf } from "./story.js"

export const fourAnswers: Checker = (story) => {
  const found = new Findings("G10", story)
  for (const run of story.runs.values()) {
    for (const call of [...run.cancels, ...run.gets, ...run.waits]) notFound(found, run, call)
    for (const call of run.cancels) ofNothing(found, run, call)
    for (const call of run.gets) {
      const value = valueOf(call)
      if (value?._tag === "Found") asItWas(found, story, call, value.run)
    }
  }
  for (const call of story.calls) {
    const value = valueOf(call)
    if (value?._tag === "Listed") for (const run of value.runs) asItWas(found, story, call, run)
  }
  for (const start of story.starts) inTheWay(found, story, start)
  return found.violations
}

/** Not found: there was a moment without a row. */
const notFound = (found: Findings, run: RunStory, call: Call): void => {
  const { answered, called } = call
  if (answered === undefined || errorOf(call)?.tag !== "RunNotFound") return
  if (rowsBetween(run, called, answered).includes(undefined)) return
  const row = rowsBetween(run, called, answered).at(-1)
  found.add(
    run.runId,
    `an answer of a run that is there to ${call.operation._tag}`,
    `RunNotFound, and it is ${row?.status}`,
    [answered]
  )
}

/** Nothing can be cancelled that never was. */
const ofNothing = (found: Findings, run: RunStory, call: Call): void => {
  const value = valueOf(call)
  if (value?._tag !== "Cancelled" || run.versions.length > 0 || run.start !== undefined) return
  found.add(run.runId, "RunNotFound for an id that nobody knows", value.answer._tag, [call.answered])
}

/** What was read is what the row was at some moment of the call. */
const asItWas = (found: Findings, story: Story, call: Call, read: Run): void => {
  const run = story.runs.get(read.id)
  const rows = run === undefined ? [] : rowsBetween(run, call.called, call.answered as Entry)
  if (rows.some((row) => row !== undefined && isEqual(row, read))) return
  const was = rows.map((row) => row?.status ?? "not there").join(", then ")
  found.add(
    read.id,
    `${call.operation._tag} to give the row as it was: ${was}`,
    `${read.status}, work ${read.workOutcome}`,
    [call.answered]
  )
}

const isEqual = (row: StoredRun, read: Run): boolean =>
  row.status === read.status &&
  row.name === read.name &&
  row.attempt === read.attempt &&
  (row.key ?? undefined) === read.key &&
  (row.hostId ?? undefined) === read.hostId &&
  (row.finishedAt ?? undefined) === read.finishedAt &&
  (row.workOutcome ?? undefined) === read.workOutcome &&
  (row.cancelRequestedAt ?? undefined) === read.cancelRequestedAt

/** A start that was refused names what was in its way, and it was. */
const inTheWay = (found: Findings, story: Story, start: Story["starts"][number]): void => {
  const error = errorOf(start)
  const { answered, called, operation } = start
  if (error?.otherId === undefined || answered === undefined) return
  const other = story.runs.get(error.otherId)
  const rows = other === undefined ? [] : rowsBetween(other, called, answered)
  const isThere = rows.some(
    (row) =>
      row !== undefined &&
      (error.tag === "RunAlreadyActive"
        ? row.key === operation.key && !isTerminal(row.status)
        : row.idempotencyKey === operation.idempotencyKey)
  )
  if (isThere) return
  const was = rows.map((row) => row?.status ?? "not there").join(", then ")
  found.add(error.otherId, `${error.tag} only while that run stands in the way`, `it was ${was || "not there"}`, [
    answered
  ])
}
