/**
 * Writes the log of kernels under load and a storm to a file, until it has so many bytes: what `holdfast inspect` is
 * measured with.
 *
 *     npm run bench:log -- /tmp/load.ndjson 1000000000
 *
 * One host comes after the other, each with a store of its own in memory, so that the rows of a long log need no room.
 * Nothing is timed here, and no test runs it.
 *
 * @since 0.1.0
 */
import { statSync } from "node:fs"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import * as Chaos from "../../chaos/Chaos.js"
import * as FaultPlan from "../../chaos/FaultPlan.js"
import { type RunError, RunKernel, RunLog, RunStore } from "../../src/index.js"

const runsOfHost = 50_000
const concurrency = 4_000

/** Of full batches one in five fails, for chance is asked for each of their runs. The host itself comes up. */
const storm = (seed: number) =>
  FaultPlan.storm({
    seed,
    rate: 0.001,
    labels: ["insert", "settle", "entomb", "cancel", "progress", "read", "readBack"]
  })

/** Of twenty runs one fails, one takes too long, two are cancelled, and four hold a key. */
const oneRun = (number: number) =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const kind = number % 20
    const millis = yield* Random.nextIntBetween(1, 200)
    const work = Effect.sleep(Duration.millis(millis))
    const handle = yield* kernel.start(
      kind < 4 ? "import" : "export",
      kind === 4 ? Effect.zipRight(work, Effect.fail(new Error("the page cannot be read"))) : work,
      { ...(kind < 4 ? { key: `file-${number}` } : {}), ...(kind === 5 ? { timeout: "1 millis" } : {}) }
    )
    if (kind === 6 || kind === 7) yield* kernel.cancel(handle.id, { reason: "no longer needed" })
    yield* handle.settled
  }).pipe(
    // What a caller is told of a storm is in the log as well.
    Effect.ignore
  )

const oneHost = (path: string, seed: number) =>
  Effect.forEach(
    Array.from({ length: runsOfHost }, (_, index) => index),
    oneRun,
    { concurrency, discard: true }
  ).pipe(
    Effect.provide(
      RunKernel.layer().pipe(
        Layer.provide(Chaos.layerStore(storm(seed))),
        Layer.provide(RunStore.layerMemory),
        Layer.provideMerge(Logger.remove(Logger.defaultLogger)),
        Layer.provideMerge(RunLog.layerFile(path))
      )
    )
  )

const bytesOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

const [path, bytes] = process.argv.slice(2)
if (path === undefined || !(Number(bytes) > 0)) {
  process.stderr.write("Expected a file and a number of bytes: npm run bench:log -- load.ndjson 1000000000\n")
  process.exitCode = 2
} else {
  const hosts = (seed: number): Effect.Effect<void, RunError.StoreFailure> =>
    bytesOf(path) >= Number(bytes)
      ? Effect.void
      : Effect.zipRight(
          oneHost(path, seed),
          Effect.suspend(() => hosts(seed + 1))
        )
  await Effect.runPromise(hosts(1))
  process.stdout.write(`${path}: ${bytesOf(path).toLocaleString("en-US")} bytes\n`)
}
