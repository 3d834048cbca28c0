/**
 * The ticket: a host called `start` inside a transaction of its own connection to the same SQLite
 * file. The lock was the host's, so the insert could never be made, and the start never answered.
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
  name: "hostTransactionSameFile",
  promise: "a start behind a lock of its own caller gives up when its time is over, and recovers after the transaction",
  guarantees: ["G5", "G7", "G8"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.sync(() => effects++)
    yield* beside(world.database.client, (context) =>
      Effect.gen(function* () {
        const sql = Context.get(context, SqlClient.SqlClient)
        yield* sql`CREATE TABLE orders (id INTEGER)`
        const transaction = Effect.gen(function* () {
          yield* sql`INSERT INTO orders VALUES (1)`
          return yield* Effect.flip(kernel.start("import", work, { key: "one" }))
        })
        const failure = yield* within("11 seconds")(sql.withTransaction(transaction))
        assert.ok(failure._tag === "StoreFailure" && failure.code === "SQLITE_BUSY", `${failure}`)
        assert.equal((yield* sql`SELECT id FROM orders`).length, 1, "the host's own transaction was committed")
      })
    )
    const next = yield* within("10 seconds")(kernel.start("import", work, { key: "one" }))
    assert.equal((yield* within("5 seconds")(next.settled)).status, "completed")
    const [abandoned, ...others] = yield* world.foreign("SELECT * FROM holdfast_runs WHERE run_id <> ?", next.id)
    assert.deepEqual([abandoned?.status, abandoned?.work_outcome, others.length], ["failed", "notStarted", 0])
    assert.equal(JSON.parse(String(abandoned?.error)).reason, "StartAbandoned")
    assert.equal(effects, 1)
  })
})
