/**
 * Chaos over a real Postgres, in real time: its Postgres faults look as the driver's own do, its rebuilt
 * client speaks the dialect, and a kernel on it keeps its promises under every single fault.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { postgresFaults } from "../../chaos/cli/scenariosCommand.js"
import { Chaos, FaultPlan } from "../../chaos/index.js"
import { type ErrorFault, sqlError } from "../../chaos/internal/faultErrors.js"
import { RunHistory, RunKernel } from "../../src/index.js"
import { toStoreFailure } from "../../src/internal/store/sqlFailure.js"
import * as PgRunStore from "../../src/PgRunStore.js"
import { RunStore } from "../../src/RunStore.js"
import { SqlConnector } from "../../src/SqlConnector.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { foreignClient, postgresServer } from "../store/postgresServer.js"

const server = postgresServer(["-c", "max_connections=12", "-c", "superuser_reserved_connections=0"])

const errorOf = <A>(effect: Effect.Effect<A, SqlError>): Effect.Effect<SqlError> =>
  Effect.orDieWith(Effect.flip(effect), () => new Error("It succeeded."))

/** Two rows, and clients of one session each, so that BEGIN and what follows it meet the same one. */
const contended = Effect.gen(function* () {
  const { schema, url } = yield* server.freshSchema
  const session = (settings = "") =>
    foreignClient(`${url}?options=${encodeURIComponent(`-c search_path=${schema}${settings}`)}`, { maxConnections: 1 })
  const client = yield* session()
  yield* client`CREATE TABLE rows (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)`
  yield* client`INSERT INTO rows VALUES (1, 0), (2, 0)`
  const change = (by: SqlClient.SqlClient, id: number) => by`UPDATE rows SET n = n + 1 WHERE id = ${id}`
  const onlooker = yield* session()
  const waiting =
    onlooker`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.pipe(
      Effect.repeat({ until: (rows) => rows.length > 0 })
    )
  return { client, session, change, waiting, onlooker, url }
}).pipe(Effect.orDie)

/** The error that the driver really gives, for each kind of fault that speaks of Postgres. */
const real: { readonly [Kind in ErrorFault]?: Effect.Effect<SqlError, SqlError, Scope.Scope> } = {
  serialization: Effect.gen(function* () {
    const { change, client, session } = yield* contended
    const other = yield* session(" -c default_transaction_isolation=repeatable\\ read")
    yield* other`BEGIN`
    yield* other`SELECT * FROM rows`
    yield* change(client, 1)
    return yield* errorOf(change(other, 1))
  }),
  deadlock: Effect.gen(function* () {
    const { change, client, session, waiting } = yield* contended
    const other = yield* session(" -c deadlock_timeout=1h")
    yield* other`BEGIN`
    yield* change(other, 2)
    yield* client`BEGIN`
    yield* change(client, 1)
    const victim = yield* Effect.fork(errorOf(change(client, 2)))
    yield* waiting
    const survivor = yield* Effect.fork(change(other, 1))
    const error = yield* Fiber.join(victim)
    yield* Fiber.join(survivor)
    return error
  }),
  queryCanceled: Effect.gen(function* () {
    const { session } = yield* contended
    const client = yield* session(" -c statement_timeout=20ms")
    return yield* errorOf(client`SELECT pg_sleep(10)`)
  }),
  adminShutdown: Effect.gen(function* () {
    const { change, client, onlooker, session, waiting } = yield* contended
    const other = yield* session()
    yield* client`BEGIN`
    yield* change(client, 1)
    const victim = yield* Effect.fork(errorOf(change(other, 1)))
    yield* waiting
    yield* onlooker`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`
    return yield* Fiber.join(victim)
  }),
  readOnlyTransaction: Effect.gen(function* () {
    const { change, session } = yield* contended
    return yield* errorOf(change(yield* session(" -c default_transaction_read_only=on"), 1))
  }),
  tooManyConnections: Effect.gen(function* () {
    const { url } = yield* contended
    const greedy = yield* foreignClient(url, { maxConnections: 40 })
    return yield* errorOf(Effect.scoped(Effect.forEach(Array.from({ length: 40 }), () => greedy.reserve)))
  })
}

const looksOf = (error: SqlError) => {
  const cause = error.cause as Error & { readonly code?: unknown }
  const { class: failureClass, inDoubt } = toStoreFailure("settle", "autocommit", error)
  return {
    tag: error._tag,
    isError: cause instanceof Error,
    name: cause.name,
    code: cause.code,
    message: cause.message,
    class: failureClass,
    inDoubt
  }
}

describe("a Postgres fault", () => {
  for (const [kind, met] of Object.entries(real)) {
    // Somebody's server has as many connections as it has.
    it.scopedLive.skipIf(kind === "tooManyConnections" && !server.canStop)(`${kind} is what the driver gives`, () =>
      Effect.map(met, (error) => assert.deepStrictEqual(looksOf(sqlError(kind as ErrorFault)), looksOf(error)))
    )
  }
})

describe("a client that chaos rebuilds on Postgres", () => {
  it.scopedLive("writes placeholders, names, inserts and updates as the driver's own does", () =>
    Effect.gen(function* () {
      const { url } = yield* server.freshSchema
      const layer = Chaos.layerConnector().pipe(Layer.provide(PgRunStore.connector({ url })))
      const { connect } = yield* Effect.provide(SqlConnector, layer)
      const [own, chaotic] = [yield* foreignClient(url), yield* connect]
      const statements = (sql: SqlClient.SqlClient) => [
        sql`SELECT ${1}, ${sql("Name")} FROM ${sql("a.b")} WHERE ${sql.in("id", [1, 2])}`,
        sql`INSERT INTO t ${sql.insert([
          { a: 1, b: "x" },
          { a: 2, b: null }
        ])}`,
        sql`UPDATE t SET ${sql.update({ a: 1, b: 2 }, ["a"])}`,
        sql`UPDATE t SET a = v.a FROM ${sql.updateValues([{ a: 1 }, { a: 2 }], "v")}`
      ]
      assert.deepStrictEqual(
        statements(chaotic).map((statement) => statement.compile()),
        statements(own).map((statement) => statement.compile())
      )
    })
  )
})

interface Outcome {
  readonly start: "started" | "refused" | "notOpen"
  readonly statuses: ReadonlyArray<string>
  readonly worked: number
  readonly violations: ReadonlyArray<string>
  readonly operations: ReadonlyArray<string>
  readonly unfired: number
}

/** A kernel's life with one run. Its budgets are short, since this is real time. */
const life = (
  connection: PgRunStore.Connection,
  foreign: SqlClient.SqlClient,
  plan: FaultPlan.FaultPlan
): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    yield* foreign`TRUNCATE holdfast_runs, holdfast_hosts`
    const lines: Array<string> = []
    const counter = { worked: 0 }
    const { chaos, start } = yield* Effect.gen(function* () {
      const chaos = yield* Chaos.Chaos
      return { chaos, start: yield* oneRun(counter) }
    }).pipe(
      Effect.provide(Chaos.layerConnector(plan).pipe(Layer.provide(PgRunStore.connector(connection)))),
      Effect.provide(
        Logger.replace(
          Logger.defaultLogger,
          Logger.map(Logger.jsonLogger, (line) => void lines.push(line))
        )
      )
    )
    const rows = yield* foreign<{ readonly status: string }>`SELECT status FROM holdfast_runs`
    const history = RunHistory.fromLog(lines.join("\n"))
    return {
      start,
      statuses: rows.map(({ status }) => status),
      worked: counter.worked,
      violations: RunHistory.check(history, { isFinal: true, toleranceMillis: 1000 }).map(RunHistory.render),
      operations: (yield* chaos.operations).map(({ label }) => label),
      unfired: (yield* chaos.unfired).length
    }
  }).pipe(Effect.scoped, Effect.orDie)

const oneRun = (counter: { worked: number }) =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const handle = yield* Effect.either(
      kernel.start(
        "life",
        Effect.sync(() => counter.worked++),
        { key: "one" }
      )
    )
    if (handle._tag === "Left") return "refused" as const
    yield* Effect.retry(handle.right.settled, {
      while: (error) => error._tag === "VerdictParked",
      schedule: Schedule.spaced("20 millis")
    })
    return "started" as const
  }).pipe(
    Effect.provide(
      RunKernel.layer({
        shutdownGrace: "5 seconds",
        persist: { delayBase: "5 millis", delayMax: "40 millis", attemptTimeout: "250 millis" }
      }).pipe(Layer.provide(deaf), Layer.provide(SqlRunStore.layer({ openTimeout: "500 millis" })))
    ),
    Effect.catchTag("StoreFailure", () => Effect.succeed("notOpen" as const))
  )

/** Listening goes on beside everything else, so that its operations would have another number in each life. */
const deaf = Layer.effect(
  RunStore,
  Effect.map(RunStore, (store) => ({ ...store, changes: undefined }))
)

const complaintsOf = (outcome: Outcome): ReadonlyArray<string> => [
  ...outcome.violations,
  ...(outcome.unfired === 0 ? [] : ["the fault did not fire"]),
  ...(outcome.start === "started" ? [] : ["it was not waited out"]),
  ...(outcome.worked === 1 ? [] : [`the work ran ${outcome.worked} times`]),
  ...(outcome.statuses.join() === "completed" ? [] : [`the rows say ${outcome.statuses}`])
]

describe("single faults on Postgres", () => {
  it.scopedLive(
    "of every kind that it can have, before and after, at every operation of a kernel's life leave the truth",
    () =>
      Effect.gen(function* () {
        const connection = yield* server.freshSchema
        const foreign = yield* foreignClient(`${connection.url}?options=-c%20search_path%3D${connection.schema}`)
        // The tables are there: opening a fresh database is another test's.
        yield* Effect.scoped(Layer.build(PgRunStore.layer(connection)))
        const healthy = yield* life(connection, foreign, FaultPlan.none)
        assert.deepStrictEqual(complaintsOf(healthy), [])
        const plans = healthy.operations.flatMap((label, index) =>
          postgresFaults.flatMap((fault) =>
            (["before", "after"] as const).map((phase) => ({ label, fault, phase, operation: index + 1 }))
          )
        )
        const failures: Array<string> = []
        for (const { fault, label, operation, phase } of plans) {
          const plan = FaultPlan.fromRules(FaultPlan.rule({ operation }, fault, { phase }))
          const outcome = yield* life(connection, foreign, plan)
          const found = complaintsOf(outcome)
          if (found.length > 0)
            failures.push(`${label} (operation ${operation}), ${fault} ${phase}: ${found.join("; ")}`)
        }
        console.info(
          `single faults on Postgres: ${plans.length} plans, ${failures.length} broken: ${healthy.operations}`
        )
        assert.deepStrictEqual(failures, [])
      }),
    180_000
  )
})

describe("single faults on Postgres, while a kernel begins to listen", () => {
  // The first connection is that of the statements; of the two statements the first one asks for the channel.
  const places = [
    { label: "connect", attempt: 2 },
    { label: "listen", attempt: 1 },
    { label: "listen", attempt: 2 }
  ]
  const faults = ["connectionLost", "adminShutdown", "defect"] as const

  it.scopedLive("it listens in the end, and hears of a cancel that it would not look for in an hour", () =>
    Effect.gen(function* () {
      const connection = yield* server.freshSchema
      const foreign = yield* foreignClient(`${connection.url}?options=-c%20search_path%3D${connection.schema}`)
      yield* Effect.scoped(Layer.build(PgRunStore.layer(connection)))
      for (const place of places) {
        for (const fault of faults) {
          for (const phase of ["before", "after"] as const) {
            const plan = FaultPlan.fromRules(FaultPlan.rule(place, fault, { phase }))
            const { status, unfired } = yield* hearing(connection, foreign, plan)
            assert.deepStrictEqual([status, unfired], ["cancelled", []], `${place.label} ${fault} ${phase}`)
          }
        }
      }
    })
  )
})

/** A kernel with one run, whose cancel another program records until the run has ended. */
const hearing = (connection: PgRunStore.Connection, foreign: SqlClient.SqlClient, plan: FaultPlan.FaultPlan) =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const handle = yield* kernel.start("life", Effect.never)
    // Each time is told anew: nobody may be listening yet.
    yield* foreign`UPDATE holdfast_runs SET cancel_requested_at = COALESCE(cancel_requested_at, 0) + 1
      WHERE run_id = ${handle.id} AND status = 'running' RETURNING run_id`.pipe(
      Effect.repeat({ until: (rows) => rows.length === 0, schedule: Schedule.spaced("20 millis") })
    )
    const { status } = yield* handle.settled
    return { status, unfired: yield* Effect.flatMap(Chaos.Chaos, ({ unfired }) => unfired) }
  }).pipe(
    Effect.provide(
      RunKernel.layer({ leaseDuration: "3 hours", persist: { delayBase: "5 millis", delayMax: "40 millis" } }).pipe(
        Layer.provide(SqlRunStore.layer()),
        Layer.provideMerge(Chaos.layerConnector(plan)),
        Layer.provide(PgRunStore.connector(connection)),
        Layer.provide(Logger.remove(Logger.defaultLogger))
      )
    )
  )
