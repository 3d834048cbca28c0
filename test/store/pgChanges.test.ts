/** What a store on Postgres hears of its runs, from whichever host, and what happens when it hears nothing any more. */
import { it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { assert, describe } from "vitest"
import { changes } from "../../src/internal/store/pgChanges.js"
import { pgStatements } from "../../src/internal/store/pgStatements.js"
import * as PgRunStore from "../../src/PgRunStore.js"
import { RunStore } from "../../src/RunStore.js"
import { SqlConnector } from "../../src/SqlConnector.js"
import { cancel, elsewhere, here, newRun, runId, settlement, tombstone } from "./contract/fixtures.js"
import { sqliteFile } from "./databases.js"
import { frozenProxy } from "./frozenProxy.js"
import { type Stage, stageOn, terminate } from "./onPostgres.js"
import { postgresServer } from "./postgresServer.js"

const server = postgresServer()

/** Listens, and answers once the session is there, so that nothing is told before. */
const listening = (stage: Stage, store: typeof RunStore.Service, count: number) =>
  Effect.gen(function* () {
    assert(store.changes !== undefined)
    const fiber = yield* store.changes.pipe(Stream.take(count), Stream.runCollect, Effect.forkScoped)
    yield* stage.foreign`SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'holdfast' AND query LIKE '% LISTEN %'`.pipe(
      Effect.repeat({ until: (rows) => rows.length > 0 })
    )
    return fiber
  })

describe("Postgres: changes of runs", () => {
  it.scopedLive("a cancel and an end are told to every host once they are committed, and nothing else is", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const [mine, theirs] = [yield* stage.open(), yield* stage.open()]
      yield* mine.insert([1, 2, 3, 4].map((n) => newRun(n)))
      yield* mine.insert([newRun(5, { hostId: elsewhere })])
      const hearing = yield* listening(stage, theirs, 5)
      yield* mine.reportProgress([{ id: runId(1), hostId: here, attempt: 1, current: 1, total: null, step: null }])
      yield* mine.requestCancel([cancel(2)])
      yield* mine.requestCancel([cancel(2)])
      yield* mine.settle([settlement(3), settlement(5)])
      yield* mine.entomb([tombstone(newRun(4)), tombstone(newRun(6))])
      // Not told: it is not committed.
      yield* Effect.ignore(
        stage.foreign.withTransaction(
          Effect.zipRight(
            stage.foreign`UPDATE holdfast_runs SET cancel_requested_at = 1 WHERE run_id = ${runId(1)}`,
            Effect.fail("no")
          )
        )
      )
      const times = { registeredAt: 0, leaseUntil: 60_000, leaseMillis: 60_000 }
      yield* mine.registerHost({ hostId: here, pid: 1, bootId: null, processStartedAt: null, ...times })
      yield* mine.takeOver({ from: elsewhere, by: here, names: [], now: 9, token: "t", error: "{}", limit: 9 })
      yield* mine.settle([settlement(2)])
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(hearing)), [2, 3, 4, 5, 2].map(runId))
    })
  )

  it.scopedLive("two schemas of one database do not hear each other", () =>
    Effect.gen(function* () {
      const [one, other] = [yield* stageOn(server), yield* stageOn(server)]
      const [mine, theirs] = [yield* one.open(), yield* other.open()]
      yield* Effect.all([mine.insert([newRun(1)]), theirs.insert([newRun(1), newRun(2)])])
      const hearing = yield* listening(one, theirs, 1)
      yield* mine.settle([settlement(1)])
      yield* theirs.settle([settlement(2)])
      assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(hearing)), [runId(2)])
    })
  )

  it.scopedLive(
    "whoever listens is told when the session is lost, may listen again, and leaves no session behind",
    () =>
      Effect.gen(function* () {
        const stage = yield* stageOn(server)
        const store = yield* stage.open()
        yield* store.insert([newRun(1)])
        const hearing = yield* listening(stage, store, 1)
        yield* terminate(stage.foreign)
        const failure = yield* Effect.flip(Fiber.join(hearing))
        assert.include(failure, { operation: "listen", class: "connection", inDoubt: false })
        const again = yield* listening(stage, store, 1)
        yield* Effect.retry(store.settle([settlement(1)]), { times: 1 })
        assert.deepStrictEqual(Chunk.toReadonlyArray(yield* Fiber.join(again)), [runId(1)])
        yield* stage.foreign`SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'holdfast' AND query LIKE '%LISTEN %'`.pipe(
          Effect.repeat({ until: (rows) => rows.length === 0 })
        )
      })
  )

  it.scopedLive("a network that has fallen silent is found out by asking, and nobody waits for it any more", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      yield* stage.open()
      const proxy = yield* frozenProxy(new URL(stage.connection.url))
      const connector = yield* Effect.provide(
        SqlConnector,
        yield* Layer.build(PgRunStore.connector({ ...stage.connection, url: proxy.url }))
      )
      const { channel } = pgStatements("holdfast_")
      assert(channel !== undefined)
      const patience = { askEvery: Duration.millis(50), answerMax: Duration.seconds(1), leaveMax: Duration.millis(100) }
      const hearing = yield* Effect.forkScoped(Stream.runDrain(changes(connector, channel, patience)))
      // It is asked, and answers.
      yield* stage.foreign`SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'holdfast' AND query LIKE '%listen%SELECT 1'`.pipe(
        Effect.repeat({ until: (rows) => rows.length > 0 })
      )
      assert.isTrue(Option.isNone(yield* Fiber.poll(hearing)))
      proxy.freeze()
      assert.include(yield* Effect.flip(Fiber.join(hearing)), { operation: "listen", class: "connection" })
    })
  )

  it.scoped("a store that cannot tell says so by having none", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(sqliteFile)
      assert.isUndefined((yield* Effect.provide(RunStore, context)).changes)
    })
  )
})
