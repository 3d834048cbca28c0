/**
 * The page with the keyboard alone: where the focus goes, and that it can be seen wherever it is.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Browser, Page } from "playwright-core"
import { nextMillisecond, start } from "../http/host.js"
import { filter, items, watch } from "./livePage.js"

/** Of the page, whose functions are sent there as text. */
declare const document: any
declare const getComputedStyle: (element: any) => any

const isAt = (page: Page) =>
  page.evaluate(() => {
    const { activeElement: element } = document
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const isVisible = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2
    return { text: element.textContent.trim(), role: element.id || element.tagName.toLowerCase(), isVisible }
  })

/** Where the focus is after a key; and that it can be seen. */
const press = async (page: Page, key: string): Promise<string> => {
  await page.keyboard.press(key)
  const { isVisible, role, text } = await isAt(page)
  assert.isTrue(role === "body" || isVisible, `the focus on ${role} can be seen`)
  return role === "button" ? text : role
}

export const keyboardSuite = (browser: () => Browser): void => {
  describe("the live page, by keyboard", () => {
    it.scopedLive("can be used with the keyboard alone, and the focus can always be seen", () =>
      Effect.gen(function* () {
        const host = yield* start()
        yield* Effect.forEach(["one", "two"], (key) =>
          Effect.flatMap(host.kernel.start("export", Effect.void, { key }), ({ settled }) =>
            Effect.zipRight(settled, nextMillisecond)
          )
        )
        const running = yield* host.kernel.start("import", Effect.never, { key: "three" })
        const { does, look } = yield* watch(browser(), host)
        yield* does(async (page) => {
          await filter(page, "All 3").waitFor()
          for (const key of ["4", "c"]) assert.strictEqual(await press(page, key), "body", "nobody is in the list")
          assert.strictEqual(await filter(page, "All 3").getAttribute("aria-pressed"), "true")
          for (const name of ["All 3", "Running 1", "Not stored", "Completed 2", "Failed", "Cancelled"]) {
            assert.strictEqual(await press(page, "Tab"), name)
          }
          assert.match(await press(page, "Tab"), /^import three/)
          assert.match(await press(page, "Tab"), /^body$/, "the list is one stop")
          assert.match(await press(page, "Shift+Tab"), /^import three/)
          await press(page, "Shift+Tab")
          await press(page, "Shift+Tab")
          await press(page, "Shift+Tab")
          await press(page, "Space")
          assert.strictEqual(await filter(page, "Completed 2").getAttribute("aria-pressed"), "true")
          assert.strictEqual(await items(page).count(), 2)
          assert.match(await press(page, "1"), /^All 3/, "the focus stays where the keys work")
          assert.match(await press(page, "2"), /^Running 1/)
          await press(page, "1")
          assert.match(await press(page, "ArrowDown"), /^import three/)
          assert.match(await press(page, "ArrowDown"), /^export two/)
          await page.getByRole("heading", { name: "export two" }).waitFor()
          assert.match(await press(page, "ArrowUp"), /^import three/)
          await page.getByRole("heading", { name: "import three" }).waitFor()
        })
        yield* look("focus")
        yield* does(async (page) => {
          assert.strictEqual(await press(page, "c"), "reason", "and the letter is not in the reason")
          assert.strictEqual(await page.getByLabel("Reason").inputValue(), "")
          assert.match(await press(page, "Escape"), /^import three/)
          assert.strictEqual(await press(page, "Tab"), "cancel")
          for (const key of ["c", "4"])
            assert.strictEqual(await press(page, key), "cancel", `${key} is of the list only`)
          assert.strictEqual(await filter(page, "All 3").getAttribute("aria-pressed"), "true")
          assert.strictEqual(await press(page, "Enter"), "reason")
          assert.strictEqual(await press(page, "Escape"), "cancel")
          assert.strictEqual(await press(page, "Enter"), "reason")
          assert.strictEqual(await press(page, "Tab"), "keep")
          assert.strictEqual(await press(page, "Tab"), "confirm")
          await press(page, "Space")
          await page.getByText("The cancel is stored.").waitFor()
          await page.getByRole("button", { name: "Cancel…" }).waitFor({ state: "hidden" })
          assert.strictEqual((await isAt(page)).role, "log", "and not at the beginning of the page")
        })
        assert.strictEqual((yield* running.settled).status, "cancelled")
      })
    )
  })
}
