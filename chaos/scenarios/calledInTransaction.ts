/**
 * The ticket: a host called `start` inside its own transaction, on the very client that the store
 * uses. The transaction waited for the start, the start for the connection, and neither ever ended.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RunKernel from "../../src/RunKernel.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { beside, scenario, World, within } from "./world.js"

export default scenario({
  name: "calledInTransaction",
  promise: "a start or a cancel inside a transaction of the store's own client is refused at once, and harms nothing",
  guarantees: ["G7", "G10"],
  program: Effect.gen(function* () {
    const world = yield* World
    const host = RunKernel.layer().pipe(
      Layer.provide(SqlRunStore.layerClient()),
      Layer.provideMerge(world.database.client)
    )
    yield* beside(host, (context) =>
      Effect.gen(function* () {
        const sql = Context.get(context, SqlClient.SqlClient)
        const kernel = Context.get(context, RunKernel.RunKernel)
        yield* sql`CREATE TABLE orders (id INTEGER)`
        const running = yield* kernel.start("import", Effect.sleep("1 hour"), { key: "one" })
        const start = Effect.flip(kernel.start("import", Effect.void, { key: "two" }))
        const changedItsMind = "the host changed its mind"
        const transaction = Effect.gen(function* () {
          yield* sql`INSERT INTO orders VALUES (1)`
          const refusals = [yield* start, yield* sql.withTransaction(start), yield* Effect.flip(running.cancel())]
          assert.deepEqual(
            refusals.map((error) => (error._tag === "CalledInTransaction" ? error.operation : error._tag)),
            ["start", "start", "cancel"]
          )
          return yield* Effect.fail(changedItsMind)
        })
        assert.equal(yield* within("5 seconds")(Effect.flip(sql.withTransaction(transaction))), changedItsMind)
        assert.deepEqual(yield* sql`SELECT id FROM orders`, [])
        assert.equal((yield* world.row(running.id))?.status, "running", "nothing of ours was rolled back")
        assert.equal((yield* world.foreign("SELECT run_id FROM holdfast_runs")).length, 1)

        const after = yield* within("5 seconds")(kernel.start("import", Effect.void, { key: "two" }))
        assert.equal((yield* within("5 seconds")(after.settled)).status, "completed")
        assert.deepEqual(yield* within("5 seconds")(running.cancel()), { _tag: "Requested", durable: true })
      })
    )
  })
})
