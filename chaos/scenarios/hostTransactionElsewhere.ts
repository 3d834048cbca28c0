/**
 * The ticket: a host started work inside a transaction on its own, other database. The run's
 * statements followed the transaction there, and its rollback took back what the work had done.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { layer, RunKernel } from "../../src/RunKernel.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import type { Database } from "./database.js"
import { beside, scenario, World, within } from "./world.js"

/** A kernel whose client is the host's own: that one follows the transactions of its fiber, to whatever database. */
const onTheHostsClient = ({ client }: Database) =>
  layer().pipe(Layer.provide(SqlRunStore.layerClient()), Layer.provide(client))

export default scenario({
  name: "hostTransactionElsewhere",
  promise: "a transaction of the host's on another database reaches neither our statements nor the work",
  guarantees: ["G7"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const host = Layer.merge(world.database.elsewhere, onTheHostsClient(world.database))
    yield* beside(host, (context) =>
      Effect.gen(function* () {
        const ours = Context.get(context, RunKernel)
        const sql = Context.get(context, SqlClient.SqlClient)
        yield* sql`CREATE TABLE orders (id INTEGER)`
        // Of the work: no part of the transaction, which it has to wait for where there is one connection.
        const mayInsert = yield* Deferred.make<void>()
        const work = Effect.zipRight(Deferred.await(mayInsert), sql`INSERT INTO orders VALUES (2)`)
        const transaction = Effect.gen(function* () {
          yield* sql`INSERT INTO orders VALUES (1)`
          const handle = yield* kernel.start("import", work)
          const other = yield* kernel.start("import", Effect.sleep("1 hour"))
          assert.deepEqual(yield* other.cancel(), { _tag: "Requested", durable: true })
          assert.equal((yield* kernel.get(handle.id)).status, "running")
          for (const each of [kernel, ours]) assert.equal((yield* each.list()).length, 2)
          yield* Deferred.succeed(mayInsert, undefined)
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
