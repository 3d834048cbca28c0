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
import * as Work from "../../src/Work.js"
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

/** Megabytes of results keep a process busy for longer than it may go without a renewal otherwise. */
const leaseOf = ({ resultLength = 0 }: HostInput): RunKernel.Options =>
  resultLength > 0 ? { leaseDuration: "20 seconds" } : {}

const kernelLayer = (input: HostInput) =>
  RunKernel.layer({ ...options, ...leaseOf(input) }).pipe(
    Layer.provideMerge(SqlRunStore.layer()),
    Layer.provideMerge(Chaos.layerConnector(input.life === "outage" ? outage : FaultPlan.none)),
    Layer.provide(SqliteRunStore.connector({ filename: join(input.directory, files.database) })),
    Layer.provide(VerdictJournal.layerFile({ directory: join(input.directory, files.journal) })),
    Layer.provide(NodeFileSystem.layer)
  )

const runsMax = 40

const Numbered = Work.make("numbered", {
  payload: { index: Schema.Int },
  success: Schema.String,
  error: Schema.String
})

/** Runs that end in all ways over most of a second, and some that do not end. */
const live = ({ directory, resultLength = 0, seed }: HostInput) =>
  Effect.gen(function* () {
    // The moments of the kill are counted from here.
    process.stdout.write("up")
    const descriptor = openSync(join(directory, files.ends), "a")
    const tell = (id: string, outcome: string) =>
      Effect.sync(() => {
        writeSync(descriptor, `${JSON.stringify({ id, outcome })}\n`)
        fsyncSync(descriptor)
      })
    const executor = Numbered.toLayer(({ index }) =>
      Effect.gen(function* () {
        const { id } = yield* CurrentRun
        const end = fraction("end", seed, index)
        // Of those that fill a disk all succeed.
        const isBulky = resultLength > 0
        yield* end < 0.1 && !isBulky ? Effect.never : Effect.sleep(Math.floor(fraction("millis", seed, index) * 700))
        yield* tell(id, end < 0.6 || isBulky ? "succeeded" : "failed")
        return yield* end < 0.6 || isBulky ? Effect.succeed('"'.repeat(resultLength)) : Effect.fail("it was to fail")
      })
    )
    const context = yield* Layer.build(executor)
    yield* Effect.forEach(
      Array.from({ length: runsMax }, (_, index) => index),
      (index) => Effect.provide(Numbered.start({ index }), context),
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
    const chaos = yield* Chaos.Chaos
    yield* Effect.sleep(input.healAfterMillis ?? input.closeAfterMillis ?? "1 minute")
    if (input.healAfterMillis === undefined) return
    yield* chaos.heal
    yield* tidy
  }).pipe(
    Effect.scoped,
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
