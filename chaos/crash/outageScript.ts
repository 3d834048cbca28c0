/**
 * The lives of a host with an outage: in the first one the database takes no verdicts, so that they are
 * parked and journaled; some of them are written when it is over, the others are left to the next life,
 * with runs that are to be restarted there. A start stays in doubt, and its tombstone is journaled. The
 * later lives have a database that is well: they wait for what was left, and start every key again.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { CurrentRun, RunHandle } from "../../src/Run.js"
import * as RunKernel from "../../src/RunKernel.js"
import { isTerminal } from "../../src/RunStatus.js"
import * as Work from "../../src/Work.js"
import * as Chaos from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { cancelled, followed, orTold, started, untilSettled, watched } from "./callers.js"
import type { Script } from "./script.js"
import type { Tell } from "./told.js"

// -- work ---------------------------------------------------------------------------------------------

/** How long it takes in the life that starts it; a later one is quicker. */
const payload = { seconds: Schema.Int }
const Export = Work.make("export", { payload, onHostExit: "restart", attemptMax: 2 })
const Digest = Work.make("digest", { payload, onHostExit: "restart", attemptMax: 3 })
type Restartable = Work.RegisteredOf<typeof Export> | Work.RegisteredOf<typeof Digest>

const restartedFor: Duration.DurationInput = "4 seconds"

const bulk = 8

/** Names and keys of runs that are of no definition. */
const keys = [
  ["stored", "a"],
  ["stopped", "b"],
  ["doubtful", "c"],
  ["left", "d"]
] as const

// -- callers ------------------------------------------------------------------------------------------

const start = (tell: Tell, name: string, work: Effect.Effect<unknown, Error, CurrentRun>) =>
  Effect.flatMap(RunKernel.RunKernel, (kernel) => {
    const key = keys.find(([other]) => other === name)?.[1]
    const keyed = key === undefined ? {} : { key }
    return started(tell, { name, ...keyed }, kernel.start(name, watched(tell, work), keyed))
  })

/** Those who want to know of it without waiting: they are there as long as the kernel is. */
const looking = (tell: Tell, handle: RunHandle<unknown, unknown>) => Effect.forkScoped(followed(tell, handle))

// -- the first life -----------------------------------------------------------------------------------

const noVerdicts = FaultPlan.rule("settle", "locked", { window: "untilHealed" })
const noTombstones = FaultPlan.rule("entomb", "locked", { window: "untilHealed" })
/** Applied, and nobody is told. */
const noInserts = FaultPlan.rule("insert", "ioError", { phase: "after", window: "untilHealed" })

type Life = Effect.Effect<void, unknown, RunKernel.RunKernel | Chaos.Chaos | Restartable | Scope.Scope>

const first = (tell: Tell): Life =>
  Effect.gen(function* () {
    const chaos = yield* Chaos.Chaos
    const failing = (...rules: ReadonlyArray<FaultPlan.Rule>) => chaos.use(FaultPlan.fromRules(...rules))
    const after = (seconds: number) => Effect.sleep(`${seconds} seconds`)

    yield* failing(noVerdicts)
    yield* looking(tell, yield* start(tell, "stored", after(1)))
    // Enough for the journal to be written anew, when they are written and one entry is still needed.
    yield* Effect.forEach(Array.from({ length: bulk }), () => start(tell, "bulk", after(1)), {
      concurrency: "unbounded",
      discard: true
    })
    yield* start(tell, "broken", Effect.zipRight(after(1), Effect.fail(new Error("it was to fail"))))
    const stopped = yield* start(tell, "stopped", after(1))
    yield* started(tell, { name: Export.name }, Export.start({ seconds: 1 }))
    yield* started(tell, { name: Export.name }, Export.start({ seconds: 60 }))
    yield* started(tell, { name: Digest.name }, Digest.start({ seconds: 60 }))

    // Its start is given up after a while; what keeps its row from coming to life later cannot be written either.
    yield* failing(noVerdicts, noTombstones, noInserts)
    yield* Effect.ignore(start(tell, "doubtful", after(1)))
    // By now the others have been parked: what is journaled is not what it will have been.
    yield* cancelled(tell, stopped, 1)
    yield* after(1)

    // The verdicts are written, and all that the journal still needs is the tombstone.
    yield* failing(noTombstones)
    yield* after(6)
    yield* failing(noTombstones, noVerdicts)
    yield* looking(tell, yield* start(tell, "left", after(1)))
    yield* after(4)
  })

// -- the lives after it -------------------------------------------------------------------------------

const later = (tell: Tell): Life =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const listed = yield* kernel
      .list()
      .pipe(
        Effect.tap((runs) =>
          Effect.sync(() => tell({ _tag: "Listed", runs: runs.map(({ id, status }) => ({ id, status })) }))
        )
      )
    yield* Effect.forEach(
      listed.filter(({ status }) => !isTerminal(status)),
      ({ id }) => untilSettled(tell, { id, settled: kernel.settled(id) }),
      { concurrency: "unbounded", discard: true }
    )
    for (const [name] of keys) {
      yield* Effect.ignore(
        Effect.flatMap(start(tell, name, Effect.succeed("again")), (handle) => untilSettled(tell, handle))
      )
    }
  }).pipe(orTold(tell, "a later life"))

const lifeOf: Script["lifeOf"] = (life, tell) => {
  const execute = ({ seconds }: { readonly seconds: number }) =>
    watched(tell, Effect.sleep(life === 1 ? `${seconds} seconds` : restartedFor))
  const works = Layer.mergeAll(Export.toLayer(execute), Digest.toLayer(execute))
  return Effect.flatMap(Layer.build(works), (context) =>
    Effect.provide(life === 1 ? first(tell) : later(tell), context)
  )
}

export const outage: Script = { lifeOf, keys, inDoubt: ["doubtful"] }
