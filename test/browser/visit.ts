/**
 * A visit to a page: drives it, looks at each of its states in light and in dark, and holds against the page
 * what a person would not see: errors in the console, and requests to somewhere else.
 */
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { faintTexts, overhang, unnamed } from "./audit.js"
import { isDemanded } from "./chromium.js"

const screenshots = fileURLToPath(new URL("screenshots/", import.meta.url))
if (isDemanded) mkdirSync(screenshots, { recursive: true })

export interface Options extends BrowserContextOptions {
  /** Errors in the console that belong to the story, such as those of a server that is away. */
  readonly expectedErrors?: RegExp
}

export interface Visit {
  readonly page: Page
  /** Steps in the page, each waiting for what it needs. */
  readonly does: <A>(steps: (page: Page) => Promise<A>) => Effect.Effect<A>
  /**
   * Looks at the page as it is, in light and in dark: every text can be read, every control has a name, nothing sticks
   * out. `npm run test:browser` keeps pictures for people, in `screenshots`.
   */
  readonly look: (name: string) => Effect.Effect<void>
}

/** Ends with the scope: then nothing may have gone wrong in the console. */
export const visit = (
  browser: Browser,
  url: string,
  { expectedErrors, ...options }: Options = {}
): Effect.Effect<Visit, never, Scope> =>
  Effect.gen(function* () {
    const complaints: Array<string> = []
    const context = yield* Effect.acquireRelease(
      Effect.promise(() =>
        browser.newContext({
          viewport: { width: 1240, height: 780 },
          locale: "en-US",
          timezoneId: "UTC",
          reducedMotion: "reduce",
          ...options
        })
      ),
      (opened) => Effect.promise(() => opened.close())
    )
    const page = yield* Effect.promise(() => context.newPage())
    page.setDefaultTimeout(20_000)
    page.on("pageerror", (error) => complaints.push(String(error)))
    page.on("console", (message) => {
      if (message.type() === "error" && expectedErrors?.test(message.text()) !== true) complaints.push(message.text())
    })
    const origin = new URL(url).origin
    page.on("request", (request) => {
      if (!request.url().startsWith("data:") && new URL(request.url()).origin !== origin) complaints.push(request.url())
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => assert.deepStrictEqual(complaints, [])))
    const does: Visit["does"] = (steps) => Effect.promise(() => steps(page))
    yield* does(() => page.goto(url))
    return { page, does, look: (name) => does(() => look(page, name)) }
  })

const look = async (page: Page, name: string): Promise<void> => {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme })
    if (isDemanded)
      await page.screenshot({ path: `${screenshots}${name}-${colorScheme}.png`, caret: "initial", fullPage: true })
    assert.deepStrictEqual(await faintTexts(page), [], `${name}, ${colorScheme}`)
  }
  assert.deepStrictEqual(await unnamed(page), [], name)
  assert.isAtMost(await overhang(page), 0, name)
}
