/**
 * From the acknowledged insert to the forked work: the last moment at which a start can still be kept
 * from beginning, by a cancel, a shutdown, or a lease that was lost (rule 8).
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { KernelStopped, StoreFailure } from "../../RunError.js"
import * as RunMetrics from "../../RunMetrics.js"
import { type KernelCore, notAsked, restated, stopped } from "../kernel/kernelCore.js"
import { millisOf, monotonicOf } from "../wallClock.js"
import { abandon } from "./abandoning.js"
import * as ActiveRun from "./activeRun.js"
import { neverStarted } from "./handingOver.js"
import { forkWork } from "./running.js"
import type { Provided, StartRequest } from "./starting.js"

/** @internal */
export const launch = <A, E, R>(
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>
): Effect.Effect<ActiveRun.ActiveRun, StoreFailure | KernelStopped, Exclude<R, Provided>> =>
  Effect.withFiberRuntime<ActiveRun.ActiveRun, StoreFailure | KernelStopped, Exclude<R, Provided>>((fiber) => {
    const decision = decide(core, run, millisOf(fiber), monotonicOf(fiber))
    return typeof decision === "string" ? Effect.as(begin(core, run, request, decision), run) : decision
  }).pipe(
    // The row is there, and nobody else would ever end it: after a refusal, and after a defect before the fork.
    Effect.tapErrorCause((cause) => abandon(core, run, cause))
  )

/** What was decided comes to be: the work is forked, or its end is handed over. */
export const begin = <A, E, R>(
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>,
  decision: "begins" | "cancelled"
): Effect.Effect<void, never, Exclude<R, Provided>> =>
  Effect.withFiberRuntime((caller) => {
    core.count(RunMetrics.started, 1)
    if (decision === "cancelled") {
      return neverStarted(core, run, "It was cancelled before its work began.", { entomb: false })
    }
    const context = caller.currentContext
    return Effect.zipRight(logStarted(core, run), forkWork(core, run, request, withoutCaller(context)))
  })

/** One step: a shutdown or a cancel comes before it, and is seen here, or after it, and finds a run to interrupt. */
export const decide = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  now: number,
  monotonic: number
): "begins" | "cancelled" | KernelStopped | StoreFailure => {
  if (core.isStopping) return stopped(run)
  // Rule 8: somebody may have judged this host lost, and may settle the row of its former identity at any time.
  if (run.hostId !== core.lease.hostId() || !core.lease.isHeld(monotonic)) {
    // In doubt: the row is there, and if another host has judged this one lost already, the run may go on there.
    const failure = notAsked("start", "the host's lease could not be renewed in time, so no work may begin here")
    return restated(failure, "start", true)
  }
  return ActiveRun.inserted(run, now) ? "begins" : "cancelled"
}

/** A run is no part of its caller's transaction, scope or span: it may outlive them all. */
const withoutCaller = (context: Context.Context<never>): Context.Context<never> =>
  Context.omit(
    SqlClient.TransactionConnection,
    Scope.Scope,
    Tracer.ParentSpan
  )(context as Context.Context<SqlClient.TransactionConnection | Scope.Scope | Tracer.ParentSpan>)

const logStarted = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  core.log({
    _tag: "RunStarted",
    runId: run.id,
    hostId: run.hostId,
    name: run.newRun.name,
    attempt: run.attempt,
    ...(run.newRun.key === null ? {} : { key: run.newRun.key })
  })
