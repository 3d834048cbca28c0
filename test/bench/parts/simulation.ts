/**
 * Executions a second that the explorers make on one core, faults and orders drawn by seeds, each history judged: of a
 * program that does nothing, of a service as small as most, and of the kernel. And how much faster than real time a
 * kernel lives that waits and retries.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { SqliteClient } from "@effect/sql-sqlite-node"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Chaos from "../../../chaos/Chaos.js"
import * as Explorer from "../../../chaos/Explorer.js"
import * as FaultPlan from "../../../chaos/FaultPlan.js"
import { oneRun } from "../../../chaos/lives/Life.js"
import { ground, livesInMemory } from "../../../chaos/lives/livesInMemory.js"
import { livesOnSqlite } from "../../../chaos/lives/livesOnSqlite.js"
import { living } from "../../../chaos/lives/living.js"
import { oneRunOnSqlite } from "../../../chaos/lives/oneRunOnSqlite.js"
import * as Scenario from "../../../chaos/Scenario.js"
import { type Entry, entryOf } from "../entry.js"
import { type Part, roundsOf, type Setting } from "../part.js"
import { measure, type Subject } from "../rounds.js"

const name = "simulation"

const nothing: Scenario.Scenario = { name: "nothing", promise: "nothing", guarantees: [], program: Effect.void }

const Database = SqliteClient.layer({ filename: ":memory:" }).pipe(
  Layer.tap((context) =>
    Effect.provide(
      Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE orders (item TEXT PRIMARY KEY, state TEXT)`),
      context
    )
  )
)

/** Each statement has two seconds, and nine attempts. */
const patiently = <A, E, R>(statement: Effect.Effect<A, E, R>) =>
  Effect.retry(
    Effect.timeout(Effect.sandbox(statement), "2 seconds"),
    Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(8))
  )

/** Three statements, as of an ordinary service, and a look at what has become of them. */
const smallService: Scenario.Scenario = Scenario.make({
  name: "smallService",
  promise: "an order that was sent is there, and sent",
  layer: Chaos.layerClient().pipe(Layer.provide(Database)),
  program: Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* patiently(sql`INSERT INTO orders VALUES ('rope', 'placed') ON CONFLICT DO NOTHING`)
    yield* patiently(sql`SELECT state FROM orders WHERE item = 'rope'`)
    yield* patiently(sql`UPDATE orders SET state = 'sent' WHERE item = 'rope'`)
  }),
  verify: (exit) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{ readonly state: string }>`SELECT state FROM orders`
      const isSent = rows.length === 1 && rows[0]?.state === "sent"
      if (Exit.isSuccess(exit) && !isSent) yield* Effect.dieMessage(`there are ${JSON.stringify(rows)}`)
    })
})

const { inputs: _, ...inMemory } = livesInMemory
const oneRunInMemory: Scenario.Scenario = { ...inMemory, name: "oneRunInMemory", program: living(ground, oneRun) }

/** Seeds go on from sample to sample: no execution is the same as another. */
const explored = (name: string, scenario: Scenario.Scenario, limits: Explorer.Options): Subject => {
  let seed = 1
  return {
    name,
    sample: async () => {
      const startedAt = performance.now()
      const { executions } = await Effect.runPromise(Explorer.random(scenario, { ...limits, seed }))
      seed += executions
      return (executions * 1_000) / (performance.now() - startedAt)
    }
  }
}

/** The verdict of the one run is parked, and retried until the life heals the database, which it does after 45 seconds. */
const outage = FaultPlan.fromRules(FaultPlan.rule("settle", "busy", { window: "untilHealed" }))

const throughOutage = (name: string, millis: number): Subject => ({
  name,
  sample: async () => {
    const startedAt = performance.now()
    let simulatedMillis = 0
    while (performance.now() - startedAt < millis) {
      const execution = await Effect.runPromise(Scenario.execute(oneRunInMemory, { plan: outage }))
      if (execution.failure !== undefined) throw new Error(execution.failure)
      simulatedMillis += execution.simulatedMillis
    }
    return simulatedMillis / (performance.now() - startedAt)
  }
})

const measureAll = async ({ size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const limits: Explorer.Options = size === "full" ? { timeBudget: 4_000 } : { executionMax: 2 }
  const measured = await measure(
    [
      explored("a program that does nothing", nothing, limits),
      explored("a small service on SQLite", smallService, limits),
      explored("one run, in memory", oneRunInMemory, limits),
      explored("lives, in memory", livesInMemory, limits),
      explored("one run, on SQLite", oneRunOnSqlite, limits),
      explored("lives, on SQLite", livesOnSqlite, limits)
    ],
    roundsOf(size)
  )
  const [time] = await measure(
    [throughOutage("time, through an outage of 45 s", size === "full" ? 4_000 : 1)],
    roundsOf(size)
  )
  return [
    ...measured.map((one) => entryOf(name, "executions/s", one)),
    ...(time === undefined ? [] : [entryOf(name, "× real time", time)])
  ]
}

export const simulation: Part = {
  name,
  about: "executions of the explorers on one core, each with faults, an order of fibers, and a judge",
  measure: measureAll
}
