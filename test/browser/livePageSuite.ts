/**
 * The page over a host whose work and database a test holds in its hands: each kind of run, hostile and endless
 * texts, a narrow window, many runs, and tabs that nobody sees.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Browser } from "playwright-core"
import { Run, RunKernel, type RunStore, Work } from "../../src/index.js"
import { makeFrom } from "../../src/internal/store/memoryStore.js"
import { emptyTables, newRow, put } from "../../src/internal/store/memoryTables.js"
import { idOf } from "../cli/logs.js"
import { countSubscribers, start } from "../http/host.js"
import { everyKind } from "./everyKind.js"
import { filter, item, items, watch } from "./livePage.js"

const hostile = `<img src=x onerror="hacked=1"><script>hacked=1</script>\u202e"'&amp;\`\${hacked=1}`

/** Of the page, whose functions are sent there as text; the last three belong to its own script. */
declare const document: any
declare const MutationObserver: any
declare const Event: any
declare const latest: unknown
declare const drawNotices: (state: unknown) => void
declare const drawChosen: () => void

/** That many rows which ended long ago, every third as failed. */
const manyRuns = (count: number) => {
  const tables = emptyTables()
  for (let number = 0; number < count; number++) {
    const started = { id: idOf(number), name: "import", key: `k${number}`, idempotencyKey: null, createdAt: number }
    const row = newRow(started as unknown as RunStore.NewRun)
    put(tables, { ...row, status: number % 3 === 0 ? "failed" : "completed", finishedAt: number + 5 })
  }
  return makeFrom(tables)
}

export const livePageSuite = (browser: () => Browser): void => {
  const { untilSubscribers } = countSubscribers()
  describe("the live page", () => {
    it.scopedLive("shows every kind of run so that it can be read, in light and dark, in wide and narrow windows", () =>
      Effect.gen(function* () {
        const host = yield* everyKind
        const { does, look } = yield* watch(browser(), host)
        yield* does((page) => item(page, "build").getByText("completed, not stored").waitFor())
        yield* look("nothing-chosen")
        yield* does(async (page) => {
          await item(page, "catalogue").click()
          await page.getByRole("log").getByText("page 80").waitFor()
        })
        yield* look("running")
        yield* does(async (page) => {
          await page.getByRole("button", { name: "Cancel…" }).click()
          await page.getByRole("dialog").getByLabel("Reason").fill("the wrong catalogue")
        })
        yield* look("asking")
        yield* does(async (page) => {
          await page.keyboard.press("Escape")
          await item(page, "thumbnails").getByText("cancelling").click()
        })
        yield* look("cancelling")
        yield* does(async (page) => {
          await item(page, "never-ending").click()
          await page.getByRole("log").getByText("Stored as failed.").waitFor()
          const { y = 0 } = (await page.getByRole("log").boundingBox()) ?? {}
          assert.isBelow(y, 600, "nothing that is long pushes the log out of the window")
        })
        yield* look("endless")
        yield* does(async (page) => {
          await page.setViewportSize({ width: 360, height: 740 })
          await item(page, "catalogue").click()
          await page.getByRole("log").getByText("page 80").waitFor()
        })
        yield* look("narrow")
      })
    )

    it.scopedLive("shows whatever a run says as the text that it is", () =>
      Effect.gen(function* () {
        const host = yield* start()
        const work = Effect.gen(function* () {
          yield* Effect.log(hostile)
          yield* Run.progress({ current: 1, total: 2, step: hostile })
          return yield* Effect.never
        })
        const running = yield* host.kernel.start(`a ${hostile}`, work, { key: hostile })
        const failed = yield* host.kernel.start(`b ${hostile}`, Effect.die(new Error(hostile)))
        yield* Effect.ignore(failed.settled)
        const Texts = Work.make("texts", { success: Schema.Array(Schema.String) })
        const completed = yield* Texts.start({}).pipe(
          Effect.provide(Texts.toLayer(() => Effect.succeed([hostile, "x".repeat(20_000)]))),
          Effect.provideService(RunKernel.RunKernel, host.kernel)
        )
        yield* completed.settled
        const { does } = yield* watch(browser(), host)
        const literally = hostile.replace(/\s+/g, " ")
        yield* does(async (page) => {
          await item(page, "b <img").click()
          await page.locator("#facts").getByText(literally).waitFor()
          await item(page, "texts").click()
          const result = page.locator("#facts .given")
          await result.getByText(JSON.stringify([hostile]).slice(1, -1).replace(/\s+/g, " ")).waitFor()
          assert.match((await result.textContent()) ?? "", /x… \(the first 10,000 of \d\d,\d{3} characters\)$/)
          await item(page, "a <img").click()
          await result.waitFor({ state: "detached" })
          await page.getByRole("heading", { name: `a ${literally}` }).waitFor()
          await page.getByRole("log").getByText(literally).waitFor()
          await page.locator("#facts").getByText(`1 of 2 · ${literally}`).waitFor()
          await page.getByRole("button", { name: "Cancel…" }).click()
          await page.getByRole("dialog").getByText(`Cancel a ${literally}`).waitFor()
          await page.getByRole("dialog").getByLabel("Reason").fill(hostile)
          await page.keyboard.press("Enter")
          await page.getByRole("log").getByText(`Cancel requested: ${literally}`).waitFor()
          assert.strictEqual(await page.locator("img, body script:not(:last-child)").count(), 0)
          assert.isUndefined(await page.evaluate(() => (globalThis as any).hacked))
        })
        assert.strictEqual((yield* running.settled).status, "cancelled")
      })
    )

    it.scopedLive("reads nothing aloud twice: a warning that has not changed is not touched", () =>
      Effect.gen(function* () {
        const host = yield* everyKind
        const { does } = yield* watch(browser(), host)
        yield* does(async (page) => {
          await item(page, "build").click()
          await page.locator("#warning").getByText("Decided as completed").waitFor()
          const touched = await page.evaluate(() => {
            const observer = new MutationObserver(() => {})
            for (const alert of document.querySelectorAll("[role=alert]")) {
              observer.observe(alert, { subtree: true, childList: true, characterData: true, attributes: true })
            }
            // As the page does at each change of any run, and each second.
            drawNotices(latest)
            drawChosen()
            return observer.takeRecords().length
          })
          assert.strictEqual(touched, 0)
        })
      })
    )

    it.scopedLive(
      "frees what it held of the host when somebody leaves or looks at another tab, and comes back by itself",
      () =>
        Effect.gen(function* () {
          const isGone = yield* Deferred.make<void>()
          const host = yield* start({
            // A reading that takes for ever, and is given up when nobody looks any more.
            change: () => ({ list: () => Effect.onInterrupt(Effect.never, () => Deferred.succeed(isGone, undefined)) })
          })
          yield* host.kernel.start("import", Effect.never, { key: "a" })
          const { does, page } = yield* watch(browser(), host)
          yield* does(() => item(page, "import a").click())
          yield* untilSubscribers(1)
          const turn = (isHidden: boolean) =>
            does(() =>
              page.evaluate((hidden) => {
                Object.defineProperty(document, "hidden", { value: hidden, configurable: true })
                document.dispatchEvent(new Event("visibilitychange"))
              }, isHidden)
            )
          const asked: Array<string> = []
          page.on("request", (request) => asked.push(request.url()))
          yield* turn(true)
          yield* untilSubscribers(0)
          yield* Deferred.await(isGone)
          yield* does(() => page.title())
          assert.deepStrictEqual(asked, [], "a page that nobody sees asks for nothing")
          yield* host.kernel.start("import", Effect.never, { key: "b" })
          yield* turn(false)
          yield* does(() => item(page, "import b").waitFor())
          yield* untilSubscribers(1)
          yield* does(() => page.close())
          yield* untilSubscribers(0)
        })
    )

    it.scopedLive("tells of ten thousand runs the latest, and says so; one that is older is shown by its address", () =>
      Effect.gen(function* () {
        const host = yield* start({ store: manyRuns(10_000), dashboard: { refreshInterval: "1 second" } })
        const { does, look } = yield* watch(browser(), host)
        yield* does((page) => page.getByText("Only the latest 200 runs are shown.").waitFor({ state: "attached" }))
        yield* look("many")
        yield* does(async (page) => {
          assert.strictEqual(await items(page).count(), 200)
          await page.goto(`${page.url()}#${idOf(16)}`)
          await page.getByRole("heading", { name: "import k16" }).waitFor()
          await page.goto(page.url().replace(idOf(16), idOf(17)))
          await page.getByRole("heading", { name: "import k17" }).waitFor()
          await page.reload()
          await page.getByRole("heading", { name: "import k17" }).waitFor()
          await page.getByRole("log").getByText("Stored as completed.").waitFor()
        })
      })
    )

    it.scopedLive("can hold ten thousand runs in its list, and filters them at once", () =>
      Effect.gen(function* () {
        const host = yield* start({
          store: manyRuns(10_000),
          dashboard: { runsMax: 10_000, refreshInterval: "1 second" }
        })
        const { does } = yield* watch(browser(), host)
        yield* does(async (page) => {
          await filter(page, "All 10000").waitFor()
          const millis = await filter(page, "Failed 3334").evaluate((button: any) => {
            const began = performance.now()
            button.click()
            // Layout included.
            button.ownerDocument.body.getBoundingClientRect()
            return performance.now() - began
          })
          assert.isBelow(millis, 1_000, "milliseconds to filter")
          await item(page, "import k9999").waitFor()
          assert.strictEqual(await items(page).count(), 200)
          await items(page).last().scrollIntoViewIfNeeded()
          await items(page).nth(399).waitFor({ state: "attached" })
          // By keyboard too: who walks beyond what is drawn finds more.
          await items(page).nth(398).click()
          for (let steps = 0; steps < 3; steps++) await page.keyboard.press("ArrowDown")
          await page.getByRole("heading", { name: `import k${9_999 - 3 * 401}` }).waitFor()
        })
      })
    )
  })
}
