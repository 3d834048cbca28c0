/**
 * A kernel that stays up for the rounds of a part, as a host would run it; nothing is logged unless a part
 * says so.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as RunKernel from "../../../src/RunKernel.js"
import type { RunStore } from "../../../src/RunStore.js"
import * as SqliteRunStore from "../../../src/SqliteRunStore.js"

export interface Kernel {
  readonly runPromise: <A, E>(effect: Effect.Effect<A, E, RunKernel.RunKernel>) => Promise<A>
  readonly close: () => Promise<void>
}

export const quiet = Logger.minimumLogLevel(LogLevel.None)

/** Nobody is told early: on a machine that is busy with something else ten thousand starts may take a while. */
const patient: RunKernel.Options = { startTimeout: "2 minutes", persist: { parkAfter: "2 minutes" } }

/** Comes up before it is handed out. `logging` is where its lines go: nowhere, by default. */
export const open = async <E>(
  store: Layer.Layer<RunStore, E>,
  options: RunKernel.Options = {},
  logging: Layer.Layer<never> = quiet
): Promise<Kernel> => {
  const runtime = ManagedRuntime.make(
    RunKernel.layer({ ...patient, ...options }).pipe(Layer.provide(store), Layer.provideMerge(logging))
  )
  await runtime.runPromise(Effect.void)
  return { runPromise: (effect) => runtime.runPromise(effect), close: () => runtime.dispose() }
}

/** The same on a SQLite file, with `synchronous = FULL`. */
export const onSqlite = (
  filename: string,
  options: RunKernel.Options = {},
  logging: Layer.Layer<never> = quiet
): Promise<Kernel> => open(SqliteRunStore.layer({ filename }), options, logging)

/** Starts a run of work that does nothing, and waits until its `completed` is durable. */
export const one = Effect.flatMap(RunKernel.RunKernel, (kernel) =>
  Effect.flatMap(kernel.start("bench", Effect.succeed(1)), (handle) => handle.result)
)

/** Starts a run that never ends by itself, and holds neither a timer nor a promise. */
export const oneThatStays = Effect.flatMap(RunKernel.RunKernel, (kernel) =>
  kernel.start(
    "bench",
    Effect.async<never>((_resume) => {})
  )
)

/**
 * Runs until the time is over, `concurrency` of them at a time; gives how many of them succeeded. `took` is told how
 * many milliseconds each took.
 */
export const completeUntil = (
  concurrency: number,
  isOver: () => boolean,
  took: (millis: number) => void = () => {}
): Effect.Effect<number, never, RunKernel.RunKernel> =>
  Effect.suspend(() => {
    let completed = 0
    const again = Effect.suspend(() => {
      const startedAt = performance.now()
      return Effect.map(one, () => {
        took(performance.now() - startedAt)
        completed++
      })
    })
    const worker = Effect.repeat(Effect.ignore(again), { while: () => !isOver() })
    const workers = Effect.forEach(Array.from({ length: concurrency }), () => worker, {
      concurrency: "unbounded",
      discard: true
    })
    return Effect.map(workers, () => completed)
  })
