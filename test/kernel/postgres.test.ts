/** A kernel on a real Postgres: what only this database refuses, and what two hosts share. */
import { PgClient } from "@effect/sql-pg"
import { it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { assert, describe } from "vitest"
import { RunKernel, Work } from "../../src/index.js"
import * as PgRunStore from "../../src/PgRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { holding, terminate } from "../store/onPostgres.js"
import { foreignClient, postgresServer } from "../store/postgresServer.js"

const server = postgresServer()

const Echo = Work.make("echo", { payload: { text: Schema.String }, success: Schema.String })

const hostOn = (connection: PgRunStore.Connection, options: RunKernel.Options = { leaseDuration: "2 seconds" }) =>
  RunKernel.layer(options).pipe(
    Layer.provide(PgRunStore.layer(connection)),
    Layer.provide(Logger.remove(Logger.defaultLogger))
  )

/** Two hosts that renew, and look at each other's runs, so rarely that only what is told can have come in time. */
const twoListeners = Effect.gen(function* () {
  const connection = yield* server.freshSchema
  const foreign = yield* foreignClient(`${connection.url}?options=-c%20search_path%3D${connection.schema}`)
  const open = Effect.flatMap(
    Layer.build(hostOn(connection, { leaseDuration: "1 hour", followInterval: "1 hour" })),
    (context) => Effect.provide(RunKernel.RunKernel, context)
  )
  /** The kernels of this file before have left. */
  const listening = (sessions: number) =>
    foreign`SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'holdfast' AND query LIKE '% LISTEN %'`.pipe(
      Effect.repeat({ until: (rows) => rows.length === sessions })
    )
  yield* listening(0)
  const kernels = { mine: yield* open, theirs: yield* open }
  yield* listening(2)
  return { ...kernels, foreign, listening }
})

const median = (values: ReadonlyArray<number>): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

describe("a kernel on Postgres", () => {
  it.scopedLive(
    "keeps a NUL in payloads and results, ends a run whose cancel has one, and refuses a key with one",
    () =>
      Effect.gen(function* () {
        const connection = yield* server.freshSchema
        const text = "a\u0000b"
        const echo = Echo.toLayer((payload) => Effect.succeed(payload.text))
        yield* Effect.gen(function* () {
          const kernel = yield* RunKernel.RunKernel
          assert.strictEqual(yield* (yield* Echo.start({ text })).result, text)
          const forever = yield* kernel.start("forever", Effect.never)
          assert.include(yield* forever.cancel({ reason: text }), { _tag: "Requested", durable: true })
          assert.include(yield* forever.settled, { status: "cancelled" })
          const refused = yield* Effect.flip(kernel.start("keyed", Effect.void, { key: text }))
          assert.include(refused, { _tag: "StoreFailure", class: "permanent", code: "22P05" })
          const rows = yield* kernel.list().pipe(
            // Its tombstone is written after the answer.
            Effect.repeat({ until: (all) => all.length === 3, schedule: Schedule.recurs(1000) }),
            Effect.zipRight(kernel.list())
          )
          assert.sameMembers(
            rows.map((row) => `${row.name} ${row.status}`),
            ["echo completed", "forever cancelled", "keyed failed"]
          )
        }).pipe(Effect.provide(Layer.provideMerge(echo, hostOn(connection))))
      })
  )

  it.scopedLive("settles the others while somebody holds the lock of one row, and that one when it is free", () =>
    Effect.gen(function* () {
      const connection = { ...(yield* server.freshSchema), lockTimeout: "100 millis" as const }
      const kernel = yield* Effect.provide(RunKernel.RunKernel, yield* Layer.build(hostOn(connection)))
      const foreign = yield* foreignClient(`${connection.url}?options=-c%20search_path%3D${connection.schema}`)
      const gate = yield* Deferred.make<void>()
      const handles = yield* Effect.forEach(Array.from({ length: 8 }), () => kernel.start("job", Deferred.await(gate)))
      const [held, ...others] = handles
      if (held === undefined) return assert.fail()
      const unlock = yield* holding(foreign, held.id)
      yield* Deferred.succeed(gate, undefined)
      const told = yield* Effect.forEach(others, ({ settled }) => settled, { concurrency: "unbounded" })
      assert.deepStrictEqual([...new Set(told.map(({ status }) => status))], ["completed"])
      // So does one that comes later, whose statement it is not.
      assert.include(yield* Effect.flatMap(kernel.start("job", Effect.void), ({ settled }) => settled), {
        status: "completed"
      })
      assert.include(yield* kernel.get(held.id), { status: "running" })
      yield* unlock
      assert.include(yield* held.settled, { status: "completed" })
    })
  )

  it.scopedLive("takes over the others while somebody holds the lock of one row, and that one when it is free", () =>
    Effect.gen(function* () {
      const connection = yield* server.freshSchema
      // Makes the tables.
      yield* Effect.scoped(Layer.build(hostOn(connection)))
      const foreign = yield* foreignClient(`${connection.url}?options=-c%20search_path%3D${connection.schema}`)
      const [held, ...others] = ["a", "b", "c"].map((last) => `00000000-0000-7000-8000-00000000abc${last}`)
      if (held === undefined) return assert.fail()
      for (const id of [held, ...others]) {
        yield* foreign`INSERT INTO holdfast_runs (run_id, name, status, host_id, attempt, attempt_max, on_host_exit, created_at)
          VALUES (${id}, 'job', 'running', 'gone', 1, 1, 'fail', 1)`
      }
      const unlock = yield* holding(foreign, held)
      yield* Layer.build(hostOn(connection))
      const active = foreign<{ readonly id: string }>`
        SELECT run_id AS id FROM holdfast_runs WHERE status = 'running'`
      const left = yield* Effect.repeat(active, { until: (rows) => rows.length < 3 })
      assert.deepStrictEqual(left, [{ id: held }])
      yield* unlock
      yield* Effect.repeat(active, { until: (rows) => rows.length === 0 })
    })
  )

  it.scopedLive("shares keys and cancels with another host, and settles what that one leaves behind", () =>
    Effect.gen(function* () {
      const connection = yield* server.freshSchema
      const contextOf = Layer.build(hostOn(connection))
      const [here, there] = [yield* contextOf, yield* contextOf]
      const kernelIn = (context: Effect.Effect.Success<typeof contextOf>) =>
        Effect.provide(RunKernel.RunKernel, context)
      const [mine, theirs] = [yield* kernelIn(here), yield* kernelIn(there)]
      const begun = yield* Deferred.make<void>()
      const handle = yield* mine.start("job", Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never), {
        key: "k"
      })
      yield* Deferred.await(begun)
      const taken = yield* Effect.flip(theirs.start("job", Effect.void, { key: "k" }))
      assert.include(taken, { _tag: "RunAlreadyActive", activeId: handle.id })
      assert.include(yield* theirs.cancel(handle.id), { _tag: "Requested", durable: true })
      assert.include(yield* theirs.settled(handle.id), { status: "cancelled" })
      // A run of a host that is not there any more.
      const foreign = yield* foreignClient(`${connection.url}?options=-c%20search_path%3D${connection.schema}`)
      const orphan = "00000000-0000-7000-8000-00000000abcd"
      yield* foreign`INSERT INTO holdfast_runs (run_id, name, status, host_id, attempt, attempt_max, on_host_exit, created_at)
        VALUES (${orphan}, 'job', 'running', 'gone', 1, 1, 'fail', 1)`
      const [row] = yield* foreign<{ readonly status: string; readonly error: string }>`
        SELECT status, error FROM holdfast_runs WHERE run_id = ${orphan}`.pipe(
        Effect.repeat({ until: ([found]) => found?.status !== "running" })
      )
      assert.strictEqual(row?.status, "failed")
      assert.include(row?.error, "HostLost")
    })
  )

  it.scopedLive("a cancel from another host stops the work at once, and its end is told there at once", () =>
    Effect.gen(function* () {
      const { mine, theirs } = yield* twoListeners
      const once = Effect.gen(function* () {
        const stopped = yield* Deferred.make<number>()
        const begun = yield* Deferred.make<void>()
        const note = Effect.flatMap(Clock.currentTimeMillis, (now) => Deferred.succeed(stopped, now))
        const work = Effect.zipRight(
          Deferred.succeed(begun, undefined),
          Effect.onInterrupt(Effect.never, () => note)
        )
        const { id } = yield* mine.start("job", work)
        yield* Deferred.await(begun)
        const events = yield* Effect.fork(Stream.runCollect(theirs.events(id)))
        const waiter = yield* Effect.fork(theirs.settled(id))
        const askedAt = yield* Clock.currentTimeMillis
        assert.include(yield* theirs.cancel(id), { _tag: "Requested", durable: true })
        const stoppedAt = yield* Deferred.await(stopped)
        assert.include(yield* Fiber.join(waiter), { status: "cancelled" })
        const toldAt = yield* Clock.currentTimeMillis
        const last = Chunk.last(yield* Fiber.join(events))
        assert.include(last._tag === "Some" ? last.value : undefined, { _tag: "Settled", status: "cancelled" })
        return { stopped: stoppedAt - askedAt, told: toldAt - askedAt }
      })
      const measured = yield* Effect.replicateEffect(once, 50)
      const stopped = median(measured.map((one) => one.stopped))
      const told = median(measured.map((one) => one.told))
      console.log(
        `median of 50 cancels from another host: the work stopped after ${stopped} ms, its end told after ${told} ms`
      )
    })
  )

  it.scopedLive("listens again when its session was lost", () =>
    Effect.gen(function* () {
      const { foreign, listening, mine, theirs } = yield* twoListeners
      yield* terminate(foreign)
      yield* listening(2)
      const handle = yield* mine.start("job", Effect.never)
      yield* theirs.cancel(handle.id)
      assert.include(yield* handle.settled, { status: "cancelled" })
    })
  )

  it.scopedLive("leaves the only connection of a host's own client to the statements", () =>
    Effect.gen(function* () {
      const { schema, url } = yield* server.freshSchema
      const client = PgClient.layer({
        url: Redacted.make(`${url}?options=-c%20search_path%3D${schema}`),
        maxConnections: 1
      })
      const kernel = RunKernel.layer().pipe(
        Layer.provide(SqlRunStore.layerClient()),
        Layer.provide(Layer.orDie(client)),
        Layer.provide(Logger.remove(Logger.defaultLogger))
      )
      const done = Effect.flatMap(RunKernel.RunKernel, (runs) =>
        Effect.flatMap(runs.start("job", Effect.succeed(1)), (handle) => handle.result)
      )
      assert.strictEqual(yield* Effect.provide(done, kernel), 1)
    })
  )
})
