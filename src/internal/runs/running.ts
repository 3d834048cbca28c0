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
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Inspectable from "effect/Inspectable"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { CurrentRun, type Progress } from "../../Run.js"
import * as RunMetrics from "../../RunMetrics.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import * as ActiveRun from "./activeRun.js"
import { workEnded } from "./handingOver.js"
import type { StartRequest } from "./starting.js"
import * as WorkEnd from "./workEnd.js"

/** @internal */
export const runWork = <A, E, R>(
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>,
  context: Context.Context<never>
): Effect.Effect<void> =>
  Effect.withFiberRuntime<void>((fiber) => {
    run.fiber = fiber as Fiber.RuntimeFiber<void>
    // A cancel that came before there was a fiber to interrupt: the work must not begin.
    const obstacle = ActiveRun.obstacle(run)
    if (obstacle !== undefined) return workEnded(core, run, obstacle, Exit.interrupt(fiber.id()))
    return Effect.gen(function* () {
      yield* equip(core, run, request, context)
      if (request.timeout !== undefined) yield* Effect.fork(timeoutAfter(core, run, request.timeout))
      const exit = yield* Effect.exit(Effect.interruptible(inSpan(run, request, context)))
      yield* workEnded(core, run, yield* WorkEnd.fromExit(exit, request.codec), exit)
    })
  })

/**
 * Gives the fiber all that the work needs: what is left of the caller's context, and the run itself. The fiber is the
 * run's own and ends with it, so nothing has to be put back.
 */
const equip = <A, E, R>(
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>,
  context: Context.Context<never>
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const currentRun = {
      id: run.id,
      attempt: run.attempt,
      progress: (progress: Progress) => Effect.sync(() => reportProgress(core, run, progress))
    }
    yield* FiberRef.set(FiberRef.currentContext, Context.add(context, CurrentRun, currentRun))
    yield* FiberRef.update(FiberRef.currentLoggers, HashSet.add(captureLogger(run)))
    yield* FiberRef.update(FiberRef.currentLogAnnotations, (annotations) =>
      HashMap.set(HashMap.set(annotations, "runId", run.id), "run", request.name)
    )
  })

/** The work in a scope of its own, and in a span that outlives its caller's, which it is only linked to. */
const inSpan = <A, E, R>(
  run: ActiveRun.ActiveRun,
  request: StartRequest<A, E, R>,
  context: Context.Context<never>
): Effect.Effect<A, E> => {
  const links = Option.match(Context.getOption(context, Tracer.ParentSpan), {
    onNone: () => [],
    onSome: (span) => [{ _tag: "SpanLink", span, attributes: {} } as const]
  })
  return Effect.withSpan(Effect.scoped(request.work) as Effect.Effect<A, E>, RunMetrics.spans.run, {
    root: true,
    links,
    attributes: {
      [RunMetrics.attributes.runId]: run.id,
      [RunMetrics.attributes.name]: request.name,
      [RunMetrics.attributes.attempt]: run.attempt
    },
    captureStackTrace: false
  })
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
  Effect.suspend(() => {
    const { fiber } = run
    if (fiber === undefined) return Effect.void
    return Effect.zipRight(Fiber.interruptFork(fiber), Effect.forkIn(watchGrace(core, run, fiber), core.scope))
  })

const watchGrace = (core: KernelCore, run: ActiveRun.ActiveRun, fiber: Fiber.RuntimeFiber<void>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const grace = run.cancelGrace
    const ended = yield* Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), grace)
    if (Option.isSome(ended)) return
    yield* Metric.increment(RunMetrics.graceExceeded)
    yield* core.log({
      _tag: "GraceExceeded",
      runId: run.id,
      hostId: run.hostId,
      graceMillis: Duration.toMillis(grace)
    })
  }).pipe(Effect.interruptible)
