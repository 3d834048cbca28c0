/**
 * A kernel whose calls, answers, events and work are written down: the same service, with a recorder
 * before it. The kernel behind it knows nothing of that.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CancelAnswer, Run, RunHandle, Settled } from "../../src/Run.js"
import { CurrentRun } from "../../src/Run.js"
import type { RunId } from "../../src/RunId.js"
import type { RunKernel } from "../../src/RunKernel.js"
import type { Operation, Value } from "../History.js"
import { workExitOf } from "./recordedAnswer.js"
import type { Recorder } from "./recorder.js"

/** What the one who wrote the work knows of it beyond its exit. */
export interface Knowledge {
  readonly encodes: boolean
  /** Asked when the work has ended. */
  readonly interruptsItself: () => boolean
}

const ordinary: Knowledge = { encodes: true, interruptsItself: () => false }

/**
 * The work, with its beginning and its end written down. The end is that of all its finalizers: the first
 * one to be added is the last to run.
 */
export const recordedWork = <A, E, R>(
  recorder: Recorder,
  host: string,
  start: number | undefined,
  work: Effect.Effect<A, E, R>,
  knowledge: Knowledge = ordinary
): Effect.Effect<A, E, R | CurrentRun | Scope.Scope> =>
  Effect.flatMap(CurrentRun, (current) =>
    Effect.zipRight(
      Effect.acquireRelease(
        Effect.sync(() => recorder.workBegan(host, current, start)),
        (_, exit) =>
          Effect.sync(() => {
            const { encodes, interruptsItself } = knowledge
            recorder.workEnded(host, current, workExitOf(exit, { encodes, interruptsItself: interruptsItself() }))
          })
      ),
      work
    )
  )

/** The same handle; what is asked of it is written down. */
export const recordedHandle = <A, E>(recorder: Recorder, host: string, handle: RunHandle<A, E>): RunHandle<A, E> => {
  const runId = handle.id
  return {
    id: handle.id,
    isNew: handle.isNew,
    cancel: (options) => recorder.call(host, { _tag: "Cancel", runId }, () => handle.cancel(options), cancelled),
    settled: recorder.call(host, { _tag: "Settled", runId }, () => handle.settled, settled),
    result: recorder.call(host, { _tag: "Result", runId }, () => handle.result, gave),
    events: handle.events
  }
}

/** A start of any kind, with the number of its call. */
export const recordedStart = <A, E, Error, R>(
  recorder: Recorder,
  host: string,
  operation: Extract<Operation, { _tag: "Start" }>,
  start: (call: number) => Effect.Effect<RunHandle<A, E>, Error, R>
): Effect.Effect<RunHandle<A, E>, Error, R> =>
  Effect.map(recorder.call(host, operation, start, started), (handle) => recordedHandle(recorder, host, handle))

/** @internal */
export const recordedKernel = (
  recorder: Recorder,
  host: string,
  kernel: typeof RunKernel.Service
): typeof RunKernel.Service => ({
  start: (name, work, options) =>
    recordedStart(
      recorder,
      host,
      {
        _tag: "Start",
        name,
        key: options?.key,
        timeoutMillis: options?.timeout === undefined ? undefined : Duration.toMillis(options.timeout)
      },
      (call) => kernel.start(name, recordedWork(recorder, host, call, work), options)
    ),
  cancel: (runId, options) =>
    recorder.call(host, { _tag: "Cancel", runId }, () => kernel.cancel(runId, options), cancelled),
  get: (runId) => recorder.call(host, { _tag: "Get", runId }, () => kernel.get(runId), found),
  list: (query = {}) => recorder.call(host, { _tag: "List", query }, () => kernel.list(query), listed),
  events: (runId) => Stream.suspend(() => kernel.events(runId)),
  settled: (runId) => recorder.call(host, { _tag: "Settled", runId }, () => kernel.settled(runId), settled)
})

const started = ({ id, isNew }: { readonly id: RunId; readonly isNew: boolean }): Value => ({
  _tag: "Started",
  runId: id,
  isNew
})
const cancelled = (answer: CancelAnswer): Value => ({ _tag: "Cancelled", answer })
const settled = ({ status, workOutcome }: Settled): Value => ({ _tag: "Settled", status, workOutcome })
const gave = (): Value => ({ _tag: "Gave" })
const found = (run: Run): Value => ({ _tag: "Found", run })
const listed = (runs: ReadonlyArray<Run>): Value => ({ _tag: "Listed", runs })
