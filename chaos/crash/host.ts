/**
 * One life of a host, in a process of its own: a kernel on the file that it is given, in simulation and
 * under the faults that it is given, of which `crash` kills this very process. Life k begins at k hours,
 * so that the lease of the life before has run out, and nobody waits for it; the SIGKILL and the file
 * are real. It does the same operations in the same order whenever it is given the same.
 *
 * @since 0.1.0
 */
import { openSync } from "node:fs"
import { join } from "node:path"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as RunKernel from "../../src/RunKernel.js"
import * as RunLog from "../../src/RunLog.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import * as VerdictJournal from "../../src/VerdictJournal.js"
import * as Chaos from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import * as Exploration from "../internal/exploration.js"
import * as Interleaving from "../internal/interleaving.js"
import { simulated } from "../internal/simulation.js"
import * as CrashingFiles from "./crashingFiles.js"
import { files, LifeInput } from "./lifeInput.js"
import { scripts } from "./scripts.js"
import { tellTo } from "./told.js"

const hour = 3_600_000

/** Every operation is a place to die at, so what is tried again and again otherwise is tried a few times. */
const options = {
  startTimeout: "1 second",
  shutdownGrace: "3 seconds",
  followInterval: "5 seconds",
  persist: { delayBase: "200 millis", parkAfterAttempts: 3 }
} satisfies RunKernel.Options

/** A file of the journal with more than four times of what it needs is written anew from the first kilobyte on. */
const rewriteFromBytes = 1_024

const kernelLayer = (directory: string, seed: number) =>
  RunKernel.layer(options).pipe(
    Layer.provide(SqlRunStore.layer()),
    Layer.provideMerge(Chaos.layerConnector()),
    Layer.provide(SqliteRunStore.connector({ filename: join(directory, files.database) })),
    Layer.provide(VerdictJournal.layerFile({ directory: join(directory, files.journal), rewriteFromBytes })),
    Layer.provide(CrashingFiles.layer(seed))
  )

const live = ({ directory, life, rules, script, seed }: LifeInput) =>
  Effect.gen(function* () {
    const tell = tellTo(openSync(join(directory, files.told), "a"), life)
    const exploration = new Exploration.Exploration(new FaultPlan.FaultPlan({ rules }), false)
    const program = Effect.scoped(
      Effect.flatMap(Layer.build(kernelLayer(directory, seed ?? 0)), (context) =>
        Effect.provide(scripts[script].lifeOf(life, tell), context)
      )
    ).pipe(
      Effect.provide(RunLog.layerFile(join(directory, files.log))),
      Effect.provide(Logger.remove(Logger.defaultLogger)),
      Effect.locally(Exploration.current, exploration)
    )
    const order: Interleaving.Order =
      seed === undefined ? { kind: "choices", choices: [] } : { kind: "random", seed: seed + life }
    const [exit, schedule] = yield* simulated(program, {
      policy: Interleaving.policyOf(order),
      limit: "30 minutes",
      randomSeed: `${seed} ${life}`,
      startMillis: life * hour
    })
    const operations = exploration.engine.operations.map(({ label }) => label)
    if (Exit.isSuccess(exit)) tell({ _tag: "Closed", operations, millis: schedule.simulatedMillis })
    return yield* exit
  })

Effect.runFork(
  Schema.decodeUnknown(Schema.parseJson(LifeInput))(process.argv.at(-1)).pipe(
    Effect.flatMap(live),
    Effect.catchAllCause((cause) =>
      Effect.sync(() => {
        process.stderr.write(Cause.pretty(cause))
        process.exitCode = 1
      })
    )
  )
)
