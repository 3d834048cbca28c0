/**
 * Rows of runs as a table for people and as JSON for programs.
 *
 * @since 0.1.0
 */
import type { Run } from "../Run.js"
import { columns, cut, duration, printable, time } from "./printing.js"

/** What matters less stands where a narrow terminal cuts. */
const head = ["ID", "STATUS", "NAME", "PROGRESS", "KEY", "TOOK", "BEGAN"]
const cellMax = 32

const cell = (text: string | undefined): string => cut(printable(text ?? ""), cellMax)

/** With its heading; `now` is what active runs are measured against, in milliseconds. */
export const runTable = (runs: ReadonlyArray<Run>, now: number): ReadonlyArray<string> =>
  columns([
    head,
    ...runs.map((run) => [
      run.id,
      statusOf(run),
      cell(run.name),
      progressOf(run),
      cell(run.key),
      duration(Math.max(0, (run.finishedAt ?? now) - (run.startedAt ?? run.createdAt))),
      time(run.createdAt)
    ])
  ])

/** What the row says, and what it does not say by its status alone. */
export const statusOf = (run: Run): string => {
  if (run.failure !== undefined) return `${run.status} (${run.failure.reason})`
  return run.cancelRequestedAt !== undefined && run.finishedAt === undefined
    ? `${run.status}, cancel requested`
    : run.status
}

export const progressOf = ({ progress }: Run): string => {
  if (progress === undefined) return ""
  const { current, step, total } = progress
  const far = total === undefined || total <= 0 ? String(current) : `${current}/${total}`
  return cut(printable(step === undefined ? far : `${far} ${step}`), cellMax)
}
