/**
 * The live page as a person finds their way in it.
 */
import type { Browser, Locator, Page } from "playwright-core"
import { type Options, visit } from "./visit.js"

export const items = (page: Page): Locator => page.locator("#runs button")
export const item = (page: Page, name: string): Locator => items(page).filter({ hasText: name })
export const filter = (page: Page, name: string): Locator =>
  page.getByRole("group", { name: "Show" }).getByRole("button", { name })

/** A page at `/dashboard` of this host. */
export const watch = (browser: Browser, host: { readonly port: number }, options?: Options): ReturnType<typeof visit> =>
  visit(browser, `http://127.0.0.1:${host.port}/dashboard`, options)
