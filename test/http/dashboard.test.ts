/**
 * The page over a real socket: that nothing but its own script can run on it, what its streams tell while
 * the database is there and while it is not, and its cancel. What a browser makes of it is tested in test/browser.
 */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { RunKernel, Work } from "../../src/index.js"
import { script } from "../../src/internal/dashboard/dashboardScript.js"
import { failure, makeGate, nextMillisecond, Reader, start } from "./host.js"

const post = (body: unknown) => ({ method: "POST", body })
const nowhere = "018f3a3e-0000-7000-8000-000000000000"

const live = (port: number, path = "/dashboard/live") =>
  Effect.acquireRelease(
    Effect.sync(() => new Reader(port, path)),
    (reader) => Effect.sync(() => reader.close())
  )

const latest = (reader: Reader) => reader.events.at(-1)?.data
const latestRun = (reader: Reader) => latest(reader)?.runs[0]

describe("the page", () => {
  it.scopedLive("lets nothing run but its own script and style, and asks for nothing from elsewhere", () =>
    Effect.gen(function* () {
      const { ask } = yield* start()
      const page = yield* ask("/dashboard")
      assert.strictEqual(page.status, 200)
      assert.match(page.headers["content-type"] ?? "", /^text\/html/)
      const policy = page.headers["content-security-policy"] as string
      for (const directive of [
        "default-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'"
      ]) {
        assert.include(policy, directive)
      }
      assert.notMatch(policy, /unsafe|\*/)
      for (const tag of ["script", "style"]) {
        const inside = [...page.text.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))]
        assert.lengthOf(inside, 1, tag)
        const hash = createHash("sha256")
          .update(inside[0]?.[1] ?? "")
          .digest("base64")
        assert.include(policy, `${tag}-src 'sha256-${hash}'`)
      }
      assert.notMatch(page.text, /https?:|\/\/[a-z]+\.|<[^>]+\son\w+=|<[^>]+\sstyle=/i)
      assert.notMatch(script, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/)
      assert.deepInclude(page.headers, { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" })
      assert.isBelow(page.text.length, 40_000)
    })
  )

  it.scopedLive("is told all runs at once, then each change, with names as the text that they are", () =>
    Effect.gen(function* () {
      const gate = yield* makeGate
      const { ask, kernel, port } = yield* start({ import: () => Effect.as(gate.wait, 1) })
      const name = '<img src=x onerror="alert(1)">\n\ndata: {}'
      const handle = yield* kernel.start(name, Effect.never, { key: "</script>" })
      const reader = yield* live(port)
      yield* reader.until((told) => latestRun(told) !== undefined)
      assert.deepInclude(latestRun(reader), { id: handle.id, name, key: "</script>", status: "running" })
      yield* ask("/runs/import", post({ file: "a" }))
      yield* reader.until((told) => latestRun(told)?.name === "import")
      yield* gate.open
      yield* reader.until((told) => latestRun(told)?.status === "completed")
      assert.isTrue(reader.names.every((event) => event === "runs"))
    })
  )

  it.scopedLive("goes on while the database is away, and warns of a verdict that is not stored until it is", () =>
    Effect.gen(function* () {
      let isAway = false
      const gate = yield* makeGate
      const { ask, port } = yield* start({
        import: () => Effect.as(gate.wait, 1),
        kernel: {
          persist: {
            parkAfter: "50 millis",
            attemptTimeout: "50 millis",
            delayBase: "10 millis",
            delayMax: "50 millis"
          }
        },
        change: (store) => ({
          settle: (rows) => (isAway ? failure({ operation: "settle" }) : store.settle(rows)),
          list: (query) => (isAway ? failure({ operation: "list" }) : store.list(query))
        })
      })
      yield* ask("/runs/import", post({ file: "a" }))
      const reader = yield* live(port)
      yield* reader.until((told) => latestRun(told) !== undefined)
      isAway = true
      yield* gate.open
      yield* reader.until((told) => latestRun(told)?.notStored?.parked === true && latest(told).failure !== undefined)
      assert.deepInclude(latestRun(reader), { status: "running" })
      assert.deepInclude(latestRun(reader).notStored, { status: "completed" })
      assert.notInclude(JSON.stringify(latest(reader)), "secret")
      // Somebody who reloads the page in the middle is told the same at once.
      const other = yield* live(port)
      yield* other.until((told) => latestRun(told) !== undefined)
      assert.isTrue(latestRun(other).notStored.parked)
      isAway = false
      yield* reader.until((told) => latestRun(told)?.status === "completed")
      assert.notProperty(latestRun(reader), "notStored")
      assert.notProperty(latest(reader), "failure")
    })
  )

  it.scopedLive("tells the latest, says that there are more, and leaves out none that is at work", () =>
    Effect.gen(function* () {
      const { kernel, port } = yield* start({ dashboard: { runsMax: 3 } })
      const runs = (...names: ReadonlyArray<string>) =>
        Effect.forEach(names, (name) =>
          Effect.flatMap(kernel.start(name, Effect.void), ({ settled }) => Effect.zipRight(settled, nextMillisecond))
        )
      const old = yield* kernel.start("old", Effect.never)
      yield* runs("a", "b")
      const reader = yield* live(port)
      yield* reader.until((told) => latest(told)?.runs.length === 3)
      assert.isFalse(latest(reader).isMore)
      yield* runs("c", "d")
      yield* reader.until((told) => latestRun(told)?.status === "completed" && latestRun(told)?.name === "d")
      assert.deepStrictEqual(
        latest(reader).runs.map(({ name }: { name: string }) => name),
        ["d", "c", "old"]
      )
      assert.isTrue(latest(reader).isMore)
      yield* kernel.cancel(old.id)
    })
  )

  it.scopedLive("reads the rows for nobody when nobody looks, and once for all who do", () =>
    Effect.gen(function* () {
      let reads = 0
      const { ask, port } = yield* start({
        change: (store) => ({
          list: (query) =>
            Effect.zipRight(
              Effect.sync(() => reads++),
              store.list(query)
            )
        })
      })
      for (let count = 0; count < 5; count++) yield* ask("/dashboard")
      assert.strictEqual(reads, 0)
      const readers = yield* Effect.forEach(Array.from({ length: 20 }), () => live(port))
      yield* Reader.all(readers, ({ events }) => events.length > 0)
      assert.isBelow(reads, 20)
    })
  )

  it.scopedLive("tells the events of a chosen run, and cancels it", () =>
    Effect.gen(function* () {
      const { ask, port } = yield* start({ import: () => Effect.zipRight(Effect.log("here"), Effect.never) })
      const { id } = (yield* ask("/runs/import", post({ file: "a" }))).json.run
      const reader = yield* live(port, `/dashboard/live/${id}`)
      yield* reader.until(({ events }) => events.length > 0)
      const cancelled = yield* ask(`/dashboard/live/${id}/cancel`, post({ reason: "enough" }))
      assert.deepStrictEqual([cancelled.status, cancelled.json], [200, { requested: true, durable: true }])
      yield* reader.until(({ isEnded }) => isEnded)
      assert.deepInclude(reader.events.at(-1)?.data, { status: "cancelled", stored: true })
      const late = yield* ask(`/dashboard/live/${id}/cancel`, post({}))
      assert.deepStrictEqual([late.status, late.json._tag, late.json.status], [409, "RunAlreadyTerminal", "cancelled"])
    })
  )

  it.scopedLive("tells what a chosen run gave, once it is stored, and of what is long the beginning", () =>
    Effect.gen(function* () {
      let isAway = false
      const { ask, kernel } = yield* start({
        kernel: { persist: { attemptTimeout: "50 millis", delayBase: "10 millis" } },
        change: (store) => ({ get: (id) => (isAway ? failure() : store.get(id)) })
      })
      const Lines = Work.make("lines", {
        payload: { count: Schema.Int },
        success: Schema.String,
        error: Schema.Struct({ line: Schema.Int, file: Schema.String })
      })
      const lines = Lines.toLayer(({ count }) =>
        count < 0 ? Effect.fail({ line: 7, file: "/var/lib/secret/prices.csv" }) : Effect.succeed("x".repeat(count))
      )
      const endingOf = (count: number) =>
        Effect.gen(function* () {
          const { id, settled } = yield* Lines.start({ count })
          yield* settled
          return yield* ask(`/dashboard/live/${id}/ending`)
        }).pipe(Effect.provide(lines), Effect.provideService(RunKernel.RunKernel, kernel))
      assert.deepStrictEqual((yield* endingOf(3)).json, { result: { text: '"xxx"', length: 5 } })
      assert.deepStrictEqual((yield* endingOf(-1)).json, { error: { text: '{"line":7,"file":"<path>"}', length: 26 } })
      const long = (yield* endingOf(1_000_000)).json.result
      assert.deepStrictEqual([long.length, long.text], [1_000_002, `"${"x".repeat(9_999)}`])
      const { id } = yield* kernel.start("work", Effect.never)
      assert.deepStrictEqual((yield* ask(`/dashboard/live/${id}/ending`)).json, {})
      isAway = true
      const away = yield* ask(`/dashboard/live/${id}/ending`)
      assert.deepStrictEqual([away.status, away.json._tag], [503, "StoreUnavailable"])
      assert.notInclude(away.text, "secret")
    })
  )

  it.scopedLive("answers bad requests as the API does, and tells nothing of its inside", () =>
    Effect.gen(function* () {
      const { ask } = yield* start()
      const cases = [
        ["/dashboard/live/x", {}, 404],
        [`/dashboard/live/${nowhere}`, {}, 404],
        ["/dashboard/live/x/ending", {}, 404],
        [`/dashboard/live/${nowhere}/ending`, {}, 404],
        ["/dashboard/live/x/cancel", post({}), 404],
        [`/dashboard/live/${nowhere}/cancel`, post({}), 404],
        [`/dashboard/live/${nowhere}/cancel`, post({ reason: 7 }), 422],
        [`/dashboard/live/${nowhere}/cancel`, { method: "POST" }, 415],
        [`/dashboard/live/${nowhere}/cancel`, post({ reason: "x".repeat(20_000) }), 413]
      ] as const
      for (const [path, request, status] of cases) {
        const answer = yield* ask(path, request)
        assert.strictEqual(answer.status, status, path)
        assert.sameMembers(
          Object.keys(answer.json).filter((name) => name !== "bytesMax"),
          ["_tag", "message"]
        )
        assert.notMatch(answer.text, /\n\s+at |node_modules|\.ts\b/)
      }
    })
  )
})
