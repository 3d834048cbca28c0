/**
 * The report as one HTML page. Everything that comes from the log is escaped; and should that ever fail,
 * the page's own policy lets no script run but the one that is written here.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as DateTime from "effect/DateTime"
import type { Guarantee } from "../../RunHistory.js"
import type { Finding, Report } from "../../RunReport.js"
import { guaranteeTitles } from "./guaranteeTitles.js"
import { bounds, type Latencies } from "./latencies.js"
import { reportScript } from "./reportScript.js"
import { reportStyle } from "./reportStyle.js"

/** Violations that stand on the page in full. */
const findingsMax = 100

/** @internal */
export const reportPage = (report: Report): string => {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${createHash("sha256").update(reportScript).digest("base64")}'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(report.title)}: Holdfast report</title>
<style>${reportStyle}</style>
</head>
<body><main>
${headline(report)}
${violations(report)}
${summary(report)}
${runs(report)}
</main>
<script type="application/json" id="data">${jsonText(dataOf(report))}</script>
<script>${reportScript}</script>
</body>
</html>
`
}

// -- text that cannot be taken for anything else -----------------------------------------------------------

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

/** JSON inside a script element: nothing in it can end the element. */
const jsonText = (value: unknown): string => JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, unicodeEscape)

const unicodeEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

// -- parts -------------------------------------------------------------------------------------------------

const count = (number: number): string => number.toLocaleString("en-US")

/** As wide as a bar of a chart. */
/** Four characters at most, so that the bars of a histogram have room for it. */
const short = (number: number): string => {
  if (number < 1_000) return String(number)
  const [unit, by] = number < 999_500 ? ["k", 1_000] : ["M", 1_000_000]
  return `${(number / by).toFixed(number / by < 9.95 ? 1 : 0)}${unit}`
}

const duration = (millis: number): string => {
  if (millis < 1_000) return `${Math.round(millis)} ms`
  if (millis < 120_000) return `${(millis / 1_000).toFixed(millis % 1_000 === 0 ? 0 : 1)} s`
  return millis < 7_200_000 ? `${Math.round(millis / 60_000)} min` : `${Math.round(millis / 3_600_000)} h`
}

const total = (counts: Readonly<Partial<Record<string, number>>>): number =>
  Object.values(counts).reduce((sum: number, one) => sum + (one ?? 0), 0)

const time = (millis: number): string => DateTime.formatIso(DateTime.unsafeMake(millis))

const headline = ({ lineCount, span, title, violationCounts }: Report): string => {
  const found = total(violationCounts)
  const verdict =
    found === 0
      ? '<p class="verdict good">✓ Every guarantee that the log can show was kept</p>'
      : `<p class="verdict bad">✗ ${count(found)} ${found === 1 ? "violation" : "violations"}</p>`
  const when =
    span === undefined ? "" : `, from ${time(span.from)} to ${time(span.to)} (${duration(span.to - span.from)})`
  return `<h1>${escape(title)}</h1><p class="quiet">${count(lineCount)} lines of Holdfast kernels${when}</p>${verdict}`
}

const violations = ({ findings, violationCounts }: Report): string => {
  if (findings.length === 0) return ""
  const shown = findings.slice(0, findingsMax)
  const left = total(violationCounts) - shown.length
  const more =
    left > 0 ? `<p class="quiet">And ${count(left)} more. <code>holdfast inspect --json</code> has them.</p>` : ""
  return `<h2>Violations</h2>${shown.map(violation).join("")}${more}`
}

const violation = ({ expected, found, guarantee, quotes, runId }: Finding, index: number): string => {
  const where = runId === undefined ? "" : ` <span class="mono quiet">${escape(runId)}</span>`
  const lines = quotes.map(({ place, text }) => escape(place === undefined ? text : `${place}  ${text}`)).join("\n")
  return `<details${index < 3 ? " open" : ""}><summary><strong>${guarantee} ${guaranteeTitles[guarantee]}</strong>${where}<br>expected ${escape(expected)}; found ${escape(found)}</summary><pre>${lines}</pre></details>`
}

const card = (title: string, body: string): string => `<section class="card"><h3>${title}</h3>${body}</section>`

const table = (rows: ReadonlyArray<readonly [string, string]>): string =>
  `<table>${rows.map(([name, value]) => `<tr><td>${name}</td><td>${value}</td></tr>`).join("")}</table>`

const summary = (report: Report): string => {
  const { faults, hosts, runCount, settling, states, violationCounts, work } = report
  const byState = Object.entries(states).sort(([, a], [, b]) => b - a)
  const kinds = faults.slice(0, 12).map((kind): readonly [string, string] => {
    const name = [kind.operation, kind.class, kind.code ?? ""].join(" ")
    return [escape(name), count(kind.count)]
  })
  const guarantees = Object.entries(guaranteeTitles).map(([guarantee, title]): readonly [string, string] => {
    const found = violationCounts[guarantee as Guarantee] ?? 0
    return [
      `${guarantee} ${title}`,
      found === 0 ? '<span class="completed">kept</span>' : `<span class="failed">${count(found)}</span>`
    ]
  })
  const ends = hosts.map(({ hostId, stoppedAt, unwritten }): readonly [string, string] => [
    `<span class="mono">${escape(hostId)}</span>`,
    stoppedAt === undefined ? "no end in the log" : unwritten === 0 ? "stopped" : `stopped, ${unwritten} unwritten`
  ])
  const hostsMax = 8
  const more = ends.length > hostsMax ? `<p class="quiet">and ${count(ends.length - hostsMax)} more</p>` : ""
  return `<h2>Summary</h2><div class="cards">
${card(`${count(runCount)} ${runCount === 1 ? "run" : "runs"}`, table(byState.map(([state, number]) => [`<span class="${state}">${state}</span>`, count(number)])))}
${card("Guarantees", table(guarantees))}
${card(`${count(faults.reduce((sum, kind) => sum + kind.count, 0))} failures of the database`, kinds.length === 0 ? '<p class="quiet">none</p>' : table(kinds))}
${card("How long the work took", histogram(work))}
${card("From its end until it was stored", histogram(settling))}
${card(`${count(hosts.length)} ${hosts.length === 1 ? "host" : "hosts"}`, table(ends.slice(0, hostsMax)) + more)}
</div>`
}

/** Bars from the first bucket that has any to the last, each with its count and its bound. */
const histogram = ({ count: all, counts, maxMillis }: Latencies): string => {
  if (all === 0) return '<p class="quiet">none ended</p>'
  const first = counts.findIndex((one) => one > 0)
  const last = counts.findLastIndex((one) => one > 0)
  const shown = counts.slice(first, last + 1)
  const most = Math.max(...shown)
  const width = 320 / shown.length
  // Seven labels have room side by side.
  const labelStep = Math.ceil(shown.length / 7)
  const bars = shown.map((one, index) => {
    const height = one === 0 ? 0 : Math.max(1, (84 * one) / most)
    const bound = bounds[first + index]
    const label = bound === undefined ? "more" : duration(bound)
    const barWidth = Math.min(60, width - 2)
    const middle = (index * width + width / 2).toFixed(1)
    const left = (index * width + (width - barWidth) / 2).toFixed(1)
    const bar = `<rect x="${left}" y="${(100 - height).toFixed(1)}" width="${barWidth.toFixed(1)}" height="${height.toFixed(1)}"/>`
    const number =
      one === 0 ? "" : `<text x="${middle}" y="${(96 - height).toFixed(1)}" text-anchor="middle">${short(one)}</text>`
    return `${bar}${number}<text x="${middle}" y="113" text-anchor="middle">${index % labelStep === 0 ? label : ""}</text>`
  })
  return `<svg class="chart" viewBox="0 0 320 118" role="img" aria-label="${count(all)} durations, the longest ${duration(maxMillis)}">${bars.join("")}</svg><p class="quiet">Each bar: up to the time below it. The longest took ${duration(maxMillis)}.</p>`
}

const heads: ReadonlyArray<readonly [string, string, string]> = [
  ["name", "Name", ""],
  ["key", "Key", "wide"],
  ["id", "Id", "wide"],
  ["state", "State", ""],
  ["work", "Work", "number"],
  ["store", "Stored in", "number wide"],
  ["attempts", "Writes", "number wide"],
  ["began", "Time line", ""]
]

const runs = ({ entries, runCount }: Report): string => {
  const some =
    entries.length < runCount
      ? `<p class="quiet">${count(entries.length)} of ${count(runCount)} runs are in this report: those with violations first, then those with faults or no end, then others, evenly over the time.</p>`
      : ""
  const head = heads
    .map(
      ([by, name, style]) =>
        `<div role="columnheader" class="${style}"${by === "began" ? ' aria-sort="ascending"' : ""}><button type="button" data-by="${by}">${name}</button></div>`
    )
    .join("")
  return `<h2>Runs</h2>${some}
<noscript><p>The list of runs needs script. What is above does not.</p></noscript>
<div id="runs" hidden>
<div class="controls"><label>Find <input id="search" type="search" placeholder="name, key, id, state, reason"></label>
<label>State <select id="state"><option value="">all</option></select></label>
<label><input id="odd" type="checkbox"> only those to which something happened</label>
<span class="quiet" id="shown" aria-live="polite"></span> <span class="quiet" id="window"></span> <button type="button" id="whole" hidden>whole time</button></div>
<canvas id="overview" role="img" aria-label="All runs over time; drag to look at a part of the time"></canvas><div id="axis"></div>
<div id="table" role="table" aria-label="Runs"><div class="row head" role="row">${head}</div>
<div id="list" tabindex="0" role="rowgroup" aria-label="Runs, to go through with the arrow keys"><div id="space"></div><div id="rows"></div></div></div>
<p class="legend"><b>×</b> a write failed &nbsp; <b>·</b> it was sent again &nbsp; <b>P</b> parked &nbsp; <b>C</b> cancel asked for &nbsp; <b>S</b> stopped by the kernel &nbsp; <b>→</b> another host &nbsp; <b>!</b> lost &nbsp; <b>|</b> stored &nbsp; full bar: the work, pale bar: until it was stored</p>
<div id="detail" class="card" aria-live="polite"></div>
</div>`
}

/** What the script reads. Times count from the beginning of the log. */
const dataOf = ({ entries, findings, span }: Report) => {
  const from = span?.from ?? 0
  const since = (at: number | undefined): number | undefined => (at === undefined ? undefined : at - from)
  const broken = new Map<string | undefined, number>()
  for (const { runId } of findings) broken.set(runId, (broken.get(runId) ?? 0) + 1)
  return {
    from,
    to: span === undefined ? 1 : span.to - from,
    runs: entries.map((entry) => ({
      id: entry.id,
      name: entry.name,
      key: entry.key,
      host: entry.hostId,
      state: entry.state,
      reason: entry.reason,
      outcome: entry.workOutcome,
      began: since(entry.beganAt),
      ended: since(entry.workEndedAt),
      settled: since(entry.settledAt),
      last: since(entry.lastAt),
      attempts: entry.attempts,
      left: entry.marksLeftOut,
      violations: broken.get(entry.id) ?? 0,
      marks: entry.marks.map(({ at, kind, text }) => [at - from, kind, text])
    }))
  }
}
