/**
 * The report of `holdfast inspect --html`, opened as the file that it is: what stands on top, the time line, the
 * list and its filter, without script, with ten thousand runs, and with a log that means harm.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Browser, Page } from "playwright-core"
import { RunHistory, RunReport } from "../../src/index.js"
import {
  completed,
  type Draft,
  entry,
  failure,
  hostStarted,
  hostStopped,
  idOf,
  logOf,
  plantedLog,
  run
} from "../cli/logs.js"
import { holdfast } from "../cli/program.js"
import { type Options, visit } from "./visit.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-report-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** The page of this log, in the browser. */
const open = (browser: Browser, log: string, options?: Options) =>
  Effect.gen(function* () {
    const file = join(yield* folder, "report.html")
    writeFileSync(file, RunReport.html(RunReport.fromHistory(RunHistory.fromLog(log), { title: "run.ndjson" })))
    return yield* visit(browser, pathToFileURL(file).href, options)
  })

const rows = (page: Page) => page.locator("#list").getByRole("row")
const shown = (page: Page, text: string) => page.getByText(text, { exact: true }).waitFor()

const writeFailed = (number: number): Draft => ({
  _tag: "WriteFailed",
  rows: 1,
  runIds: [idOf(number)],
  attempt: 1,
  retryInMillis: 5,
  failure: { ...failure, code: "SQLITE_BUSY" }
})

/** Every tenth failed, every hundredth was written twice. */
const longLog = (count: number): string => {
  const lines = [entry(0, hostStarted)]
  for (let number = 0; number < count; number++) {
    const [started, ended, written, settled] = completed(number, { key: `k${number}` }) as [Draft, Draft, Draft, Draft]
    const failed = number % 10 === 0
    const more = failed ? { status: "failed", workOutcome: "failed" } : {}
    const at = number * 5
    lines.push(
      entry(at, started),
      entry(at + 40 + (number % 700), failed ? run(number).ended("failed", { reason: "WorkFailed" }) : ended)
    )
    if (number % 100 === 0) lines.push(entry(at + 745, writeFailed(number)))
    lines.push(entry(at + 750, { ...written, ...more }), entry(at + 751, { ...settled, ...more }))
  }
  lines.push(entry(count * 5 + 800, hostStopped))
  return lines.join("\n")
}

export const reportSuite = (browser: () => Browser): void => {
  describe("the report", () => {
    it.scopedLive("of a log with violations shows them first, then the summary, then the runs on a line of time", () =>
      Effect.gen(function* () {
        const directory = yield* folder
        const [log, html] = [join(directory, "run.ndjson"), join(directory, "report.html")]
        writeFileSync(log, plantedLog())
        const { status } = yield* Effect.promise(() => holdfast(["inspect", log, "--html", html]))
        assert.strictEqual(status, 1)
        const { does, look } = yield* visit(browser(), pathToFileURL(html).href)
        yield* does(async (page) => {
          const headings = await page.getByRole("heading", { level: 2 }).allTextContents()
          assert.deepStrictEqual(headings, ["Violations", "Summary", "Runs"])
          await page.getByText("✗ 10 violations").waitFor()
          assert.strictEqual(await page.getByRole("group").count(), 10)
          await shown(page, "31 of 31")
        })
        yield* look("report-violations")
        yield* does(async (page) => {
          await page.getByLabel("State").selectOption("lost")
          await shown(page, "1 of 31")
          await rows(page).first().click()
          await page.getByText("completed lost at the exit of its host").waitFor()
          await page.locator("#detail").scrollIntoViewIfNeeded()
        })
        yield* look("report-detail")
      })
    )

    it.scopedLive("has its summary and its violations without script", () =>
      Effect.gen(function* () {
        const { does, look } = yield* open(browser(), plantedLog(), { javaScriptEnabled: false })
        yield* does(async (page) => {
          await page.getByText("✗ 10 violations").waitFor()
          await page.getByText("31 runs").waitFor()
          await page.locator("noscript p").waitFor()
          assert.isFalse(await page.getByLabel("Find").isVisible())
        })
        yield* look("report-without-script")
      })
    )

    it.scopedLive("of ten thousand runs opens and filters at once", () =>
      Effect.gen(function* () {
        const { does, look } = yield* open(browser(), longLog(10_000))
        yield* does(async (page) => {
          await shown(page, "10,000 of 10,000")
          assert.isBelow(await page.evaluate(() => performance.now()), 8_000, "milliseconds until the list is there")
          const find = (text: string) =>
            page.getByLabel("Find").evaluate((field: any, words) => {
              const began = performance.now()
              field.value = words
              field.dispatchEvent(new (globalThis as any).Event("input"))
              // Layout included.
              field.ownerDocument.body.getBoundingClientRect()
              return performance.now() - began
            }, text)
          assert.isBelow(await find("k77"), 1_000, "milliseconds to filter")
          await shown(page, "111 of 10,000")
          await find("")
          await page.getByLabel("only those to which something happened").check()
          await shown(page, "100 of 10,000")
          await page.getByLabel("only those to which something happened").uncheck()
        })
        yield* look("report-many")
        yield* does(async (page) => {
          const overview = page.locator("#overview")
          await overview.scrollIntoViewIfNeeded()
          const { height, width, x, y } = (await overview.boundingBox()) ?? { height: 0, width: 0, x: 0, y: 0 }
          await page.mouse.move(x + width * 0.25, y + height / 2)
          await page.mouse.down()
          await page.mouse.move(x + width * 0.3, y + height / 2)
          await page.mouse.up()
          await page.getByRole("button", { name: "whole time" }).waitFor()
          assert.match((await page.locator("#shown").textContent()) ?? "", /^[5-7]\d\d of 10,000$/)
        })
        yield* look("report-window")
        yield* does(async (page) => {
          await page.setViewportSize({ width: 380, height: 740 })
          await page.getByRole("button", { name: "whole time" }).click()
          await shown(page, "10,000 of 10,000")
        })
        yield* look("report-narrow")
      })
    )

    it.scopedLive("can be searched, sorted and read with the keyboard alone", () =>
      Effect.gen(function* () {
        const { does, look } = yield* open(browser(), longLog(300))
        yield* does(async (page) => {
          await shown(page, "300 of 300")
          await page.getByLabel("Find").focus()
          await page.keyboard.type("failed")
          await shown(page, "30 of 300")
          await page.keyboard.press("Tab")
          await page.keyboard.press("Tab")
          await page.keyboard.press("Tab")
          await page.keyboard.press("Enter")
          assert.strictEqual(
            await page.getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort"),
            "ascending"
          )
          await page.locator("#list").focus()
          await page.keyboard.press("ArrowDown")
          await page.keyboard.press("ArrowDown")
          assert.include(await page.locator("[aria-current=true]").textContent(), "k10")
          await page.locator("#detail").getByText(idOf(10)).waitFor()
          await page.keyboard.press("End")
          await page.locator("#detail").getByText(idOf(290)).waitFor()
        })
        yield* look("report-keyboard")
      })
    )

    it.scopedLive("shows what a log says as text, whatever it says", () =>
      Effect.gen(function* () {
        const harm = '</script><img src=x onerror="hacked=1"><!--<script>hacked=1</script>'
        const { ended, settled, started, written } = run(1)
        const log = logOf(
          hostStarted,
          started({ name: harm, key: harm }),
          run(1).told("CancelRequested", { reason: harm }),
          ended("interrupted"),
          written("failed", { workOutcome: "interrupted" }),
          settled("failed", { workOutcome: "interrupted" }),
          hostStopped
        )
        const { does } = yield* open(browser(), log)
        yield* does(async (page) => {
          await rows(page).getByText(harm).first().waitFor()
          await rows(page).first().click()
          await page.locator("#detail").getByText(`cancel: ${harm}`).waitFor()
          assert.strictEqual(await page.locator("img").count(), 0)
          assert.isUndefined(await page.evaluate(() => (globalThis as any).hacked))
        })
      })
    )
  })
}
