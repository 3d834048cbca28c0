/**
 * The kernel that comes up where another one was, on its database and its journal: after it was closed, or as if it had been
 * killed. A kernel cannot be killed in a simulation, but what a SIGKILL would leave can be copied, and the next life lived
 * there; its log goes on from that of the first.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Logger from "effect/Logger"
import type * as Scope from "effect/Scope"
import { runOf } from "../../src/internal/store/runRow.js"
import { storedRun } from "../../src/internal/store/sqlRows.js"
import * as RunHistory from "../../src/RunHistory.js"
import type { RunId } from "../../src/RunId.js"
import type * as RunKernel from "../../src/RunKernel.js"
import type * as RunLog from "../../src/RunLog.js"
import type { RunStore } from "../../src/RunStore.js"
import type { Row } from "./database.js"
import { beside, type Left, nextLayer, World } from "./world.js"

type Services = RunKernel.RunKernel | RunStore

/** On a database that is well. */
export const nextLife = <A, E, R>(
  left: Left,
  use: (context: Context.Context<Services>) => Effect.Effect<A, E, R>,
  options?: RunKernel.Options
) => beside(nextLayer(left, options), use)

/** The database, the disk and the log as a SIGKILL at this moment would leave them. */
export interface Killed extends Left {
  readonly row: (id: RunId) => Effect.Effect<Row | undefined>
  readonly foreign: (typeof World.Service)["foreign"]
  /** The kernels' lines: those of the life that was killed, and those of the lives that `reborn` lives. */
  readonly lines: Effect.Effect<ReadonlyArray<RunLog.Line>>
  /** A life after it, with its log where the first one's is. */
  readonly reborn: <A, E, R>(
    use: (context: Context.Context<Services>) => Effect.Effect<A, E, R>,
    options?: RunKernel.Options
  ) => Effect.Effect<A, unknown, R>
  /** What the log and the rows have against the guarantees; every run must have come to its end. */
  readonly violations: Effect.Effect<ReadonlyArray<string>>
}

/** The first life goes on, and is of no concern to the copy. */
export const killedNow: Effect.Effect<Killed, never, World | Scope.Scope> = Effect.gen(function* () {
  const world = yield* World
  const database = yield* world.database.copy
  const disk = { ...world.disk, fails: undefined }
  const log = [...(yield* world.log)]
  const { foreign } = database
  // In place of the world's own: there the run has another end.
  const logger = Logger.map(Logger.jsonLogger, (line) => void log.push(line))
  const history = Effect.sync(() => RunHistory.fromLog(log.join("\n")))
  return {
    database,
    disk,
    foreign,
    row: (id) => Effect.map(foreign("SELECT * FROM holdfast_runs WHERE run_id = ?", id), (rows) => rows[0]),
    lines: Effect.map(history, ({ lines }) => lines),
    reborn: (use, options) =>
      Effect.locally(nextLife({ database, disk }, use, options), FiberRef.currentLoggers, HashSet.make(logger)),
    violations: Effect.gen(function* () {
      const rows = (yield* foreign("SELECT * FROM holdfast_runs")).map(storedRun).map(runOf)
      return RunHistory.check(yield* history, { rows, isFinal: true, toleranceMillis: 1 }).map(RunHistory.render)
    })
  }
})
