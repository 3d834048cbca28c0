/**
 * Violations as text that a person reads: one line per step, with its time and who did it. Ids are cut to
 * their last digits, which differ; the first line has the whole id.
 *
 * @since 0.1.0
 */
import type { StoredRun } from "../../../src/RunStore.js"
import type { Entry, Operation } from "../../History.js"
import type { Violation } from "./finding.js"

/** The last so many: what led there is near the end. */
const stepsMax = 60

export const renderViolation = ({ expected, guarantee, runId, seen, steps }: Violation): string => {
  const where = runId === undefined ? "" : ` (run ${runId})`
  const left = steps.length - stepsMax
  return [
    `${guarantee}${where} does not hold.`,
    `  expected: ${expected}`,
    `  seen:     ${seen}`,
    ...(left > 0 ? [`    … ${left} steps before these`] : []),
    ...steps.slice(-stepsMax).map((step) => `    ${renderEntry(step)}`)
  ].join("\n")
}

const renderEntry = (entry: Entry): string =>
  `#${String(entry.sequence).padEnd(4)} ${String(Math.round(entry.at)).padStart(7)} ms  ${describe(entry)}`

const describe = (entry: Entry): string => {
  switch (entry._tag) {
    case "Called":
      return `call ${entry.call} on ${entry.host}: ${describeOperation(entry.operation)}`
    case "Answered":
      return `call ${entry.call} answered: ${compact(entry.answer)}`
    case "Told":
      return `subscriber ${entry.call} told: ${compact(entry.event)}`
    case "WorkBegan":
      return `work of ${short(entry.runId)} began on ${entry.host}`
    case "WorkEnded":
      return `work of ${short(entry.runId)} ended: ${compact(entry.exit)}`
    case "RowChanged":
      return `row of ${short(entry.row.id)} is now ${describeRow(entry.row)}`
    case "RowDeleted":
      return `row of ${short(entry.runId)} is gone`
    case "Logged":
      return `log of ${entry.host}: ${compact(entry.line)}`
    case "Marked":
      return `-- ${entry.mark._tag}${"host" in entry.mark ? ` ${entry.mark.host}` : ""}`
  }
}

const describeOperation = (operation: Operation): string => {
  const { _tag, ...fields } = operation
  return `${_tag} ${compact(fields)}`
}

const describeRow = (row: StoredRun): string => {
  const cancel = row.cancelRequestedAt === null ? "" : ", cancel recorded"
  const end = row.workOutcome === null ? "" : `, work ${row.workOutcome}`
  const error = row.error === null ? "" : `, ${row.error}`
  return `${row.status}${end}${cancel}${error}`
}

const short = (id: string): string => `…${id.slice(-6)}`

/** JSON without what every line repeats, and with ids cut short. */
const compact = (value: object): string =>
  JSON.stringify(value, (key, field) => (key === "holdfast" || key === "at" ? undefined : field)).replace(
    /"[0-9a-f]{8}-[0-9a-f-]{21}([0-9a-f]{6})"/g,
    '"…$1"'
  )
