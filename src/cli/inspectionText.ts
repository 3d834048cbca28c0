/**
 * An inspection as text: a summary, what holds, and each violation with its lines.
 *
 * @since 0.1.0
 */
import { Guarantee } from "../RunHistory.js"
import * as RunReport from "../RunReport.js"
import type { Inspection } from "./inspection.js"
import { columns, count, duration, plural, printable } from "./printing.js"

/** Violations that are printed in full; `--json` has more. */
const findingsMax = 50

export const violationCount = ({ report }: Inspection): number =>
  Object.values(report.violationCounts).reduce((sum, one) => sum + one, 0)

export const inspectionText = (inspection: Inspection): string =>
  [
    headline(inspection),
    "",
    ...columns(summary(inspection)),
    ...timelineText(inspection),
    "",
    ...columns(guarantees(inspection)),
    ...violations(inspection)
  ].join("\n")

const headline = ({ foreignCount, report, tornCount }: Inspection): string => {
  const span = report.span === undefined ? 0 : report.span.to - report.span.from
  const parts = [
    `${plural(report.lineCount, "line")} of the kernel over ${duration(span)}`,
    ...(foreignCount === 0 ? [] : [`${count(foreignCount)} of others`]),
    ...(tornCount === 0 ? [] : [tornCount === 1 ? "the last one is torn" : `${tornCount} logs end in a torn one`])
  ]
  return `${printable(report.title)}: ${parts.join(", ")}`
}

const summary = ({ compared, report }: Inspection): ReadonlyArray<ReadonlyArray<string>> => {
  const rows: Array<ReadonlyArray<string>> = []
  const states = Object.entries(report.states)
    .sort(([, a], [, b]) => b - a)
    .map(([state, number]) => `${count(number)} ${state}`)
  rows.push(["runs", count(report.runCount), states.join(", ")])
  const stopped = report.hosts.filter(({ stoppedAt }) => stoppedAt !== undefined).length
  const silent = report.hosts.length - stopped
  rows.push([
    "hosts",
    count(report.hosts.length),
    [`${stopped} stopped`, ...(silent === 0 ? [] : [`${silent} without an end in the log`])].join(", ")
  ])
  const faultCount = report.faults.reduce((sum, { count }) => sum + count, 0)
  const kinds = report.faults.slice(0, 4).map((kind) => `${count(kind.count)} ${faultName(kind)}`)
  rows.push(["database failures", count(faultCount), [...kinds, ...(report.faults.length > 4 ? ["…"] : [])].join(", ")])
  rows.push(["work", "", latencies(report.work)])
  rows.push(["until stored", "", latencies(report.settling)])
  if (compared !== undefined) {
    rows.push([
      "rows compared",
      count(compared.count),
      compared.missing === 0 ? "" : `${compared.missing} are not there`
    ])
  }
  return rows
}

const faultName = ({ class: failureClass, code, operation }: RunReport.Faults): string =>
  printable([operation, failureClass, ...(code === undefined ? [] : [code])].join(" "))

const latencies = (times: RunReport.Durations): string =>
  times.count === 0
    ? "none ended"
    : `half within ${duration(RunReport.quantile(times, 0.5))}, 99 % within ${duration(RunReport.quantile(times, 0.99))}, longest ${duration(times.maxMillis)}`

const timelineText = ({ timeline }: Inspection): ReadonlyArray<string> =>
  timeline.length === 0 ? [] : ["", ...timeline.map(quote)]

const guarantees = ({ report }: Inspection): ReadonlyArray<ReadonlyArray<string>> =>
  Guarantee.literals.map((guarantee) => {
    const found = report.violationCounts[guarantee] ?? 0
    return [guarantee, RunReport.titles[guarantee], found === 0 ? "kept" : plural(found, "violation")]
  })

const quote = ({ place, text }: RunReport.Quote): string => printable(place === undefined ? text : `${place}  ${text}`)

const violations = (inspection: Inspection): ReadonlyArray<string> => {
  const { findings } = inspection.report
  const total = violationCount(inspection)
  if (total === 0) return []
  const shown = findings.slice(0, findingsMax)
  const left = total - shown.length
  return [
    "",
    plural(total, "violation"),
    ...shown.flatMap(({ expected, found, guarantee, quotes, runId }) => [
      "",
      `${guarantee}${runId === undefined ? "" : ` of run ${runId}`}`,
      printable(`  expected ${expected}`),
      printable(`  found ${found}`),
      ...quotes.map((one) => `    ${quote(one)}`)
    ]),
    ...(left === 0
      ? []
      : ["", `${plural(left, "more violation")}. --json has the first thousand, --run ID those of one run.`])
  ]
}
