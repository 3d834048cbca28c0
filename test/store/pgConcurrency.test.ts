/** Many hosts on one Postgres: what they share they wait for, and what they waited for they judge anew. */
import { it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import { assert, describe } from "vitest"
import { cancel, elsewhere, here, newRun, runId, settlement } from "./contract/fixtures.js"
import { type Stage, stageOn } from "./onPostgres.js"
import { postgresServer } from "./postgresServer.js"

const server = postgresServer()

/** While another program holds a change of run 1, `writing` begins and waits; then the change is committed. */
const whileHeld = <A, E>(stage: Stage, change: string, writing: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const begun = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(Effect.zipRight(Deferred.await(begun), writing))
    yield* stage.foreign.withTransaction(
      Effect.gen(function* () {
        yield* stage.foreign.unsafe(`UPDATE holdfast_runs SET ${change} WHERE run_id = '${runId(1)}'`)
        yield* Deferred.succeed(begun, undefined)
        yield* stage.waiting(1)
      })
    )
    return yield* Fiber.join(fiber)
  })

describe("Postgres: a write that waited for its row", () => {
  it.scopedLive("becomes cancelled where a cancel was recorded meanwhile", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const store = yield* stage.open()
      yield* store.insert([newRun(1), newRun(2)])
      const outcomes = yield* whileHeld(
        stage,
        "cancel_requested_at = 7, cancel_reason = 'elsewhere'",
        store.settle([settlement(2), settlement(1)])
      )
      assert.deepStrictEqual(
        outcomes.map((outcome) => outcome._tag === "Applied" && outcome.status),
        ["completed", "cancelled"]
      )
    })
  )

  it.scopedLive("changes nothing where the row has another owner by then, or has settled", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const store = yield* stage.open()
      yield* store.insert([newRun(1)])
      const taken = yield* whileHeld(stage, `host_id = '${elsewhere}', attempt = 2`, store.settle([settlement(1)]))
      assert.strictEqual(taken[0]?._tag, "NotMine")
      const settled = yield* whileHeld(
        stage,
        "status = 'failed', finished_at = 9, work_outcome = 'unknown'",
        store.requestCancel([cancel(1)])
      )
      assert.deepStrictEqual(settled, [{ _tag: "NoOp", status: "failed" }])
    })
  )

  it.scopedLive("gets its key, or is told who has it, when another insert of that key has ended", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const store = yield* stage.open()
      const racing = (ends: "COMMIT" | "ROLLBACK", n: number) =>
        Effect.gen(function* () {
          const other =
            "INSERT INTO holdfast_runs (run_id, name, run_key, status, host_id, attempt, attempt_max, on_host_exit, created_at) " +
            `VALUES ('${runId(100 + n)}', 'import', 'k${n}', 'running', '${elsewhere}', 1, 1, 'fail', 1)`
          const fiber = yield* Deferred.make<Fiber.RuntimeFiber<unknown, unknown>>()
          yield* Effect.ignore(
            stage.foreign.withTransaction(
              Effect.gen(function* () {
                yield* stage.foreign.unsafe(other)
                yield* Deferred.succeed(fiber, yield* Effect.forkDaemon(store.insert([newRun(n, { key: `k${n}` })])))
                yield* stage.waiting(1)
                if (ends === "ROLLBACK") return yield* Effect.fail("roll back")
              })
            )
          )
          return yield* Fiber.join(yield* Deferred.await(fiber))
        })
      assert.deepStrictEqual(yield* racing("COMMIT", 1), [{ _tag: "KeyTaken", activeId: runId(101) }])
      assert.deepStrictEqual(yield* racing("ROLLBACK", 2), [{ _tag: "Inserted" }])
    })
  )
})

describe("Postgres: batches that share rows", () => {
  it.scopedLive("200 at once, each in another order, and none is the victim of a deadlock", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      // A deadlock is looked for at once, and not after the second in which it might dissolve.
      const url = `${stage.connection.url}?options=-c%20deadlock_timeout%3D10ms`
      const hosts = yield* Effect.all(Array.from({ length: 4 }, () => stage.open({ url })))
      const ids = Array.from({ length: 40 }, (_, n) => n + 1)
      // Keys that nobody has yet, again and again: only inserts on their way wait for each other.
      const keyed = (n: number, batch: number) => newRun(batch * 1000 + n, { key: `${Math.floor(batch / 40)}-${n}` })
      const deadlocks = stage.foreign<{
        readonly deadlocks: string
      }>`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`
      yield* hosts[0]?.insert(ids.map((n) => newRun(n))) ?? Effect.void
      const batches = Array.from({ length: 200 }, (_, batch) =>
        Effect.gen(function* () {
          const store = hosts[Math.floor(batch / 4) % hosts.length] ?? (yield* Effect.dieMessage("no host"))
          const shuffled = Chunk.toReadonlyArray(yield* Random.shuffle(ids))
          switch (batch % 4) {
            case 0:
              return yield* store.requestCancel(shuffled.map((n) => cancel(n)))
            case 1:
              return yield* store.insert(shuffled.map((n) => keyed(n, batch)))
            case 2:
              return yield* store.reportProgress(
                shuffled.map((n) => ({
                  id: runId(n),
                  hostId: here,
                  attempt: 1,
                  current: batch,
                  total: null,
                  step: null
                }))
              )
            default:
              return yield* store.settle(
                shuffled.map((n) => settlement(n, { token: `t${batch}`, attempt: batch > 150 ? 1 : 9 }))
              )
          }
        })
      )
      const exits = yield* Effect.all(batches.map(Effect.either), { concurrency: "unbounded" })
      assert.deepStrictEqual(
        exits.filter((exit) => exit._tag === "Left").map((exit) => exit.left.message),
        []
      )
      assert.strictEqual(Number((yield* deadlocks)[0]?.deadlocks), 0)
      const rows = yield* stage.foreign<{ readonly status: string; readonly count: number }>`
        SELECT status, COUNT(*)::integer AS count FROM holdfast_runs GROUP BY status ORDER BY status`
      assert.deepStrictEqual(rows, [
        { status: "cancelled", count: 40 },
        { status: "running", count: 200 }
      ])
    })
  )

  it.scopedLive("starts of the same new keys, in opposite orders, wait for each other and do not deadlock", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const url = `${stage.connection.url}?options=-c%20deadlock_timeout%3D10ms`
      const hosts = yield* Effect.all(Array.from({ length: 4 }, () => stage.open({ url })))
      const keys = Array.from({ length: 200 }, (_, n) => n)
      for (let round = 0; round < 10; round++) {
        const batches = hosts.map((store, host) => {
          const runs = keys.map((n) => newRun((round * hosts.length + host) * 1000 + n, { key: `${round}-${n}` }))
          return store.insert(host % 2 === 0 ? runs : runs.reverse())
        })
        const outcomes = (yield* Effect.all(batches, { concurrency: "unbounded" })).flat()
        assert.lengthOf(
          outcomes.filter((outcome) => outcome._tag === "Inserted"),
          keys.length
        )
      }
    })
  )
})

describe("Postgres: hosts that open at once", () => {
  it.scopedLive("eight of them make the tables once, and none fails", () =>
    Effect.gen(function* () {
      for (let round = 1; round <= 3; round++) {
        const stage = yield* stageOn(server)
        const stores = yield* Effect.all(
          Array.from({ length: 8 }, () => stage.open()),
          { concurrency: "unbounded" }
        )
        for (const [n, store] of stores.entries()) yield* store.insert([newRun(n)])
        const migrations = yield* stage.foreign`SELECT migration_id FROM holdfast_migrations`
        assert.deepStrictEqual(migrations, [{ migration_id: 1 }])
      }
    })
  )

  it.scopedLive("a host that may not make tables says so at once, and one that finds them needs no such right", () =>
    Effect.gen(function* () {
      const stage = yield* stageOn(server)
      const role = `plain_${process.pid}`
      const { schema, url } = stage.connection
      const plain = new URL(url)
      plain.username = role
      plain.password = "plain"
      yield* stage.foreign.unsafe(
        `CREATE ROLE ${role} LOGIN PASSWORD 'plain'; GRANT USAGE ON SCHEMA ${schema} TO ${role}`
      )
      yield* Effect.addFinalizer(() => Effect.orDie(stage.foreign.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`)))
      const failure = yield* Effect.flip(stage.open({ url: plain.href }))
      assert.include(failure, { operation: "migrate", class: "permanent", code: "42501" })
      yield* stage.open()
      yield* stage.foreign.unsafe(
        `GRANT SELECT, INSERT, UPDATE, DELETE ON holdfast_runs, holdfast_hosts TO ${role}; GRANT SELECT ON holdfast_migrations TO ${role}`
      )
      const store = yield* stage.open({ url: plain.href })
      yield* store.insert([newRun(1)])
      yield* store.settle([settlement(1)])
      yield* store.check
    })
  )
})
