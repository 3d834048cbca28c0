/**
 * The events of a run over real sockets: what a client is told first, what it is told when it comes back,
 * how the end is told while the database fails, and that clients who go away leave nothing behind.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Run, type RunId, type RunStore } from "../../src/index.js"
import { countSubscribers, failure, makeGate, Reader, type Setting, start } from "./host.js"

const begin = (setting: Setting = {}) =>
  Effect.gen(function* () {
    const host = yield* start(setting)
    const answer = yield* host.ask("/runs/import", { method: "POST", body: { file: "a" } })
    const id: RunId.RunId = answer.json.run.id
    return { ...host, id, path: `/runs/${id}/events` }
  })

const reader = (port: number, path: string, lastEventId?: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new Reader(port, path, lastEventId)),
    (opened) => Effect.sync(() => opened.close())
  )

const ended = (opened: Reader) => opened.isEnded

const { subscribers, untilSubscribers } = countSubscribers()

describe("events", () => {
  it.scopedLive("are the state, then what happens, each with its id, and settled last", () =>
    Effect.gen(function* () {
      const gate = yield* makeGate
      const { path, port } = yield* begin({
        import: () =>
          Effect.gen(function* () {
            yield* gate.wait
            yield* Run.progress({ current: 1, total: 2, step: "読む\n\nevent: settled" })
            yield* Effect.log("line one\nline two", { big: 1n }).pipe(Effect.annotateLogs("big", 1n))
            return 1
          })
      })
      const client = yield* reader(port, path)
      yield* client.until(({ events }) => events.length > 0)
      yield* gate.open
      yield* client.until(ended)
      assert.deepStrictEqual(client.names, ["snapshot", "progressed", "logged", "settled"])
      const [snapshot, progressed, logged, settled] = client.events
      assert.deepStrictEqual([snapshot?.data.sequence, snapshot?.data.run.status], [0, "running"])
      assert.strictEqual(progressed?.data.progress.step, "読む\n\nevent: settled")
      assert.strictEqual(logged?.data.annotations.big, "1")
      assert.deepInclude(settled?.data, { sequence: 3, status: "completed", stored: true, workOutcome: "succeeded" })
      assert.deepStrictEqual(
        client.events.map(({ id }) => id?.split(".")[0]),
        ["0", "1", "2", "3"]
      )
    })
  )

  it.scopedLive("of a run that settled long ago are answered at once, and end", () =>
    Effect.gen(function* () {
      const { id, kernel, path, port } = yield* begin()
      yield* kernel.settled(id)
      const client = yield* reader(port, path)
      yield* client.until(ended)
      assert.deepStrictEqual(client.names, ["snapshot", "settled"])
      assert.deepInclude(client.events[1]?.data, { status: "completed", stored: true })
    })
  )

  it.scopedLive("a client that was told the end and comes back is told not to, as browsers do by themselves", () =>
    Effect.gen(function* () {
      const { ask, id, kernel, path, port } = yield* begin()
      yield* kernel.settled(id)
      const client = yield* reader(port, path)
      yield* client.until(ended)
      const last = client.events.at(-1)?.id ?? ""
      assert.strictEqual((yield* ask(path, { headers: { "last-event-id": last } })).status, 204)
    })
  )

  it.scopedLive("what a client was told before is not told again when it comes back, and what it missed is", () =>
    Effect.gen(function* () {
      const first = yield* makeGate
      const second = yield* makeGate
      const third = yield* makeGate
      const { path, port } = yield* begin({
        import: () =>
          Effect.gen(function* () {
            yield* first.wait
            yield* Run.progress({ current: 1 })
            yield* second.wait
            yield* Effect.log("missed")
            yield* Run.progress({ current: 2 })
            yield* third.wait
            return 1
          })
      })
      const before = yield* reader(port, path)
      yield* before.until(({ events }) => events.length === 1)
      yield* first.open
      yield* before.until(({ events }) => events.length === 2)
      const seen = before.events.at(-1)?.id
      before.close()
      yield* second.open
      const watcher = yield* reader(port, path)
      yield* watcher.until(({ events }) => events.some(({ data }) => data.sequence === 3))
      const after = yield* reader(port, path, seen)
      yield* after.until(({ events }) => events.length === 2)
      const again = yield* reader(port, path, after.events.at(-1)?.id)
      yield* again.until(({ status }) => status === 200)
      yield* third.open
      yield* Effect.all([after.until(ended), again.until(ended)])
      assert.deepStrictEqual(after.names, ["logged", "progressed", "settled"])
      assert.deepStrictEqual(again.names, ["settled"])
    })
  )

  it.scopedLive("an id of another host, of another time or of nobody gets the whole state", () =>
    Effect.gen(function* () {
      const { path, port } = yield* begin({ import: () => Effect.never })
      for (const lastEventId of [
        "0.018f3a3e-0000-7000-8000-000000000000",
        "0",
        "7.row",
        "0.row",
        "x",
        "9999999999999999.x"
      ]) {
        const client = yield* reader(port, path, lastEventId)
        yield* client.until(({ events }) => events.length > 0)
        assert.deepStrictEqual(client.names, ["snapshot"], lastEventId)
      }
    })
  )

  it.scopedLive("a client that missed more than is kept gets the state, with the latest lines in it", () =>
    Effect.gen(function* () {
      const gate = yield* makeGate
      const { path, port } = yield* begin({
        options: { eventTailMax: 3 },
        import: () =>
          Effect.gen(function* () {
            yield* gate.wait
            for (let line = 1; line <= 10; line++) yield* Effect.log(`line ${line}`)
            return yield* Effect.never
          })
      })
      const before = yield* reader(port, path)
      yield* before.until(({ events }) => events.length === 1)
      yield* gate.open
      yield* before.until(({ events }) => events.length === 11)
      const after = yield* reader(port, path, before.events[2]?.id)
      yield* after.until(({ events }) => events.length > 0)
      assert.deepStrictEqual(after.names, ["snapshot"])
      assert.deepStrictEqual(
        after.events[0]?.data.recent.map((line: { event: string; message: string }) => [line.event, line.message]),
        [8, 9, 10].map((line) => ["logged", `line ${line}`])
      )
    })
  )

  it.scopedLive("a verdict that is not stored says so, also to who comes later, and settled follows when it is", () =>
    Effect.gen(function* () {
      let isAway = true
      const { ask, id, path, port } = yield* begin({
        kernel: { persist: { parkAfter: "50 millis", delayBase: "10 millis", delayMax: "50 millis" } },
        change: (store) => ({
          settle: (rows) => (isAway ? failure({ operation: "settle" }) : store.settle(rows))
        })
      })
      const early = yield* reader(port, path)
      yield* early.until(({ names }) => names.includes("parked"))
      const late = yield* reader(port, path)
      yield* late.until(({ names }) => names.includes("parked"))
      const parked = { status: "completed", stored: false }
      for (const client of [early, late]) {
        const told = client.events.find(({ event }) => event === "parked")
        assert.deepInclude(told?.data, parked)
        assert.match(told?.data.why, /^The database failed at settle .*It is retried until it is written\.$/)
        assert.notInclude(told?.data.why, "secret")
      }
      const seen = (yield* ask(`/runs/${id}`)).json
      assert.deepInclude(seen, { status: "running" })
      assert.deepInclude(seen.notStored, { status: "completed", parked: true })
      isAway = false
      yield* Effect.all([early.until(ended), late.until(ended)])
      for (const { names } of [early, late]) {
        assert.deepStrictEqual(
          names.filter((name) => name === "parked" || name === "settled"),
          ["parked", "settled"]
        )
      }
      assert.notProperty((yield* ask(`/runs/${id}`)).json, "notStored")
    })
  )

  it.scopedLive("of a run of another host follow its row to the end, numbered by nobody who could be asked again", () =>
    Effect.gen(function* () {
      const { id, kernel, path, store } = yield* begin({ import: () => Effect.never })
      const other = yield* start({ store, kernel: { followInterval: "10 millis" } })
      const client = yield* reader(other.port, path)
      yield* client.until(({ events }) => events.length === 1)
      yield* kernel.cancel(id, { reason: "enough" })
      yield* client.until(ended)
      assert.deepStrictEqual([client.names[0], client.names.at(-1)], ["snapshot", "settled"])
      assert.deepInclude(client.events.at(-1)?.data, { status: "cancelled", stored: true })
      assert.strictEqual(client.events[0]?.id, "0.row")
    })
  )

  it.scopedLive("say that another host owns the run now, as a word that is not about what is stored", () =>
    Effect.gen(function* () {
      let row: RunStore.StoredRun | undefined
      const { id, kernel, path, port, store } = yield* begin({
        import: () => Effect.never,
        kernel: { followInterval: "10 millis" },
        change: (store) => ({
          settle: (rows) => (row === undefined ? store.settle(rows) : Effect.succeed([{ _tag: "NotMine", row }])),
          get: (id) => (row === undefined ? store.get(id) : Effect.succeedSome(row))
        })
      })
      const client = yield* reader(port, path)
      yield* client.until(({ events }) => events.length === 1)
      row = { ...Option.getOrThrow(yield* store.get(id)), attempt: 2 }
      yield* Effect.fork(Effect.ignore(kernel.cancel(id)))
      yield* client.until(({ names }) => names.includes("superseded"))
      const told = client.events.find(({ event }) => event === "superseded")
      assert.deepInclude(told?.data, { status: "running", stored: false })
      assert.match(told?.data.why, /another host/i)
      row = { ...row, status: "completed", finishedAt: row.createdAt, workOutcome: "succeeded" }
      yield* client.until(ended)
      assert.deepInclude(client.events.at(-1)?.data, { status: "completed", stored: true })
    })
  )

  it.scopedLive("of nobody's id answer 404 as JSON, and of what is no id 400", () =>
    Effect.gen(function* () {
      const nowhere = "/runs/018f3a3e-0000-7000-8000-000000000000/events"
      const { ask } = yield* start()
      const missing = yield* ask(nowhere)
      assert.deepStrictEqual([missing.status, missing.json._tag], [404, "RunNotFound"])
      assert.strictEqual((yield* ask("/runs/x/events")).status, 400)
      assert.strictEqual((yield* ask(nowhere, { headers: { "last-event-id": "x".repeat(201) } })).status, 400)
    })
  )

  it.scopedLive("a silent stream is kept alive by comments", () =>
    Effect.gen(function* () {
      const { path, port } = yield* begin({ import: () => Effect.never, options: { keepAlive: "20 millis" } })
      const client = yield* reader(port, path)
      yield* client.until(({ comments }) => comments >= 3)
      assert.isAtLeast(client.comments, 3)
      assert.deepStrictEqual(client.names, ["snapshot"])
    })
  )

  it.scopedLive("clients that go away free their subscription, and a host that goes away ends their streams", () =>
    Effect.gen(function* () {
      yield* untilSubscribers(0)
      const clients: Array<Reader> = []
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { path, port } = yield* begin({ import: () => Effect.never })
          for (let count = 0; count < 20; count++) clients.push(yield* Effect.sync(() => new Reader(port, path)))
          yield* Effect.forEach(clients, (client) => client.until(({ events }) => events.length > 0))
          assert.strictEqual(yield* subscribers, 20)
          for (const client of clients.slice(0, 15)) client.close()
          yield* untilSubscribers(5)
        })
      )
      yield* Effect.forEach(clients, (client) => client.until(ended))
      yield* untilSubscribers(0)
      assert.isFalse(clients.some(({ names }) => names.includes("settled") && names.at(-1) !== "settled"))
    })
  )
})
