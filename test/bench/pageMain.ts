/**
 * `npm run bench:page`: takes what `bench` and `bench:peers` left in test/bench/results into
 * docs/performance.json, and makes the tables of docs/performance.md of that. A report that is not there
 * leaves the figures that the page has.
 *
 * @since 0.1.0
 */
import { readFileSync, writeFileSync } from "node:fs"
import * as Page from "./page.js"
import * as Report from "./report.js"

const figuresNow = (): Page.Figures => JSON.parse(readFileSync(Page.figuresFile, "utf8")) as Page.Figures

const measured = (file: string): Report.Report | undefined => {
  const report = Report.read(file)
  if (report?.size === "quick") {
    throw new Error(`${file} is from a run with --quick, whose figures mean nothing. Measure without it.`)
  }
  return report
}

const before = figuresNow()
const figures: Page.Figures = {
  bench: measured("test/bench/results/latest.json") ?? before.bench,
  peers: measured("test/bench/results/peers.json") ?? before.peers
}
writeFileSync(Page.figuresFile, `${JSON.stringify(figures, null, 2)}\n`)
writeFileSync(Page.file, Page.render(readFileSync(Page.file, "utf8"), figures))
console.log(`wrote ${Page.figuresFile} and ${Page.file}`)
