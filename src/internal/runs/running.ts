/**
 * The fiber of a run: executes the work in a scope of its own, with `CurrentRun` and a logger that
 * turns `Effect.log` into events, and hands the end over. The outside of it cannot be interrupted, so
 * the end is always handed over; the work inside can.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Inspectable from "effect/Inspectable"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import { CurrentRun, type Progress } from "../../Run.js"
import * as RunMetrics from "../../RunMetrics.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import { spanned } from "../log/tracing.js"
import { millisOf } from "../wallClock.js"
import * as ActiveRun from "./activeRun.js"
import { workEnded } from "./handingOver.js"
import type { StartRequest } from "./starting.js"
import * as WorkEnd from "./workEnd.js"

/**
 * Forks the work, in a fiber that is born with all that it needs: what is left of its caller's context, the run itself,
 * and a scope. Ended by the work itself, by a cancel, or by the kernel's shutdown, which interrupts every run and waits.
 *
 * @internal
 */
export const forkWork = <A, E, R>(
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>,
  context: Context.Context<never>
): Effect.Effect<void> =>
  Effect.flatMap(Scope.make(), (scope) =>
    Effect.withFiberRuntime<void>((caller, { runtimeFlags }) => {
      const runtime = Runtime.make({
        context: Context.add(Context.add(context, CurrentRun, currentRun(core, run)), Scope.Scope, scope),
        // Uninterruptible: a run that is cancelled before its fiber begins must still hand over its end.
        runtimeFlags: RuntimeFlags.disable(runtimeFlags, RuntimeFlags.Interruption),
        fiberRefs: caller.getFiberRefs()
      })
      Runtime.runFork(runtime, runWork(core, run, request, scope, caller.currentSpan), {
        immediate: false,
        updateRefs: (refs, fiberId) =>
          FiberRefs.updateManyAs(refs, {
            entries: [
              [
                FiberRef.currentLoggers,
                [[fiberId, HashSet.add(caller.getFiberRef(FiberRef.currentLoggers), captureLogger(run))]]
              ],
              [
                FiberRef.currentLogAnnotations,
                [[fiberId, annotated(caller.getFiberRef(FiberRef.currentLogAnnotations), run)]]
              ]
            ]
          })
      })
      return Effect.void
    })
  )

const currentRun = (core: KernelCore, run: ActiveRun.ActiveRun): typeof CurrentRun.Service => ({
  id: run.id,
  attempt: run.attempt,
  progress: (progress) => Effect.sync(() => reportProgress(core, run, progress))
})

const annotated = (annotations: HashMap.HashMap<string, unknown>, run: ActiveRun.ActiveRun) =>
  HashMap.set(HashMap.set(annotations, "runId", run.id), "run", run.newRun.name)

const runWork = <A, E, R>(
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>,
  scope: Scope.CloseableScope,
  span: Tracer.AnySpan | undefined
): Effect.Effect<void> =>
  Effect.withFiberRuntime<void>((fiber) => {
    run.fiber = fiber as Fiber.RuntimeFiber<void>
    // A cancel that came before there was a fiber to interrupt: the work must not begin.
    const obstacle = ActiveRun.obstacle(run)
    if (obstacle !== undefined) return workEnded(core, run, obstacle, Exit.interrupt(fiber.id()))
    return Effect.gen(function* () {
      if (request.timeout !== undefined) yield* Effect.fork(timeoutAfter(core, run, request.timeout))
      const exit = yield* Effect.exit(Effect.interruptible(inSpan(run, request, scope, span)))
      yield* workEnded(core, run, yield* WorkEnd.fromExit(exit, request.codec), exit)
      core.graces.forget(run)
    })
  })

/** The work with its scope, in a span that outlives its caller's, which it is only linked to. */
const inSpan = <A, E, R>(
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>,
  scope: Scope.CloseableScope,
  callers: Tracer.AnySpan | undefined
): Effect.Effect<A, E> => {
  const work = Effect.onExit(request.work as Effect.Effect<A, E>, (exit) => Scope.close(scope, exit))
  return spanned(work, RunMetrics.spans.run, () => ({
    root: true,
    links: callers === undefined ? [] : [{ _tag: "SpanLink", span: callers, attributes: {} }],
    attributes: {
      [RunMetrics.attributes.runId]: run.id,
      [RunMetrics.attributes.name]: request.name,
      [RunMetrics.attributes.attempt]: run.attempt
    }
  }))
}

/** Child fibers, daemons and streams inherit it, so their lines are the run's as well. */
const captureLogger = (run: ActiveRun.ActiveRun): Logger.Logger<unknown, void> =>
  Logger.make(({ annotations, cause, logLevel, message }) => {
    const text = Arr.ensure(message).map((part) => Inspectable.toStringUnknown(part, 0))
    if (!Cause.isEmpty(cause)) text.push(Cause.pretty(cause))
    run.hub.publish({
      _tag: "Logged",
      level: logLevel.label,
      message: text.join(" "),
      annotations: Object.fromEntries(HashMap.toEntries(annotations))
    })
  })

/** To the subscribers at once; to the row when the writer comes by, and only the latest. */
const reportProgress = (core: KernelCore, run: ActiveRun.ActiveRun, progress: Progress): void => {
  if (run.state._tag !== "Working") return
  run.progress = progress
  run.hub.publish({ _tag: "Progressed", progress })
  core.writer.progress.submit({
    id: run.id,
    row: () => {
      const latest = run.progress
      if (run.state._tag !== "Working" || latest === undefined) return undefined
      const { current, step, total } = latest
      return { id: run.id, hostId: run.hostId, attempt: run.attempt, current, total: total ?? null, step: step ?? null }
    },
    answered: () => Effect.void,
    overdue: () => Effect.void,
    budgetUntil: Number.POSITIVE_INFINITY
  })
  core.writer.wake()
}

// -- stopping work ----------------------------------------------------------------------------------------

/** Ends with the run's fiber, whose child it is. */
const timeoutAfter = (core: KernelCore, run: ActiveRun.ActiveRun, timeout: Duration.Duration): Effect.Effect<void> =>
  Effect.sleep(timeout).pipe(
    // In a fiber of the kernel's: interrupting the run interrupts this child of it.
    Effect.zipRight(Effect.forkIn(stopWork(core, run, "timeout"), core.scope)),
    Effect.asVoid,
    Effect.interruptible
  )

/** Records why first, then interrupts: the verdict never has to guess. */
export const stopWork = (core: KernelCore, run: ActiveRun.ActiveRun, why: ActiveRun.Stop): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!ActiveRun.stop(run, why)) return Effect.void
    return Effect.zipRight(
      core.log({ _tag: "StopRequested", runId: run.id, hostId: run.hostId, stop: why }),
      interruptWork(core, run)
    )
  })

/** Interrupts, and watches: work that ignores its interruption for longer than its grace is told of. */
export const interruptWork = (core: KernelCore, run: ActiveRun.ActiveRun): Effect.Effect<void> =>
  Effect.withFiberRuntime<void>((caller) => {
    const { fiber } = run
    if (fiber === undefined) return Effect.void
    return Effect.zipRight(
      Fiber.interruptAsFork(fiber, caller.id()),
      core.graces.watch(run, millisOf(caller) + Duration.toMillis(run.cancelGrace))
    )
  })
