/**
 * The ticket: a host started work inside a transaction on its own, other database. The run's
 * statements followed the transaction there, and its rollback took back what the work had done.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { RunKernel } from "../../src/RunKernel.js"
import { beside, scenario, World, within } from "./world.js"

export default scenario({
  name: "hostTransactionElsewhere",
  promise: "a transaction of the host's on another database reaches neither our statements nor the work",
  guarantees: ["G7"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    yield* beside(world.database.elsewhere, (context) =>
      Effect.gen(function* () {
        const sql = Context.get(context, SqlClient.SqlClient)
        yield* sql`CREATE TABLE orders (id INTEGER)`
        // Of the work: it waits until the transaction is over, and is no part of it.
        const work = sql`INSERT INTO orders VALUES (2)`
        const transaction = Effect.gen(function* () {
          yield* sql`INSERT INTO orders VALUES (1)`
          const handle = yield* kernel.start("import", work)
          const other = yield* kernel.start("import", Effect.sleep("1 hour"))
          assert.deepEqual(yield* other.cancel(), { _tag: "Requested", durable: true })
          assert.equal((yield* kernel.get(handle.id)).status, "running")
          assert.equal((yield* kernel.list()).length, 2)
          yield* Effect.sleep("1 second")
          return yield* Effect.fail({ id: handle.id, other: other.id })
        })
        const { id, other } = yield* within("5 seconds")(
          Effect.flatMap(Effect.flip(sql.withTransaction(transaction)), (failure) =>
            "other" in failure ? Effect.succeed(failure) : Effect.fail(failure)
          )
        )
        assert.equal((yield* within("5 seconds")(kernel.settled(id))).status, "completed")
        assert.equal((yield* world.row(id))?.status, "completed")
        assert.equal((yield* world.row(other))?.status, "cancelled")
        assert.deepEqual(
          (yield* sql<{ readonly id: number }>`SELECT id FROM orders`).map((order) => order.id),
          [2]
        )
      })
    )
  })
})
