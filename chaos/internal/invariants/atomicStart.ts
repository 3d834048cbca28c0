/**
 * G7: when a start succeeds its run is in the database and cancellable; when it fails, its work never
 * began, and its row, if there is one, comes to its end. A start without an answer may have done either,
 * and not both.
 *
 * @since 0.1.0
 */
import type { RunId } from "../../../src/RunId.js"
import { isTerminal } from "../../../src/RunStatus.js"
import type { StoredRun } from "../../../src/RunStore.js"
import { type Checker, Findings } from "./finding.js"
import {
  type Call,
  endingOf,
  errorOf,
  isLeft,
  isUnknown,
  type OperationOf,
  type RunStory,
  rowBefore,
  type Story,
  valueOf
} from "./story.js"

export const atomicStart: Checker = (story) => {
  const found = new Findings("G7", story)
  for (const start of story.starts) {
    succeeded(found, story, start)
    failed(found, story, start)
  }
  withoutStart(found, story)
  unasked(found, story)
  return found.violations
}

const succeeded = (found: Findings, story: Story, start: Call<OperationOf<"Start">>): void => {
  const value = valueOf(start)
  const { answered } = start
  if (value?._tag !== "Started" || answered === undefined) return
  const run = story.runs.get(value.runId)
  const row = run === undefined ? undefined : rowBefore(run, answered.sequence)
  if (row === undefined) {
    found.add(value.runId, "a row when the start succeeds", "none", [start.called, answered])
    return
  }
  const { idempotencyKey, key, name } = start.operation
  if (row.name !== name || (row.key ?? undefined) !== key) {
    found.add(value.runId, `the row of ${name}, key ${key}`, `that of ${row.name}, key ${row.key}`, [answered])
  }
  if (!value.isNew && (idempotencyKey === undefined || row.idempotencyKey !== idempotencyKey)) {
    found.add(value.runId, "a run of the same idempotency key", `one of ${row.idempotencyKey}`, [answered])
  }
}

const failed = (found: Findings, story: Story, start: Call<OperationOf<"Start">>): void => {
  const error = errorOf(start)
  if (error === undefined) return
  for (const run of story.runs.values()) {
    const began = run.begins.find((begin) => begin.start === start.call)
    if (began === undefined) continue
    found.add(run.runId, `no work of a start that failed with ${error.tag}`, "it began", [start.answered, began])
  }
}

/**
 * A row that was active, and that no start was answered with, is that of one in doubt, or of one that another row refused
 * after an attempt in doubt, which landed before its tombstone. Of all others there are tombstones at most.
 */
const unasked = (found: Findings, story: Story): void => {
  const started = new Set<RunId>()
  const inDoubt: Array<Explanation> = []
  const refused: Array<Explanation> = []
  for (const start of story.starts) {
    const value = valueOf(start)
    if (value?._tag === "Started") started.add(value.runId)
    const error = errorOf(start)
    const { name } = start.operation
    if (isUnknown(start) || error?.inDoubt === true) inDoubt.push({ name, other: undefined })
    // One that is answered with a run may have asked again, when the key was held by a start in doubt.
    else if (error === undefined || error.otherId !== undefined) refused.push({ name, other: error?.otherId })
  }
  for (const run of story.runs.values()) {
    const active = run.versions.find(({ row }) => !isTerminal(row.status))
    if (active === undefined || started.has(run.runId)) continue
    if (takeOne(inDoubt, active.row) || (wasInDoubt(story, run) && takeOne(refused, active.row))) continue
    found.add(
      run.runId,
      `no row of a start of ${active.row.name} that was told that nothing was done`,
      active.row.status,
      [active]
    )
  }
}

/** A start that may have left a row of this name, and not the one that it was refused for. */
interface Explanation {
  readonly name: string
  readonly other: RunId | undefined
}

const takeOne = (explanations: Array<Explanation>, { id, name }: StoredRun): boolean => {
  const at = explanations.findIndex((one) => one.name === name && one.other !== id)
  if (at >= 0) explanations.splice(at, 1)
  return at >= 0
}

const wasInDoubt = (story: Story, run: RunStory): boolean =>
  story.lines.some(
    ({ line }) =>
      line._tag === "WriteFailed" &&
      line.failure.operation === "insert" &&
      line.failure.inDoubt &&
      line.runIds.includes(run.runId)
  )

/**
 * A start that is answered in doubt can still run, where its host is gone before the tombstone is written and another one
 * takes the row for one that is to be restarted (a documented limit). Not on its own host, nor in its first attempt.
 */
const isLeftInDoubt = (story: Story, run: RunStory): boolean =>
  run.begins.every((began) => {
    const before = rowBefore(run, began.sequence)
    return (
      began.attempt > 1 &&
      before?.name !== undefined &&
      story.starts.some(
        (start) =>
          start.host !== began.host &&
          start.operation.name === before.name &&
          errorOf(start)?.inDoubt === true &&
          isLeft(story, start.host, began)
      )
    )
  })

/** Rows, and work, that no start was answered with: only failed and unknown starts leave such, and only the latter work. */
const withoutStart = (found: Findings, story: Story): void => {
  const answered = new Set(
    story.starts.flatMap((start) => {
      const value = valueOf(start)
      return value?._tag === "Started" ? [value.runId] : []
    })
  )
  const unknown = story.starts.filter(isUnknown)
  for (const run of story.runs.values()) {
    if (answered.has(run.runId) || run.versions.length === 0) continue
    const [began] = run.begins
    const begunBy = began?.start
    const isExplained =
      begunBy === undefined
        ? unknown.length > 0 || isLeftInDoubt(story, run)
        : unknown.some(({ call }) => call === begunBy)
    if (began !== undefined && !isExplained) {
      found.add(run.runId, "work only of starts that succeeded, or that nobody waited for", "it began", [began])
    }
    const ending = endingOf(run)
    if (began === undefined && ending !== undefined && ending.row.workOutcome !== "notStarted") {
      if (ending.row.workOutcome === "unknown") continue
      const seen = `${ending.row.status}, work ${ending.row.workOutcome}`
      // An interruption may come between the acknowledged row and the first step of the work.
      if (ending.row.workOutcome === "interrupted" && unknown.length > 0) continue
      found.add(run.runId, "a row that says that its work was not started", seen, [ending.entry])
    }
  }
}
