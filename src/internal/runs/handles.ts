/**
 * The handle that a start or an attach answers with: the same four things for a run in memory and for
 * a row. A run of this host gives the work's own value and its own error; a row gives what decodes.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { RunEvent, RunHandle, Settled } from "../../Run.js"
import {
  type EndError,
  RunCancelled,
  RunFailed,
  type RunNotFound,
  RunSuperseded,
  type StoreFailure,
  type VerdictParked
} from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import { isTerminal } from "../../RunStatus.js"
import type { StoredRun } from "../../RunStore.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import { storedErrorOf } from "../store/runRow.js"
import type * as ActiveRun from "./activeRun.js"
import { cancel } from "./cancelling.js"
import { followRow, readRow, rowEvents } from "./following.js"
import { signalOf } from "./runSignal.js"
import { snapshot } from "./snapshot.js"

/**
 * How a definition reads back what it stored. Ad-hoc runs have none: their value lives in memory only.
 *
 * @internal
 */
export interface Decoder<out A, out E> {
  readonly decodeResult: (json: string | null) => Option.Option<A>
  readonly decodeError: (encoded: unknown) => Option.Option<E>
}

/** @internal */
export const decoderNone: Decoder<never, never> = {
  decodeResult: () => Option.none(),
  decodeError: () => Option.none()
}

/** Of a run that was started on this host. Most handles are asked for one thing, and a stream is dear to make. */
export const ofRun = <A, E>(core: KernelCore, run: ActiveRun.ActiveRun, decoder: Decoder<A, E>): RunHandle<A, E> => ({
  id: run.id,
  isNew: true,
  cancel: (options) => cancel(core, run, options?.reason),
  settled: settledOf(run),
  get result() {
    return Effect.flatMap(settledOf(run), (settled) => resultOf(run, settled, decoder))
  },
  get events() {
    return run.hub.stream(() => snapshot(run), core.options.eventBufferMax)
  }
})

/** Of a run that is in this host's memory, and was there before: its events are live. */
export const ofKnown = <A, E>(
  run: ActiveRun.ActiveRun | undefined,
  core: KernelCore,
  decoder: Decoder<A, E>
): RunHandle<A, E> | undefined => (run === undefined ? undefined : { ...ofRun(core, run, decoder), isNew: false })

/** Of a run that this host knows by its row only, or by its row again. */
export const ofRow = <A, E>(core: KernelCore, id: RunId, decoder: Decoder<A, E>): RunHandle<A, E> => ({
  id,
  isNew: false,
  cancel: (options) => cancel(core, id, options?.reason),
  settled: Effect.flatMap(followRow(core, id), settledFromRow),
  result: Effect.flatMap(followRow(core, id), (row) => resultFromRow(row, decoder)),
  events: rowEvents(core, id)
})

/** Fails at once where the verdict is known to be parked; a later call waits no longer than it must either. */
export const settledOf = (
  run: ActiveRun.ActiveRun
): Effect.Effect<Settled, VerdictParked | RunSuperseded | RunNotFound> =>
  Effect.suspend(() => {
    const { state } = run
    switch (state._tag) {
      case "Inserting":
      case "Working":
        return Deferred.await(signalOf(run))
      case "Ended":
        return state.parked === undefined ? Deferred.await(signalOf(run)) : Effect.fail(state.parked)
      case "Settled":
        return Effect.succeed(state.event)
      case "Superseded":
      case "Gone":
        return Effect.fail(state.error)
    }
  })

/** Looking up and attaching is one step: a run leaves memory only when its row is terminal (rule 10). */
export const eventsOf = (core: KernelCore, id: RunId): Stream.Stream<RunEvent, RunNotFound | StoreFailure> => {
  const run = core.runs.get(id)
  return run === undefined ? rowEvents(core, id) : run.hub.stream(() => snapshot(run), core.options.eventBufferMax)
}

/** @internal */
export const settledOfId = (
  core: KernelCore,
  id: RunId
): Effect.Effect<Settled, RunNotFound | VerdictParked | RunSuperseded | StoreFailure> => {
  const run = core.runs.get(id)
  if (run !== undefined) return settledOf(run)
  return Effect.flatMap(Effect.zipRight(readRow(core, id), followRow(core, id)), settledFromRow)
}

/** @internal */
export const settledFromRow = (row: StoredRun): Effect.Effect<Settled, RunSuperseded> =>
  isTerminal(row.status)
    ? Effect.succeed({
        _tag: "Settled",
        sequence: 1,
        status: row.status,
        workOutcome: row.workOutcome ?? "unknown",
        attempts: 0
      })
    : Effect.fail(new RunSuperseded({ id: row.id, status: row.status }))

/** The row decides which end it is; the work's own value or error is given where it is the one that the row tells of. */
const resultOf = <A, E>(
  run: ActiveRun.ActiveRun,
  settled: Settled,
  decoder: Decoder<A, E>
): Effect.Effect<A, E | EndError> => {
  if (run.state._tag !== "Settled") return Effect.dieMessage(`Run ${run.id} has settled without a row.`)
  const { ending } = run.state
  const exit = run.exit as Exit.Exit<A, E> | undefined
  if (settled.status === "completed" && exit !== undefined && Exit.isSuccess(exit)) return exit
  const ownError = exit !== undefined && Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none<E>()
  if (settled.status === "failed" && Option.isSome(ownError) && storedErrorOf(ending.error)?.reason === "WorkFailed") {
    return Effect.fail(ownError.value)
  }
  return fromEnding(run.id, settled.status, ending, decoder)
}

/** @internal */
export const resultFromRow = <A, E>(row: StoredRun, decoder: Decoder<A, E>): Effect.Effect<A, E | EndError> =>
  isTerminal(row.status)
    ? fromEnding(row.id, row.status, row, decoder)
    : Effect.fail(new RunSuperseded({ id: row.id, status: row.status }))

const fromEnding = <A, E>(
  id: RunId,
  status: Settled["status"],
  ending: ActiveRun.Ending,
  decoder: Decoder<A, E>
): Effect.Effect<A, E | EndError> => {
  switch (status) {
    case "completed":
      return Option.match(decoder.decodeResult(ending.result), {
        onNone: () =>
          Effect.fail(
            new RunFailed({
              id,
              reason: "ResultNotEncodable",
              detail: "The row is completed, and its stored result does not decode with this host's definition."
            })
          ),
        onSome: Effect.succeed
      })
    case "cancelled":
      return Effect.fail(new RunCancelled({ id, reason: ending.cancelReason ?? undefined }))
    case "failed": {
      const error = storedErrorOf(ending.error)
      const typed = error?.reason === "WorkFailed" ? decoder.decodeError(error.error) : Option.none<E>()
      if (Option.isSome(typed)) return Effect.fail(typed.value)
      return Effect.fail(
        new RunFailed({ id, reason: error?.reason ?? "WorkFailed", detail: error?.message ?? "No error was stored." })
      )
    }
  }
}
