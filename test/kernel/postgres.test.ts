/** A kernel on a real Postgres: what only this database refuses, and what two hosts share. */
import { it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { assert, describe } from "vitest"
import { RunKernel, Work } from "../../src/index.js"
import * as PgRunStore from "../../src/PgRunStore.js"
import { foreignClient, postgresServer } from "../store/postgresServer.js"

const server = postgresServer()

const Echo = Work.make("echo", { payload: { text: Schema.String }, success: Schema.String })

const hostOn = (connection: PgRunStore.Connection) =>
  RunKernel.layer({ leaseDuration: "600 millis" }).pipe(
    Layer.provide(PgRunStore.layer(connection)),
    Layer.provide(Logger.remove(Logger.defaultLogger))
  )

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
})
