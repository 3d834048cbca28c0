/**
 * What liveness and recovery cost with ten thousand active runs, on a SQLite file and on a real Postgres of its own:
 * one renewal, and a host that comes up and settles the runs of one that is lost. `npm run bench:hosts`.
 *
 * @since 0.1.0
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Scope from "effect/Scope"
import { afterAll, bench, describe } from "vitest"
import { startEmbedded } from "../../chaos/postgres/embedded.js"
import { RunId, RunKernel, RunStore } from "../../src/index.js"
import * as PgRunStore from "../../src/PgRunStore.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import { newRun } from "./contract/fixtures.js"
import { registration } from "./contract/hosting.js"
import { foreignClient } from "./postgresServer.js"

const runs = 10_000
const iterations = 3

const server = await startEmbedded([])
const directory = mkdtempSync(join(tmpdir(), "holdfast-bench-"))
const scope = Effect.runSync(Scope.make())

/** A fresh database with a host of ten thousand active runs, which is live. */
const stage = (layer: Layer.Layer<RunStore.RunStore, unknown>) =>
  Effect.gen(function* () {
    const store = Context.get(yield* Layer.buildWithScope(layer, scope), RunStore.RunStore)
    const hostId = yield* RunId.makeHostId
    yield* store.registerHost(registration({ hostId, leaseMillis: 60_000 }))
    for (let from = 0; from < runs; from += 500) {
      yield* store.insert(Array.from({ length: 500 }, (_, n) => newRun(from + n, { hostId })))
    }
    return { store, hostId }
  })

/** From opening the kernel, which recovers before it is open, until it is closed again. */
const recover = ({ store, hostId }: Effect.Effect.Success<ReturnType<typeof stage>>) =>
  Effect.gen(function* () {
    yield* store.fence({ hostId, renewSeq: 0 })
    const open = yield* Scope.make()
    yield* Layer.buildWithScope(
      RunKernel.layer().pipe(
        Layer.provide(Layer.succeed(RunStore.RunStore, store)),
        Layer.provide(Logger.minimumLogLevel(LogLevel.None))
      ),
      open
    )
    yield* Scope.close(open, Exit.void)
    if ((yield* store.ownedBy({ hostId, limit: 1 })).length > 0) throw new Error("Some runs were not recovered.")
  })

let made = 0
const onPostgres = Effect.gen(function* () {
  const schema = `bench_${++made}`
  const client = yield* foreignClient(server.url)
  yield* client.unsafe(`CREATE SCHEMA ${schema}`)
  return PgRunStore.layer({ url: server.url, schema })
}).pipe(Effect.scoped)

const databases = {
  SQLite: Effect.suspend(() => stage(SqliteRunStore.layer({ filename: join(directory, `${++made}.db`) }))),
  Postgres: Effect.flatMap(onPostgres, stage)
}

afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  await server.remove()
  rmSync(directory, { recursive: true, force: true })
})

for (const [name, make] of Object.entries(databases)) {
  // Here, since nothing that is done before a benchmark is called by its runner.
  const stages = await Effect.runPromise(Effect.replicateEffect(make, iterations + 1))
  describe(`${name}, ${runs} active runs of a host`, () => {
    bench(
      "one renewal",
      async () => {
        const [first] = stages
        if (first !== undefined) await Effect.runPromise(first.store.renewHost({ hostId: first.hostId, leaseUntil: 1 }))
      },
      { iterations: 30, time: 0, warmupIterations: 3, warmupTime: 0 }
    )

    bench(
      "all of them settled as failed by another host",
      async () => {
        const next = stages.pop()
        if (next === undefined) throw new Error("There are more iterations than databases.")
        await Effect.runPromise(recover(next))
      },
      { iterations, time: 0, warmupIterations: 0, warmupTime: 0 }
    )
  })
}
