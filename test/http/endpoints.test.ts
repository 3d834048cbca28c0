/**
 * Each endpoint over a real socket, with good input and bad: which status, what a program finds in the
 * body, and that nothing of the host's inside gets out.
 */
import { FetchHttpClient, HttpApiClient, OpenApi } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as RunId from "../../src/RunId.js"
import { type Answer, Api, failure, makeGate, start } from "./host.js"

const post = (body: unknown, headers?: Record<string, string>) => ({
  method: "POST",
  body,
  ...(headers === undefined ? {} : { headers })
})

const nowhere = "018f3a3e-0000-7000-8000-000000000000"

/** What must never leave the host: a stack, a path, the name of a file of its sources. */
const assertNothingLeaks = (answer: Answer) => {
  assert.notMatch(answer.text, /\n\s+at |node_modules|\.ts\b|\/var\/lib|secret/)
}

describe("start", () => {
  it.scopedLive("answers 201 with the run, and the run is in the database", () =>
    Effect.gen(function* () {
      const { wait } = yield* makeGate
      const { ask, kernel } = yield* start({ import: () => Effect.as(wait, 1) })
      const answer = yield* ask("/runs/import", post({ file: "a.csv" }))
      assert.strictEqual(answer.status, 201)
      assert.strictEqual(answer.json.isNew, true)
      assert.deepInclude(answer.json.run, { name: "import", key: "a.csv", status: "running" })
      const row = yield* kernel.get(answer.json.run.id)
      assert.strictEqual(row.status, "running")
    })
  )

  it.scopedLive(
    "of a definition without a payload takes an empty object, and the idempotency key counts there too",
    () =>
      Effect.gen(function* () {
        const { ask } = yield* start()
        const first = yield* ask("/runs/ping", post({}, { "idempotency-key": "p1" }))
        const again = yield* ask("/runs/ping", post({}, { "idempotency-key": "p1" }))
        assert.deepStrictEqual([first.status, again.status], [201, 200])
        assert.strictEqual(again.json.run.id, first.json.run.id)
      })
  )

  it.scopedLive("repeated with its idempotency key answers 200 with the same run, also after its end", () =>
    Effect.gen(function* () {
      const gate = yield* makeGate
      const { ask, kernel } = yield* start({ import: () => Effect.as(gate.wait, 1) })
      const request = post({ file: "a.csv" }, { "idempotency-key": "r-7" })
      const first = yield* ask("/runs/import", request)
      const again = yield* ask("/runs/import", request)
      yield* gate.open
      yield* kernel.settled(first.json.run.id)
      const later = yield* ask("/runs/import", request)
      assert.deepStrictEqual([first.status, again.status, later.status], [201, 200, 200])
      assert.deepStrictEqual(
        [first, again, later].map(({ json }) => json.isNew),
        [true, false, false]
      )
      assert.deepStrictEqual(
        [again, later].map(({ json }) => json.run.id),
        [first.json.run.id, first.json.run.id]
      )
      assert.strictEqual(later.json.run.status, "completed")
      const other = yield* ask("/runs/import", post({ file: "b.csv" }, { "idempotency-key": "r-7" }))
      assert.strictEqual(other.status, 409)
      assert.deepInclude(other.json, { _tag: "IdempotencyConflict", existingId: first.json.run.id })
    })
  )

  it.scopedLive("of a key that is taken answers 409 with the id of the active run", () =>
    Effect.gen(function* () {
      const { wait } = yield* makeGate
      const { ask } = yield* start({ import: () => Effect.as(wait, 1) })
      const first = yield* ask("/runs/import", post({ file: "a.csv" }))
      const second = yield* ask("/runs/import", post({ file: "a.csv" }))
      assert.strictEqual(second.status, 409)
      assert.deepInclude(second.json, { _tag: "RunAlreadyActive", activeId: first.json.run.id })
      assert.include(second.json.message, "cancel it")
    })
  )

  it.scopedLive("answers 422 with the schema's message, 400, 413 and 415, and starts nothing", () =>
    Effect.gen(function* () {
      const { ask, kernel } = yield* start({ options: { bodyBytesMax: 1000 } })
      const json = { "content-type": "application/json" }
      const invalid = yield* ask("/runs/import", post({ file: 7 }))
      assert.deepStrictEqual([invalid.status, invalid.json._tag], [422, "PayloadInvalid"])
      assert.match(invalid.json.message, /\["file"\][\s\S]*Expected [\s\S]*actual 7/)
      const cases = [
        [{ method: "POST", raw: "{", headers: json }, 400, "BodyNotJson"],
        [{ method: "POST", raw: "", headers: json }, 400, "BodyNotJson"],
        [{ method: "POST", raw: JSON.stringify({ file: "é".repeat(600) }), headers: json }, 413, "BodyTooLarge"],
        [
          { method: "POST", raw: "x".repeat(3000), headers: { ...json, "transfer-encoding": "chunked" } },
          413,
          "BodyTooLarge"
        ],
        [
          { method: "POST", raw: '{"file":"a"}', headers: { "content-type": "text/plain" } },
          415,
          "MediaTypeUnsupported"
        ],
        [{ method: "POST", raw: '{"file":"a"}' }, 415, "MediaTypeUnsupported"],
        [post(null), 422, "PayloadInvalid"],
        [post([]), 422, "PayloadInvalid"],
        [post({ file: "" }), 422, "PayloadInvalid"],
        [post({ file: "a" }, { "idempotency-key": "k".repeat(256) }), 400, "HttpApiDecodeError"]
      ] as const
      for (const [request, status, tag] of cases) {
        const answer = yield* ask("/runs/import", request)
        assert.deepStrictEqual([answer.status, answer.json?._tag], [status, tag], JSON.stringify(request).slice(0, 80))
        assertNothingLeaks(answer)
      }
      // What it says of its size is believed: a body that never comes keeps nobody waiting.
      const announced = { method: "POST", raw: "{", headers: { ...json, "content-length": "9999999" } }
      assert.strictEqual((yield* ask("/runs/import", announced)).status, 413)
      assert.strictEqual((yield* ask("/runs/no-such-work", post({}))).status, 404)
      assert.deepStrictEqual(yield* kernel.list(), [])
    })
  )

  it.scopedLive("while the database is away answers 503, whether it is in doubt, and no path of the host", () =>
    Effect.gen(function* () {
      let inDoubt = false
      const kernel = {
        startTimeout: "100 millis",
        persist: { delayBase: "10 millis", attemptTimeout: "50 millis" }
      } as const
      const { ask } = yield* start({
        kernel,
        change: () => ({
          insert: () => failure({ operation: "insert", class: inDoubt ? "unknown" : "transient", inDoubt })
        })
      })
      const sure = yield* ask("/runs/import", post({ file: "a.csv" }))
      inDoubt = true
      const doubtful = yield* ask("/runs/import", post({ file: "b.csv" }))
      for (const answer of [sure, doubtful]) {
        assert.deepStrictEqual([answer.status, answer.json._tag], [503, "StoreUnavailable"])
        assert.include(answer.json.message, "has not begun")
        assertNothingLeaks(answer)
      }
      assert.strictEqual(doubtful.json.inDoubt, true)
    })
  )
})

describe("reading", () => {
  it.scopedLive("lists by name, status and key, newest first, within its limit", () =>
    Effect.gen(function* () {
      const gate = yield* makeGate
      const { ask, kernel } = yield* start({
        import: (file) => (file === "c" ? Effect.as(gate.wait, 1) : Effect.succeed(1))
      })
      for (const file of ["a", "b", "c"]) yield* ask("/runs/import", post({ file }))
      const ping = yield* ask("/runs/ping", post({}))
      yield* kernel.settled(ping.json.run.id)
      const keys = (answer: Answer) => answer.json.runs.map((run: { key?: string }) => run.key ?? "-")
      const all = yield* ask("/runs")
      assert.deepStrictEqual(keys(all).sort(), ["-", "a", "b", "c"])
      assert.deepStrictEqual(keys(yield* ask("/runs?name=import&status=running")), ["c"])
      assert.deepStrictEqual(keys(yield* ask("/runs?key=b")), ["b"])
      assert.lengthOf((yield* ask("/runs?limit=2")).json.runs, 2)
      for (const query of ["limit=0", "limit=501", "limit=x", "limit=1.5", "status=done", "name=a&name=b"]) {
        const answer = yield* ask(`/runs?${query}`)
        assert.deepStrictEqual([answer.status, answer.json?._tag], [400, "HttpApiDecodeError"], query)
        assertNothingLeaks(answer)
      }
    })
  )

  it.scopedLive("current is the active run of a key, else its latest, else 404", () =>
    Effect.gen(function* () {
      const gate = yield* makeGate
      const { ask, kernel } = yield* start({ import: () => Effect.as(gate.wait, 1) })
      const none = yield* ask("/runs/current?name=import&key=a")
      assert.deepStrictEqual([none.status, none.json._tag], [404, "RunNotFound"])
      const { id } = (yield* ask("/runs/import", post({ file: "a" }))).json.run
      assert.deepInclude((yield* ask("/runs/current?name=import&key=a")).json, { id, status: "running" })
      yield* gate.open
      yield* kernel.settled(id)
      assert.deepInclude((yield* ask("/runs/current?name=import&key=a")).json, { id, status: "completed" })
      assert.deepInclude((yield* ask("/runs/current?name=import")).json, { id })
      assert.strictEqual((yield* ask("/runs/current?key=a")).status, 400)
    })
  )

  it.scopedLive("current is the active run, also where a start that was given up left a younger row", () =>
    Effect.gen(function* () {
      const { ask, store } = yield* start({ import: () => Effect.never })
      const { id } = (yield* ask("/runs/import", post({ file: "a" }))).json.run
      const row = Option.getOrThrow(yield* store.get(id))
      const hostId = row.hostId ?? assert.fail("it has a host")
      const younger = RunId.RunId.make("ffffffff-ffff-7fff-bfff-ffffffffffff")
      const ending = { status: "failed", workOutcome: "notStarted", finishedAt: row.createdAt + 1 } as const
      const rest = { result: null, error: null, cancelRequestedAt: null, cancelReason: null }
      yield* store.entomb([
        {
          run: { ...row, id: younger, hostId, idempotencyKey: null, createdAt: row.createdAt + 1 },
          settlement: { id: younger, hostId, attempt: 1, token: "t", ...ending, ...rest }
        }
      ])
      assert.strictEqual((yield* ask("/runs?key=a")).json.runs[0].id, younger)
      assert.strictEqual((yield* ask("/runs/current?name=import&key=a")).json.id, id)
    })
  )

  it.scopedLive("get answers with the run, 404 for an id that is nobody's, 400 for what is no id", () =>
    Effect.gen(function* () {
      const { ask } = yield* start()
      const { id } = (yield* ask("/runs/import", post({ file: "a" }))).json.run
      assert.deepInclude((yield* ask(`/runs/${id}`)).json, { id, name: "import" })
      const missing = yield* ask(`/runs/${nowhere}`)
      assert.deepStrictEqual([missing.status, missing.json._tag], [404, "RunNotFound"])
      for (const bad of ["x", "..%2f..%2fetc", encodeURIComponent("<script>"), "a".repeat(5000)]) {
        const answer = yield* ask(`/runs/${bad}`)
        assert.include([400, 404], answer.status, bad)
        assertNothingLeaks(answer)
      }
    })
  )

  it.scopedLive("of what is not served is a plain 404, and of what cannot be read a 400", () =>
    Effect.gen(function* () {
      const { ask } = yield* start()
      const { id } = (yield* ask("/runs/import", post({ file: "a" }))).json.run
      const cases = [
        ["/nothing", {}, 404],
        ["/runs", { method: "PUT" }, 404],
        ["/runs", { method: "POST" }, 404],
        [`/runs/${id}`, { method: "DELETE" }, 404],
        [`/runs/${id}/events`, { method: "POST" }, 404],
        ["/runs/%E0%A4%A", {}, 404],
        ["/runs/%00", {}, 400],
        ["/runs/x/events", {}, 400],
        [`/runs/${nowhere}/events`, {}, 404],
        [`/runs?key=${"k".repeat(2_000)}`, {}, 400],
        ["/runs?limit=-1", {}, 400],
        ["/runs/current", {}, 400]
      ] as const
      for (const [path, request, status] of cases) {
        const answer = yield* ask(path, request)
        assert.strictEqual(answer.status, status, `${path.slice(0, 40)} ${JSON.stringify(request)}`)
        assertNothingLeaks(answer)
      }
    })
  )

  it.scopedLive("answers 503 while the database is away", () =>
    Effect.gen(function* () {
      const { ask } = yield* start({
        kernel: { persist: { attemptTimeout: "50 millis", delayBase: "10 millis" } },
        change: () => ({ get: () => failure(), list: () => failure() })
      })
      for (const path of [`/runs/${nowhere}`, "/runs", "/runs/current?name=import", `/runs/${nowhere}/events`]) {
        const answer = yield* ask(path)
        assert.deepStrictEqual([answer.status, answer.json?._tag], [503, "StoreUnavailable"], path)
        assertNothingLeaks(answer)
      }
    })
  )
})

describe("cancel", () => {
  it.scopedLive("answers 200 with whether it is durable, then 409 with the status, and 404 for nobody's id", () =>
    Effect.gen(function* () {
      const { ask, kernel } = yield* start({ import: () => Effect.never })
      const { id } = (yield* ask("/runs/import", post({ file: "a" }))).json.run
      const asked = yield* ask(`/runs/${id}/cancel`, post({ reason: "no longer needed" }))
      assert.deepStrictEqual([asked.status, asked.json], [200, { requested: true, durable: true }])
      yield* kernel.settled(id)
      const late = yield* ask(`/runs/${id}/cancel`, post({}))
      assert.strictEqual(late.status, 409)
      assert.deepInclude(late.json, { _tag: "RunAlreadyTerminal", status: "cancelled" })
      const run = yield* kernel.get(id)
      assert.deepInclude({ ...run }, { status: "cancelled", cancelReason: "no longer needed" })
      const missing = yield* ask(`/runs/${nowhere}/cancel`, post({}))
      assert.deepStrictEqual([missing.status, missing.json._tag], [404, "RunNotFound"])
    })
  )

  it.scopedLive("refuses what is no id, no JSON and no reason, and cancels nothing", () =>
    Effect.gen(function* () {
      const { ask, kernel } = yield* start({ import: () => Effect.never })
      const { id } = (yield* ask("/runs/import", post({ file: "a" }))).json.run
      assert.strictEqual((yield* ask("/runs/x/cancel", post({}))).status, 400)
      assert.strictEqual((yield* ask(`/runs/${id}/cancel`, { method: "POST" })).status, 415)
      assert.strictEqual((yield* ask(`/runs/${id}/cancel`, post({ reason: 7 }))).status, 422)
      assert.strictEqual((yield* ask(`/runs/${id}/cancel`, post({ reason: "x".repeat(1001) }))).status, 422)
      assert.strictEqual((yield* ask(`/runs/${id}/cancel`)).status, 404)
      assert.isUndefined((yield* kernel.get(id)).cancelRequestedAt)
    })
  )

  it.scopedLive("says that it is not durable while the database is away, and 503 where it cannot be asked", () =>
    Effect.gen(function* () {
      const { ask } = yield* start({
        import: () => Effect.never,
        kernel: {
          startTimeout: "100 millis",
          persist: { parkAfter: "100 millis", attemptTimeout: "50 millis", delayBase: "10 millis" }
        },
        change: () => ({
          requestCancel: () => failure({ operation: "cancel" }),
          settle: () => failure({ operation: "settle" })
        })
      })
      const { id } = (yield* ask("/runs/import", post({ file: "a" }))).json.run
      const here = yield* ask(`/runs/${id}/cancel`, post({}))
      assert.deepStrictEqual([here.status, here.json], [200, { requested: true, durable: false }])
      const elsewhere = yield* ask(`/runs/${RunId.RunId.make(nowhere)}/cancel`, post({}))
      assert.deepStrictEqual([elsewhere.status, elsewhere.json._tag], [503, "StoreUnavailable"])
      assertNothingLeaks(elsewhere)
    })
  )
})

describe("the definition", () => {
  it.scopedLive("gives a typed client, with the start of each work", () =>
    Effect.gen(function* () {
      const { port } = yield* start()
      const client = yield* HttpApiClient.make(Api, { baseUrl: `http://127.0.0.1:${port}` })
      const started = yield* client.runs.start_import({ payload: { file: "a", pages: 2 }, headers: {} })
      const again = yield* client.runs.get({ path: { id: started.run.id } })
      assert.strictEqual(again.id, started.run.id)
      const error = yield* Effect.flip(client.runs.get({ path: { id: RunId.RunId.make(nowhere) } }))
      assert.strictEqual(error._tag, "RunNotFound")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.scopedLive("gives an OpenAPI document in which every reference points to something", () =>
    Effect.gen(function* () {
      const { ask } = yield* start()
      const answer = yield* ask("/openapi.json")
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(Object.keys(answer.json.paths).sort(), [
        "/runs",
        "/runs/current",
        "/runs/import",
        "/runs/ping",
        "/runs/{id}",
        "/runs/{id}/cancel",
        "/runs/{id}/events"
      ])
      assert.deepStrictEqual(Object.keys(answer.json.paths["/runs/import"].post.responses).sort(), [
        "200",
        "201",
        "400",
        "404",
        "409",
        "413",
        "415",
        "422",
        "503"
      ])
      const names = [...answer.text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name = ""]) => name)
      assert.isNotEmpty(names)
      for (const name of names) assert.property(answer.json.components.schemas, name)
      assert.deepStrictEqual(answer.json, JSON.parse(JSON.stringify(OpenApi.fromApi(Api))))
    })
  )
})
