/** What a real Postgres answers when something is wrong, what the store makes of it, and how it comes back. */
import { inspect } from "node:util"
import { PgClient } from "@effect/sql-pg"
import { it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { assert, describe } from "vitest"
import { refusesValue } from "../../src/internal/store/sqlFailure.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { cancel, newRun, runId, settlement } from "./contract/fixtures.js"
import { frozenProxy } from "./frozenProxy.js"
import { holding, opened, type Stage, stageOn, terminate } from "./onPostgres.js"
import { foreignClient, postgresServer } from "./postgresServer.js"

const server = postgresServer()

describe("Postgres: failures of a statement", () => {
  it.scopedLive("22P05: a NUL is refused for good, and the row alone is to blame", () =>
    Effect.gen(function* () {
      const store = yield* (yield* stageOn(server)).open()
      yield* store.insert([newRun(1)])
      const failure = yield* Effect.flip(store.settle([settlement(1, { result: "a\u0000b" })]))
      assert.include(failure, { operation: "settle", class: "permanent", code: "22P05", inDoubt: false })
      assert.isTrue(refusesValue(failure))
    })
  )

  it.scopedLive("57014: the server ends a statement that takes too long, and leaves no doubt", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const store = yield* stage.open({ statementTimeout: "100 millis" })
      yield* store.insert([newRun(1)])
      const release = yield* holding(stage.foreign, runId(1))
      const failure = yield* Effect.flip(store.settle([settlement(1)]))
      assert.include(failure, { class: "wholeTransaction", code: "57014", inDoubt: false })
      yield* release
      assert.strictEqual((yield* store.settle([settlement(1)]))[0]?._tag, "Applied")
    })
  )

  it.scopedLive("55P03: a lock that somebody holds is waited for only so long, and leaves no doubt", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const store = yield* stage.open({ lockTimeout: "100 millis" })
      yield* store.insert([newRun(1), newRun(2)])
      const release = yield* holding(stage.foreign, runId(1))
      const failure = yield* Effect.flip(store.settle([settlement(1), settlement(2)]))
      assert.include(failure, { class: "wholeTransaction", code: "55P03", inDoubt: false })
      assert.strictEqual((yield* store.settle([settlement(2)]))[0]?._tag, "Applied")
      yield* release
      assert.strictEqual((yield* store.settle([settlement(1)]))[0]?._tag, "Applied")
    })
  )

  it.scopedLive("40P01: the victim of a deadlock has changed nothing, and may be repeated", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const store = yield* stage.open()
      yield* store.insert([newRun(1), newRun(2)])
      const failure = yield* stage.foreign.withTransaction(
        Effect.gen(function* () {
          // Only the store's session looks for the deadlock, so it is the one that is given up.
          yield* stage.foreign`SET LOCAL deadlock_timeout = '1h'`
          yield* stage.foreign.unsafe(`UPDATE holdfast_runs SET progress_step = 'x' WHERE run_id = '${runId(2)}'`)
          const settling = yield* Effect.fork(Effect.flip(store.settle([settlement(2), settlement(1)])))
          yield* stage.waiting(1)
          yield* stage.foreign.unsafe(`UPDATE holdfast_runs SET progress_step = 'x' WHERE run_id = '${runId(1)}'`)
          return yield* Fiber.join(settling)
        })
      )
      assert.include(failure, { class: "wholeTransaction", code: "40P01", inDoubt: false })
      const outcomes = yield* store.settle([settlement(2), settlement(1)])
      assert.deepStrictEqual(
        outcomes.map((outcome) => outcome._tag),
        ["Applied", "Applied"]
      )
    })
  )

  it.scopedLive("40001: not with sessions of our own, and repeatable with a host's, whatever its isolation", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const options = "?options=-c%20default_transaction_isolation%3Drepeatable%5C%20read"
      const racing = (store: Effect.Effect.Success<ReturnType<Stage["open"]>>, n: number) =>
        Effect.gen(function* () {
          yield* store.insert([newRun(n)])
          const release = yield* holding(stage.foreign, runId(n))
          const settling = yield* Effect.fork(Effect.either(store.settle([settlement(n)])))
          yield* stage.waiting(1)
          yield* release
          return yield* Fiber.join(settling)
        })
      const own = yield* stage.open({ url: `${stage.connection.url}${options}` })
      assert.strictEqual((yield* racing(own, 1))._tag, "Right")
      const client = PgClient.layer({
        url: Redacted.make(`${stage.connection.url}${options}%20-c%20search_path%3D${stage.connection.schema}`),
        applicationName: "holdfast"
      })
      const hosts = yield* opened(Layer.provide(SqlRunStore.layerClient(), Layer.orDie(client)))
      const met = yield* racing(hosts, 2)
      assert(met._tag === "Left")
      assert.include(met.left, { class: "wholeTransaction", code: "40001", inDoubt: false })
      assert.strictEqual((yield* hosts.settle([settlement(2)]))[0]?._tag, "Applied")
    })
  )

  it.scopedLive(
    "P0001 and 42P01: a trigger of the host's that refuses, and a table that is gone, stay as they are",
    () =>
      Effect.gen(function* () {
        const stage = yield* stageOn(server)
        const store = yield* stage.open()
        yield* store.insert([newRun(1)])
        yield* stage.foreign`CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$`
        yield* stage.foreign`CREATE TRIGGER no BEFORE UPDATE ON holdfast_runs FOR EACH ROW EXECUTE FUNCTION no()`
        const refused = yield* Effect.flip(store.settle([settlement(1)]))
        assert.include(refused, { class: "permanent", code: "P0001", inDoubt: false })
        yield* stage.foreign`DROP TABLE holdfast_runs`
        assert.include(yield* Effect.flip(store.settle([settlement(1)])), { class: "permanent", code: "42P01" })
      })
  )
})

describe("Postgres: a connection that is lost", () => {
  it.scopedLive("57P01: a write whose session is ended is in doubt, and the next one finds another session", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const store = yield* stage.open()
      yield* store.insert([newRun(1)])
      const release = yield* holding(stage.foreign, runId(1))
      const settling = yield* Effect.fork(Effect.flip(store.settle([settlement(1)])))
      yield* stage.waiting(1)
      yield* terminate(stage.foreign)
      assert.include(yield* Fiber.join(settling), { class: "connection", code: "57P01", inDoubt: true })
      yield* release
      assert.strictEqual((yield* store.settle([settlement(1)]))[0]?._tag, "Applied")
    })
  )

  it.scopedLive("sessions that end while nobody uses them disturb nobody", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const store = yield* stage.open()
      yield* store.insert([newRun(1)])
      for (let round = 1; round <= 5; round++) {
        yield* terminate(stage.foreign)
        // The first one may meet a session whose end it has not heard of yet.
        yield* Effect.retry(store.requestCancel([cancel(1)]), {
          times: 1,
          while: (failure) => failure.class === "connection"
        })
      }
    })
  )

  it.scopedLive("25006: sessions that became read-only are left for others, and nothing was written", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const store = yield* stage.open()
      yield* store.insert([newRun(1)])
      const setting = (words: string) =>
        stage.foreign.unsafe(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I ${words}', current_database()); END $$`)
      yield* setting("SET default_transaction_read_only = on")
      yield* Effect.gen(function* () {
        yield* terminate(stage.foreign)
        const failure = yield* Effect.flip(
          Effect.retry(store.settle([settlement(1)]), { times: 3, while: ({ code }) => code !== "25006" })
        )
        assert.include(failure, { class: "wholeTransaction", code: "25006", inDoubt: false })
      }).pipe(
        Effect.ensuring(
          Effect.orDie(
            stage.foreign.withTransaction(
              Effect.zipRight(stage.foreign`SET TRANSACTION READ WRITE`, setting("RESET default_transaction_read_only"))
            )
          )
        )
      )
      assert.strictEqual((yield* store.settle([settlement(1)]))[0]?._tag, "Applied")
    })
  )

  it.scopedLive("53300: too many connections is a failure that passes, and nothing was sent", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const { schema, url } = stage.connection
      const role = `limited_${process.pid}`
      const limited = new URL(url)
      limited.username = role
      limited.password = "limited"
      yield* stage.foreign.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'limited' CONNECTION LIMIT 1`)
      yield* Effect.addFinalizer(() =>
        Effect.orDie(stage.foreign.unsafe(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`))
      )
      yield* stage.foreign.unsafe(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role}`)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const store = yield* stage.open({ url: limited.href })
          yield* store.insert([newRun(1)])
          const release = yield* holding(stage.foreign, runId(1))
          const settling = yield* Effect.fork(store.settle([settlement(1)]))
          yield* stage.waiting(1)
          const failure = yield* Effect.flip(store.requestCancel([cancel(2)]))
          assert.include(failure, { class: "transient", code: "53300", inDoubt: false })
          yield* release
          yield* Fiber.join(settling)
          assert.strictEqual((yield* store.requestCancel([cancel(2)]))[0]?._tag, "NotFound")
          // Refused for good, and no row is to blame for it.
          yield* stage.foreign.unsafe(`ALTER ROLE ${role} NOLOGIN`)
          yield* terminate(stage.foreign)
          const shut = yield* Effect.flip(
            Effect.retry(store.requestCancel([cancel(1)]), { times: 3, while: ({ code }) => code !== "28000" })
          )
          // By the statement or by the opening of its client, whichever notices that the old session is gone.
          assert.include(shut, { class: "connection", code: "28000", inDoubt: false })
          assert.include(yield* Effect.flip(store.list({})), { operation: "open", class: "connection" })
          yield* stage.foreign.unsafe(`ALTER ROLE ${role} LOGIN`)
          yield* store.list({})
        })
      )
      yield* terminate(stage.foreign)
    })
  )

  it.scopedLive("a statement that nobody answers is given up at once, and the next one does not queue behind it", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const proxy = yield* frozenProxy(new URL(stage.connection.url))
      const store = yield* stage.open({ url: proxy.url, maxConnections: 1 })
      yield* store.insert([newRun(1)])
      proxy.freeze()
      const [took] = yield* Effect.timed(Effect.timeoutOption(store.settle([settlement(1)]), "200 millis"))
      assert.isBelow(Duration.toMillis(took), 4000)
      const outcome = (yield* store.settle([settlement(1)]))[0]
      // The frozen one may have reached the server.
      assert.include(["Applied", "AlreadyApplied"], outcome?._tag)
    })
  )

  it.scopedLive("a connection that is cut in the middle of a write leaves it in doubt, and is replaced", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const proxy = yield* frozenProxy(new URL(stage.connection.url))
      const store = yield* stage.open({ url: proxy.url })
      yield* store.insert([newRun(1)])
      const release = yield* holding(stage.foreign, runId(1))
      const settling = yield* Effect.fork(Effect.flip(store.settle([settlement(1)])))
      yield* stage.waiting(1)
      proxy.cut()
      const failure = yield* Fiber.join(settling)
      assert.include(failure, { class: "connection", inDoubt: true })
      assert.match(failure.message, /Connection terminated unexpectedly/)
      yield* release
      const outcome = (yield* store.settle([settlement(1)]))[0]
      assert.include(["Applied", "AlreadyApplied"], outcome?._tag)
    })
  )

  it.scopedLive.skipIf(!server.canStop)("a server that stops and starts again is waited out, and nothing is lost", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const store = yield* stage.open()
      yield* store.insert([newRun(1)])
      yield* server.stop
      const away = yield* Effect.flip(
        Effect.retry(store.settle([settlement(1)]), { times: 3, while: (f) => f.class === "connection" })
      )
      assert.include(away, { class: "transient", code: "ECONNREFUSED", inDoubt: false })
      yield* server.start
      assert.strictEqual((yield* store.settle([settlement(1)]))[0]?._tag, "Applied")
    })
  )
})

describe("Postgres: opening", () => {
  const refused = (over: object) =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      return yield* Effect.flip(stage.open({ openAttemptsMax: 1, ...over }))
    })

  it.scopedLive("a wrong password is said at once, and no password is said at all", () =>
    Effect.gen(function* () {
      const failure = yield* refused({ password: Redacted.make("s3cret-and-wrong") })
      assert.include(failure, { operation: "open", class: "permanent", code: "28P01" })
      const said = `${inspect(failure, { depth: 20, showHidden: true })}${JSON.stringify(failure)}${failure.message}`
      assert.match(said, /password authentication failed/)
      for (const secret of ["s3cret", "p@ss", "p%40ss"]) assert.notInclude(said, secret)
    })
  )

  it.scopedLive("an unknown database, a schema that is not there and a closed port are told apart", () =>
    Effect.gen(function* () {
      assert.include(yield* refused({ database: "nowhere" }), { class: "permanent", code: "3D000" })
      assert.include(yield* refused({ schema: "nowhere" }), { operation: "migrate", class: "permanent", code: "3F000" })
      const closed = yield* refused({ port: 1 })
      assert.include(closed, { operation: "open", class: "transient", code: "ECONNREFUSED" })
      assert.match(closed.message, /Postgres on 127\.0\.0\.1, database "holdfast_test_\w+" cannot be opened: \S/)
    })
  )

  it.scopedLive.each(["postgres://a:s3cret@h:port/", "mysql://a:s3cret@h/d", "s3cret"])(
    "a url like no. %# is refused, without a word of it",
    (url) =>
      Effect.gen(function* () {
        const failure = yield* refused({ url })
        assert.include(failure, { operation: "open", class: "permanent" })
        assert.match(failure.message, /Expected postgres:\/\//)
        assert.notInclude(inspect(failure, { depth: 20 }), "s3cret")
      })
  )

  it.scopedLive("what is said beside the url counts, and the session is as it should be", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const url = new URL(stage.connection.url)
      const bare = `postgres://nobody:wrong@${url.host}/nowhere?options=-c%20search_path%3Dnowhere%20-c%20work_mem%3D5MB`
      yield* stage.open({
        url: bare,
        username: decodeURIComponent(url.username),
        password: Redacted.make(decodeURIComponent(url.password)),
        database: url.pathname.slice(1),
        schema: stage.connection.schema
      })
      const [session] = yield* stage.foreign`SELECT application_name, COUNT(*)::integer AS count FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'holdfast' GROUP BY 1`
      assert.deepStrictEqual(session, { application_name: "holdfast", count: 1 })
      const tables = yield* stage.foreign`SELECT tablename FROM pg_tables WHERE schemaname = ${stage.connection.schema}`
      assert.lengthOf(tables, 3)
    })
  )

  it.scopedLive("nothing is left open when the store's scope ends", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      yield* Effect.scoped(
        Effect.flatMap(stage.open(), (store) => Effect.all([store.list({}), store.list({})], { concurrency: 2 }))
      )
      const other = yield* foreignClient(stage.connection.url)
      yield* other`SELECT COUNT(*) AS count FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'holdfast'`.pipe(
        Effect.repeat({ until: ([row]) => Number(row?.count) === 0, times: 1000 }),
        Effect.map(([row]) => assert.strictEqual(Number(row?.count), 0))
      )
    })
  )
})
