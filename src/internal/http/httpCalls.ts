/**
 * What a web client can ask of a kernel, with answers and errors as they go over the wire. The group of
 * `RunHttp` and the page of `RunDashboard` both call these.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Run, RunHandle } from "../../Run.js"
import type { StartError, StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import { RunKernel } from "../../RunKernel.js"
import type { RunQuery } from "../../RunStore.js"
import { coreOf } from "../kernel/kernelCore.js"
import * as Classes from "./httpErrorClasses.js"
import * as Errors from "./httpErrors.js"
import { type RunView, viewOf } from "./runView.js"

/** @internal */
export interface StartAnswer {
  readonly isNew: boolean
  readonly run: RunView
}

/** The run is told as its handle tells it: for a new one from memory, so no read can fail after a start that succeeded. */
export const start = (work: Effect.Effect<RunHandle<unknown, unknown>, StartError, RunKernel>) =>
  Effect.gen(function* () {
    const handle = yield* Effect.mapError(work, Errors.ofStart)
    const first = yield* Effect.mapError(Stream.runHead(handle.events), Errors.ofRead)
    const core = coreOf(yield* RunKernel)
    if (Option.isNone(first) || first.value._tag !== "Snapshot") {
      return yield* new Classes.RunNotFound({ message: `Run ${handle.id} was there, and its row is gone.` })
    }
    return { isNew: handle.isNew, run: viewOf(core, first.value.run) } satisfies StartAnswer
  })

/** @internal */
export const list = (query: RunQuery): Effect.Effect<ReadonlyArray<RunView>, Classes.StoreUnavailable, RunKernel> =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel
    const runs = yield* Effect.mapError(kernel.list(query), Errors.ofStoreRead)
    return runs.map((run) => viewOf(coreOf(kernel), run))
  })

/** @internal */
export const get = (id: RunId): Effect.Effect<RunView, Classes.RunNotFound | Classes.StoreUnavailable, RunKernel> =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel
    return viewOf(coreOf(kernel), yield* Effect.mapError(kernel.get(id), Errors.ofRead))
  })

/**
 * The active run of a name and key, else its latest: a tombstone may be younger than the run that is active. Asked
 * one after the other, so a run that settles meanwhile is found as the latest.
 */
export const current = (
  name: string,
  key: string | undefined
): Effect.Effect<RunView, Classes.RunNotFound | Classes.StoreUnavailable, RunKernel> =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel
    for (const status of ["running", "pending", undefined] as const) {
      const [run] = yield* Effect.mapError(newest(kernel, { name, key, status }), Errors.ofStoreRead)
      if (run !== undefined) return viewOf(coreOf(kernel), run)
    }
    const ofKey = key === undefined ? "" : ` for the key "${key}"`
    return yield* new Classes.RunNotFound({ message: `There is no run of "${name}"${ofKey}. Start one.` })
  })

const newest = (kernel: typeof RunKernel.Service, query: RunQuery): Effect.Effect<ReadonlyArray<Run>, StoreFailure> =>
  kernel.list({ ...query, limit: 1 })

/** @internal */
export interface CancelAnswer {
  readonly requested: true
  readonly durable: boolean
}

/** @internal */
export const cancel = (
  id: RunId,
  reason: string | undefined
): Effect.Effect<
  CancelAnswer,
  Classes.RunNotFound | Classes.RunAlreadyTerminal | Classes.StoreUnavailable | Classes.HostStopping,
  RunKernel
> =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel
    const answer = yield* Effect.mapError(kernel.cancel(id, { reason }), Errors.ofCancel)
    if (answer._tag === "Requested") return { requested: true, durable: answer.durable }
    const message = `Run ${id} is ${answer.status}. The cancel came too late and changed nothing.`
    return yield* new Classes.RunAlreadyTerminal({ message, status: answer.status })
  })
