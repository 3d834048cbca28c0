/**
 * A report says what its log shows, in bounded memory, and its page is safe to open whatever stands in
 * the log.
 */
import { createHash } from "node:crypto"
import { Script } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { RunHistory, RunReport } from "../../src/index.js"
import { completed, failure, hostStarted, hostStopped, idOf, logOf, plantedLog, run } from "../cli/logs.js"

const hostile = "</script><!--<img src=x onerror=\"alert('1')\">\u2028&amp;"

const reportOf = (log: string, options?: RunReport.Options): RunReport.Report =>
  RunReport.fromHistory(RunHistory.fromLog(log), options)

const hostileReport = (): RunReport.Report => {
  const { ended, settled, started, told } = run(1)
  return reportOf(
    logOf(
      hostStarted,
      started({ name: hostile, key: hostile }),
      told("CancelRequested", { reason: hostile }),
      {
        _tag: "WriteFailed",
        failure: { ...failure, code: hostile },
        rows: 1,
        runIds: [idOf(1)],
        attempt: 1,
        retryInMillis: 1
      },
      ended("failed", { message: hostile }),
      settled("failed")
    ),
    { title: hostile }
  )
}

describe("a report", () => {
  it("draws no more labels below a chart than have room side by side", () => {
    const report = reportOf(logOf(hostStarted, ...completed(1), hostStopped))
    const work = { ...report.work, counts: report.work.counts.map(() => 1), count: report.work.counts.length }
    const [chart = ""] = RunReport.html({ ...report, work }).match(/<svg class="chart"[\s\S]*?<\/svg>/) ?? []
    assert.lengthOf(chart.match(/<rect/g) ?? [], 18)
    const labels = [...chart.matchAll(/y="113"[^>]*>([^<]*)</g)].map(([, label]) => label)
    assert.deepStrictEqual(labels.filter(Boolean), ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "5 min"])
  })

  it("counts runs by their state, failures by their kind, and durations", () => {
    const { ended, started, told } = run(3)
    const report = reportOf(
      logOf(
        hostStarted,
        ...completed(1),
        started(),
        ended(),
        { _tag: "WriteFailed", failure, rows: 1, runIds: [idOf(3)], attempt: 1, retryInMillis: 50 },
        told("VerdictParked", { verdict: "completed", attempts: 1, failure }),
        run(4).started(),
        hostStopped
      )
    )
    assert.deepStrictEqual(report.states, { completed: 1, parked: 1, active: 1 })
    assert.deepStrictEqual(report.faults, [{ operation: "settle", class: "transient", code: undefined, count: 1 }])
    assert.deepStrictEqual([report.work.count, report.settling.count, report.work.maxMillis], [2, 1, 10])
    assert.strictEqual(RunReport.quantile(report.work, 0.5), 10)
    assert.deepStrictEqual(
      report.entries.find(({ id }) => id === idOf(3))?.marks.map(({ kind }) => kind),
      ["fault", "retry", "parked"]
    )
  })

  it("keeps so many runs in detail, the remarkable ones first, and counts all", () => {
    const log = logOf(hostStarted, ...[1, 2, 3, 4].flatMap((number) => completed(number)), run(5).started())
    const report = reportOf(log, { entryMax: 2 })
    assert.strictEqual(report.runCount, 5)
    assert.deepStrictEqual(
      report.entries.map(({ id }) => id),
      [idOf(1), idOf(5)]
    )
  })

  it("keeps those that broke a guarantee, however late they come, and others over the whole time", () => {
    const many = Array.from({ length: 100 }, (_, index) => 100 + index)
    // Without an end.
    const eventful = many.map((number) => run(number).started())
    const lie = [run(1).started(), run(1).ended(), run(1).written("failed"), run(1).settled("failed")]
    const report = reportOf(logOf(hostStarted, ...eventful, ...lie), { entryMax: 10 })
    const kept = report.entries.map(({ id }) => id)
    assert.isAtMost(kept.length, 10)
    assert.isAtLeast(kept.length, 6)
    assert.strictEqual(kept.at(-1), idOf(1))
    const place = (id: string | undefined) => many.findIndex((number) => idOf(number) === id)
    assert.isBelow(place(kept[0]), 20)
    assert.isAbove(place(kept.at(-2)), 70)
    for (const [index, id] of kept.slice(1, -1).entries()) assert.isAtMost(place(id) - place(kept[index]), 30)
  })

  it("keeps so many violations in full, and counts all", () => {
    const report = reportOf(plantedLog(), { findingMax: 3 })
    assert.strictEqual(report.findings.length, 3)
    assert.strictEqual(
      Object.values(report.violationCounts).reduce((sum, one) => sum + one, 0),
      10
    )
  })
})

describe("the page of a report", () => {
  const elements = (html: string, name: string): ReadonlyArray<string> =>
    [...html.matchAll(new RegExp(`<${name}[^>]*>([\\s\\S]*?)</${name}>`, "g"))].map(([, text]) => text ?? "")

  it("lets nothing that stands in the log become a part of the page", () => {
    const html = RunReport.html(hostileReport())
    assert.notMatch(html, /<img|<!--/)
    assert.strictEqual(html.match(/<\/script>/g)?.length, 2)
    const [data = ""] = elements(html, "script")
    const [first] = JSON.parse(data).runs
    assert.deepStrictEqual([first.name, first.key], [hostile, hostile], "the data is what the log says")
    assert.include(html, "&lt;/script&gt;&lt;!--&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;")
  })

  it("lets only its own script run, and fetches nothing", () => {
    const html = RunReport.html(hostileReport())
    const script = elements(html, "script")[1] ?? ""
    const policy = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html)?.[1]
    const hash = createHash("sha256").update(script).digest("base64")
    assert.strictEqual(policy, `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`)
    assert.notMatch(html, /(?:src|href)="|url\(|@import|innerHTML|https?:/)
    assert.doesNotThrow(() => new Script(script))
  })

  it("says in its summary, which needs no script, what was found", () => {
    const html = RunReport.html(reportOf(plantedLog(), { title: "planted" }))
    const readable = html.slice(0, html.indexOf("<script"))
    assert.include(readable, "10 violations")
    assert.strictEqual(readable.match(/<details/g)?.length, 10)
    assert.match(readable, /<h3>31 runs<\/h3>/)
    assert.include(readable, "<noscript>")
    assert.include(RunReport.html(reportOf(logOf(hostStarted, ...completed(1)))), "Every guarantee")
  })

  it("has both colour schemes", () => {
    assert.include(RunReport.html(reportOf(logOf(hostStarted))), "prefers-color-scheme: dark")
  })
})
