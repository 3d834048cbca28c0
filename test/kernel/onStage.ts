/**
 * A kernel over a memory store of which a test may change any operation, with the lines that it writes,
 * and its end in the hands of the test.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { RunError, RunHistory, RunKernel, type RunLog, RunStore } from "../../src/index.js"
import { makeFrom } from "../../src/internal/store/memoryStore.js"
import { emptyTables } from "../../src/internal/store/memoryTables.js"

export type Store = typeof RunStore.RunStore.Service

export const failure = (fields: Partial<RunError.StoreFailure> = {}): RunError.StoreFailure =>
  new RunError.StoreFailure({ operation: "settle", class: "transient", cause: new Error("made up"), ...fields })

/** A line without what is the same in all of them, and without its time. */
type Told = Omit<RunLog.Line, "holdfast" | "at">

export const onStage = (
  options: RunKernel.Options & RunKernel.Policies = {},
  change: (store: Store) => Partial<Store> = () => ({})
) =>
  Effect.gen(function* () {
    const log: Array<string> = []
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.map(Logger.jsonLogger, (line) => void log.push(line))
    )
    const tables = emptyTables()
    const memory = makeFrom(tables)
    const scope = yield* Scope.make()
    const layer = RunKernel.layer({ shutdownGrace: 0, ...options }).pipe(
      Layer.provide(Layer.succeed(RunStore.RunStore, { ...memory, ...change(memory) })),
      Layer.provideMerge(logger)
    )
    const kernel = yield* Effect.provide(RunKernel.RunKernel, yield* Layer.buildWithScope(layer, scope))
    const close = Scope.close(scope, Exit.void)
    yield* Effect.addFinalizer(() => close)
    const lines = (...tags: ReadonlyArray<RunLog.Line["_tag"]>): ReadonlyArray<Told> =>
      RunHistory.fromLog(log.join("\n"))
        .lines.filter(({ _tag }) => tags.length === 0 || tags.includes(_tag))
        .map(({ at, holdfast, ...line }) => line)
    const hostId = [...tables.hosts.keys()][0]
    if (hostId === undefined) throw new Error("The kernel has not registered its host.")
    /** Everything, as text: also what is no line of the kernel's own. */
    const text = () => log.join("\n")
    return { kernel, close, lines, text, hostId, tables, store: memory }
  })
