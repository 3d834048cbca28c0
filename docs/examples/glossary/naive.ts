/**
 * The manager that most hosts have, written as a careful team would: rows in a table, a pool that
 * replaces lost connections, a timeout on every statement, a check before a cancel. Its mistake is its
 * shape. The success write stands in the same `try` as the work, so that its failure is taken for a
 * failure of the work; no write is tried twice; and the signal does not wait for the row.
 *
 * The labels in the statements' comments are those of Holdfast's own, and the ids travel as JSON like
 * Holdfast's, so that the same fault plan meets the same writes of the same runs.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Fiber, Layer, Mailbox, Pool } from "effect"
import { Run, RunId } from "effect-holdfast"
import { Chaos, type FaultPlan } from "effect-holdfast/chaos"
import * as SqlConnector from "effect-holdfast/SqlConnector"
import * as SqliteRunStore from "effect-holdfast/SqliteRunStore"
import type { CancelReply, Manager, Told } from "./manager.js"
import * as Witness from "./witness.js"
import * as Work from "./work.js"

export const layer = (filename: string, plan: FaultPlan.FaultPlan) =>
  Layer.mergeAll(Witness.layer, Chaos.layerConnector(plan)).pipe(Layer.provide(SqliteRunStore.connector({ filename })))

/** Also shows, before any storm, that the database can be written to. */
export const createTable = (sql: SqlClient) =>
  sql`CREATE TABLE IF NOT EXISTS naive_runs (run_id TEXT PRIMARY KEY, path TEXT, status TEXT NOT NULL, result TEXT)`

export const make = Effect.gen(function* () {
  const connector = yield* SqlConnector.SqlConnector
  const witness = yield* Witness.Witness
  const scope = yield* Effect.scope
  const context = yield* Effect.context<Exclude<Effect.Effect.Context<ReturnType<typeof Work.build>>, Run.CurrentRun>>()
  const pool = yield* Pool.make({ acquire: connector.connect, size: 4 })

  /** One statement, one attempt. A connection that failed is not used again; whatever a driver throws is an error. */
  const query = <A, E>(statement: (sql: SqlClient) => Effect.Effect<A, E>) =>
    Effect.scoped(
      Effect.flatMap(pool.get, (sql) => Effect.tapErrorCause(statement(sql), () => pool.invalidate(sql)))
    ).pipe(Effect.timeout("500 millis"), Effect.catchAllDefect(Effect.fail))

  const insert = (id: string, path: string) =>
    query(
      (sql) => sql`/* holdfast:insert */ INSERT INTO naive_runs (run_id, path, status)
        SELECT value, ${path}, 'running' FROM json_each(${JSON.stringify([id])})`
    )

  const statusOf = (id: string) =>
    Effect.map(
      query(
        (sql) =>
          sql<{ readonly status: string }>`/* holdfast:read */ SELECT status FROM naive_runs WHERE run_id = ${id}`
      ),
      (rows) => rows[0]?.status
    )

  const update = (label: "settle" | "cancel", id: string, status: string, result: unknown) =>
    query(
      (sql) =>
        sql`${sql.literal(`/* holdfast:${label} */`)} UPDATE naive_runs
          SET status = ${status}, result = ${JSON.stringify(result ?? null)}
          WHERE run_id IN (SELECT value FROM json_each(${JSON.stringify([id])}))`
    )

  const start: Manager["start"] = (path) =>
    Effect.gen(function* () {
      const id = yield* RunId.make
      yield* insert(id, path)
      const told = yield* Mailbox.make<Told>(mailboxSize)
      let writes = 0
      const write = (status: string, result?: unknown) =>
        Effect.suspend(() => {
          writes++
          return update(status === "cancelled" ? "cancel" : "settle", id, status, result)
        })
      const tell = (status: string) => told.offer({ _tag: "Status", status })
      const work = witness.watch(path, Work.build(path)).pipe(
        Effect.provide(context),
        Effect.provideService(Run.CurrentRun, {
          id,
          attempt: 1,
          progress: (progress) => Effect.asVoid(told.offer({ _tag: "Progress", progress }))
        })
      )

      // try { result = await work; emit("completed"); await update("completed") }
      // catch { await update("failed"); emit("failed") }
      const fiber = yield* work.pipe(
        Effect.tap(() => tell("completed")),
        Effect.flatMap((result) => write("completed", result)),
        Effect.catchAllCause(() => Effect.zipRight(write("failed"), tell("failed"))),
        Effect.ensuring(told.end),
        Effect.forkIn(scope)
      )

      const cancel = Effect.gen(function* () {
        if ((yield* statusOf(id)) !== "running") return "too late" satisfies CancelReply
        yield* write("cancelled")
        yield* tell("cancelled")
        yield* Fiber.interrupt(fiber)
        return "accepted" satisfies CancelReply
      })

      return {
        id,
        told: Mailbox.toStream(told),
        writes: Effect.sync(() => writes),
        cancel: Effect.catchAllCause(cancel, () => Effect.succeed<CancelReply>("unanswered"))
      }
    }).pipe(Effect.mapError((error) => ({ message: String(error) })))

  return { start } satisfies Manager
})

/** The contest reads as fast as it is told; one that does not would hold up its own run and no other. */
const mailboxSize = 256
