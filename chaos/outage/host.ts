/**
 * A host in a process of its own, on the real clock, a real file and a real journal. While the outage lasts its database
 * takes starts and no verdicts; whoever started the process kills it at a moment of its own, or has it close. Each work
 * records how it ended, synced to the disk, in a file of its own: that is what the rows are held against.
 *
 * @since 0.1.0
 */
import { fsyncSync, openSync, writeSync } from "node:fs"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { CurrentRun } from "../../src/Run.js"
import * as RunKernel from "../../src/RunKernel.js"
import * as RunLog from "../../src/RunLog.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import * as VerdictJournal from "../../src/VerdictJournal.js"
import * as Chaos from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { fraction } from "../internal/decisionHash.js"
import { files, HostInput } from "./hostInput.js"

/** Small, so that a trial takes a second: what is parked after seconds otherwise is parked after some milliseconds. */
const options = {
  leaseDuration: "1 second",
  shutdownGrace: "100 millis",
  persist: { delayBase: "5 millis", delayMax: "50 millis", parkAfterAttempts: 3, parkAfter: "200 millis" }
} satisfies RunKernel.Options

const outage = FaultPlan.fromRules(
  FaultPlan.rule("settle", "locked", { window: "untilHealed" }),
  FaultPlan.rule("entomb", "locked", { window: "untilHealed" })
)

const kernelLayer = ({ directory, life }: HostInput) =>
  RunKernel.layer(options).pipe(
    Layer.provideMerge(SqlRunStore.layer()),
    Layer.provide(Chaos.layerConnector(life === "outage" ? outage : FaultPlan.none)),
    Layer.provide(SqliteRunStore.connector({ filename: join(directory, files.database) })),
    Layer.provide(VerdictJournal.layerFile({ directory: join(directory, files.journal) })),
    Layer.provide(NodeFileSystem.layer)
  )

const runsMax = 40

/** Runs that end in all ways over most of a second, and some that do not end. */
const live = ({ directory, seed }: HostInput) =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    // The moments of the kill are counted from here.
    process.stdout.write("up")
    const descriptor = openSync(join(directory, files.ends), "a")
    const tell = (id: string, outcome: string) =>
      Effect.sync(() => {
        writeSync(descriptor, `${JSON.stringify({ id, outcome })}\n`)
        fsyncSync(descriptor)
      })
    yield* Effect.forEach(
      Array.from({ length: runsMax }, (_, index) => index),
      (index) => {
        const end = fraction("end", seed, index)
        const work = Effect.gen(function* () {
          const { id } = yield* CurrentRun
          yield* end < 0.1 ? Effect.never : Effect.sleep(Math.floor(fraction("millis", seed, index) * 700))
          yield* tell(id, end < 0.6 ? "succeeded" : "failed")
          if (end >= 0.6) yield* Effect.fail("it was to fail")
        })
        return kernel.start(`work ${index}`, work)
      },
      { concurrency: "unbounded", discard: true }
    )
  })

/** Until nothing is left to do. */
const tidy = Effect.gen(function* () {
  const kernel = yield* RunKernel.RunKernel
  const active = Effect.map(kernel.list({ status: "running" }), ({ length }) => length)
  yield* Effect.repeat(active, {
    until: (left) => left === 0,
    schedule: Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(200))
  })
})

const program = (input: HostInput) =>
  Effect.gen(function* () {
    if (input.life === "healthy") return yield* tidy
    yield* live(input)
    yield* input.closeAfterMillis === undefined ? Effect.sleep("1 minute") : Effect.sleep(input.closeAfterMillis)
  }).pipe(
    Effect.provide(kernelLayer(input)),
    Effect.provide(RunLog.layerFile(join(input.directory, files.log))),
    Effect.provide(Logger.remove(Logger.defaultLogger))
  )

Effect.runFork(
  Schema.decodeUnknown(Schema.parseJson(HostInput))(process.argv.at(-1)).pipe(
    Effect.flatMap(program),
    Effect.catchAllCause((cause) =>
      Effect.sync(() => {
        process.stderr.write(Cause.pretty(cause))
        process.exitCode = 1
      })
    )
  )
)
