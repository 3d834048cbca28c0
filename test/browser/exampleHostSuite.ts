/**
 * The page of the example host as an operator meets it, over a real server, a real SQLite file and the faults
 * of the chaos layer: from the start of a run to its end, through a storm, a reload and a restart.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Browser, Page } from "playwright-core"
import { makeExampleHost } from "./exampleHost.js"
import { filter, items as run } from "./livePage.js"
import { visit } from "./visit.js"

const chosen = (page: Page) => page.locator("#run")
const progressOf = (page: Page) => page.getByRole("progressbar").evaluate((bar) => (bar as any).value as number)
const lines = (page: Page) => page.getByRole("log").locator("div").allTextContents()

const untilProgressAbove = async (page: Page, share: number): Promise<void> => {
  while ((await progressOf(page)) <= share)
    await chosen(page)
      .getByText(/^\d+ of \d+/)
      .textContent()
}

export const exampleHostSuite = (browser: () => Browser): void => {
  // Each waits most of its time for work that takes its own, so they wait together.
  describe.concurrent("the page of the example host", () => {
    it.scopedLive("shows a run from its start, its progress and its log, and cancels it", () =>
      Effect.gen(function* () {
        const host = yield* makeExampleHost(24)
        const { does } = yield* visit(browser(), host.url)
        yield* does((page) => page.getByText("No runs yet.").waitFor())
        const id = yield* host.startRun
        yield* does(async (page) => {
          await run(page).getByText("running").waitFor()
          await run(page).click()
          await page.getByRole("heading", { name: "glossary essay.md" }).waitFor()
          await page.getByRole("log").getByText("24 paragraphs, en").waitFor()
          await untilProgressAbove(page, 0)
          await untilProgressAbove(page, await progressOf(page))
          assert.strictEqual(new URL(page.url()).hash, `#${id}`)

          await page.getByRole("button", { name: "Cancel…" }).click()
          const dialog = page.getByRole("dialog", { name: "Cancel glossary essay.md?" })
          await dialog.getByLabel("Reason").fill("counted by hand")
          await dialog.getByRole("button", { name: "Cancel the run" }).click()
          await page.getByText("The cancel is stored.").waitFor()
          await run(page).getByText("cancelled").waitFor()
          await chosen(page).getByText("counted by hand").first().waitFor()
          await page.getByRole("log").getByText("Stored as cancelled.").waitFor()
          await filter(page, "Cancelled 1").waitFor()
          assert.isFalse(await page.getByRole("button", { name: "Cancel…" }).isVisible())
        })
      })
    )

    it.scopedLive("warns of a verdict that is not stored until it is, also after a reload in the storm", () =>
      Effect.gen(function* () {
        const host = yield* makeExampleHost(4)
        const { does, look } = yield* visit(browser(), host.url)
        yield* host.startRun
        yield* does((page) => run(page).click())
        yield* host.storm
        const warned = (page: Page) =>
          Promise.all([
            page.getByRole("alert").getByText("1 run has ended and is not stored yet.").waitFor(),
            page.getByRole("alert").getByText("The database cannot be read.").waitFor(),
            chosen(page).getByRole("alert").getByText("Decided as completed, not stored yet").waitFor(),
            run(page).getByText("completed, not stored").waitFor(),
            filter(page, "Not stored 1").waitFor()
          ])
        yield* does(async (page) => {
          await warned(page)
          assert.isFalse(await page.getByRole("button", { name: "Cancel…" }).isEnabled())
        })
        yield* look("storm")
        yield* does(async (page) => {
          await page.reload()
          await warned(page)
        })
        yield* host.heal
        yield* does(async (page) => {
          await run(page).getByText("completed", { exact: true }).waitFor()
          await page.getByRole("button", { name: "Not stored", exact: true }).waitFor()
          await page.getByText("The database cannot be read.").waitFor({ state: "hidden" })
          assert.strictEqual(await page.getByRole("alert").filter({ visible: true, hasText: /./ }).count(), 0)
          await page.getByRole("log").getByText("Stored as completed.").waitFor()
        })
        yield* look("after-the-storm")
      })
    )

    it.scopedLive("goes on where it was after a reload, and after a restart of the server by itself", () =>
      Effect.gen(function* () {
        const host = yield* makeExampleHost(24)
        const { does, look } = yield* visit(browser(), host.url, {
          expectedErrors: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED/
        })
        yield* host.startRun
        yield* does(async (page) => {
          await run(page).click()
          await page.getByRole("log").getByText("paragraphs, en").waitFor()
          const before = await progressOf(page)
          await page.reload()
          await page.getByRole("log").getByText("paragraphs, en").waitFor()
          assert.isAtLeast(await progressOf(page), before)
          assert.lengthOf(await lines(page), 1, "what was told before is told again, once")
          await untilProgressAbove(page, before)
        })
        yield* host.restart(does((page) => page.getByRole("status").getByText("reconnecting").waitFor()))
        yield* does(async (page) => {
          await page.getByRole("status").getByText("live").waitFor()
          await run(page).getByText("failed").waitFor()
          await chosen(page).getByText("HostShutdown").first().waitFor()
        })
        yield* look("restarted")
        yield* host.startRun
        yield* does((page) => filter(page, "Running 1").waitFor())
      })
    )
  })
}
