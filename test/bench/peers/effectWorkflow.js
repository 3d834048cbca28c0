import { ClusterWorkflowEngine, SingleRunner } from "@effect/cluster"
import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Activity, Workflow } from "@effect/workflow"
import { Effect, Layer, Logger, LogLevel, ManagedRuntime, Schema } from "effect"
import { secondsFor, synchronousIn } from "./inFlight.js"

const Bench = Workflow.make({
  name: "bench",
  payload: { id: Schema.String },
  success: Schema.Number,
  idempotencyKey: ({ id }) => id
})

const activity = Activity.make({ name: "work", success: Schema.Number, execute: Effect.succeed(1) })

/** A cluster of one runner on SQLite, a workflow of one activity. */
export const open = async ({ filename }) => {
  const runtime = ManagedRuntime.make(
    Bench.toLayer(() => activity).pipe(
      Layer.provideMerge(ClusterWorkflowEngine.layer),
      Layer.provideMerge(SingleRunner.layer({ runnerStorage: "sql" })),
      Layer.provideMerge(SqliteClient.layer({ filename })),
      Layer.provide(Logger.minimumLogLevel(LogLevel.Error))
    )
  )
  const synchronous = await runtime.runPromise(
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.zipRight(sql.unsafe("PRAGMA synchronous = FULL"), sql.unsafe("PRAGMA synchronous").withoutTransform)
    )
  )
  let last = 0
  const one = Effect.suspend(() => Bench.execute({ id: `${process.pid}-${++last}` }))
  return {
    durability: synchronousIn(Object.values(synchronous[0])[0]),
    run: (count, concurrency) => secondsFor(count, concurrency, () => runtime.runPromise(one))
  }
}
