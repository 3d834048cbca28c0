/**
 * Those who use a host that may be killed at any time: they start runs, wait for them, cancel them and
 * listen, and the work itself is among them. Each tells what it was told before anything follows from it.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { CurrentRun, type RunHandle, type Settled } from "../../src/Run.js"
import type { RunId } from "../../src/RunId.js"
import type { Tell } from "./told.js"

/** Work that tells when it begins and how it ends. */
export const watched = <A, E, R>(tell: Tell, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | CurrentRun> =>
  Effect.flatMap(CurrentRun, ({ attempt, id }) =>
    Effect.sync(() => tell({ _tag: "Began", id, attempt })).pipe(
      Effect.zipRight(work),
      Effect.onExit((exit) => Effect.sync(() => tell({ _tag: "Ended", id, attempt, outcome: outcomeOf(exit) })))
    )
  )

const outcomeOf = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isSuccess(exit) ? "succeeded" : Cause.isInterrupted(exit.cause) ? "interrupted" : "failed"

export interface Names {
  readonly name: string
  readonly key?: string
  readonly idempotencyKey?: string
}

/** A caller that starts a run, and tells what it was answered. A failure is told, and is the caller's end. */
export const started = <E extends { readonly _tag: string; readonly message: string }, R>(
  tell: Tell,
  names: Names,
  start: Effect.Effect<RunHandle<unknown, unknown>, E, R>
) =>
  start.pipe(
    Effect.tap(({ id, isNew }) => Effect.sync(() => tell({ _tag: "Started", id, isNew, ...names }))),
    Effect.tapError((error) =>
      Effect.sync(() => {
        const { key, name } = names
        const said = `${error._tag}: ${error.message}`
        tell({ _tag: "StartFailed", name, ...(key === undefined ? {} : { key }), error: said })
      })
    ),
    Effect.option,
    Effect.flatten
  )

type Handle = RunHandle<unknown, unknown>

/** A handle, or what a kernel says of an id. */
export const untilSettled = <E>(
  tell: Tell,
  handle: { readonly id: RunId; readonly settled: Effect.Effect<Settled, E> }
) =>
  handle.settled.pipe(
    Effect.tap(({ status, workOutcome }) =>
      Effect.sync(() => tell({ _tag: "Settled", id: handle.id, status, workOutcome }))
    ),
    orTold(tell, `settled ${handle.id}`)
  )

export const cancelled = (tell: Tell, handle: Handle, seconds: number) =>
  Effect.sleep(`${seconds} seconds`).pipe(
    Effect.zipRight(handle.cancel({ reason: "the user asked" })),
    Effect.tap(({ _tag, ...said }) =>
      Effect.sync(() => tell({ _tag: "CancelAnswered", id: handle.id, answer: _tag, ...said }))
    ),
    Effect.catchIf(
      (error) => error._tag === "StoreFailure" && error.inDoubt,
      () => Effect.sync(() => tell({ _tag: "CancelAnswered", id: handle.id, answer: "InDoubt" }))
    ),
    orTold(tell, `cancel ${handle.id}`)
  )

export const followed = (tell: Tell, handle: Handle) =>
  handle.events.pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        const status = event._tag === "Snapshot" ? event.run.status : "status" in event ? event.status : undefined
        tell({ _tag: "Event", id: handle.id, event: event._tag, ...(status === undefined ? {} : { status }) })
      })
    ),
    orTold(tell, `events ${handle.id}`)
  )

export const orTold = (tell: Tell, what: string) =>
  Effect.catchAllCause((cause: Cause.Cause<unknown>) =>
    Effect.sync(() => tell({ _tag: "Failed", what, error: Cause.pretty(cause) }))
  )
