/**
 * The live page and the report in a real browser, as people use them: by mouse and by keyboard, in light and in
 * dark, while the database and the server are away. Every state that is reached is looked at, see `visit`.
 */
import { describe } from "@effect/vitest"
import { isSkipped, useChromium } from "./chromium.js"
import { exampleHostSuite } from "./exampleHostSuite.js"
import { keyboardSuite } from "./keyboardSuite.js"
import { livePageSuite } from "./livePageSuite.js"
import { reportSuite } from "./reportSuite.js"

describe.skipIf(isSkipped)("in Chromium", () => {
  const browser = useChromium()
  exampleHostSuite(browser)
  livePageSuite(browser)
  keyboardSuite(browser)
  reportSuite(browser)
})
