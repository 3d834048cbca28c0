/**
 * Those who use a kernel in a life: who starts a run and waits for it, who cancels it, who listens, and
 * who asks about runs that are not there. Nobody minds a failure; what each was told is in the history.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type { RunHandle } from "../../src/Run.js"
import type { RunId } from "../../src/RunId.js"
import { RunKernel } from "../../src/RunKernel.js"
import { isTerminal } from "../../src/RunStatus.js"
import type { Registered } from "../../src/Work.js"
import { recordedKernel, recordedStart, recordedWork } from "../internal/recordedKernel.js"
import type { Recorder } from "../internal/recorder.js"
import type { Life, LifeRun, Question } from "./Life.js"
import { Defined, Restartable, workOf } from "./works.js"

type Handle = RunHandle<string, string>

/** A run of the life, as its callers know it. */
interface Known {
  readonly life: LifeRun
  readonly index: number
  readonly name: string
  /** Undefined inside where the start did not give one. */
  readonly handle: Deferred.Deferred<Handle | undefined>
  now: Handle | undefined
}

export interface Callers {
  /** Those whose calls end by themselves. */
  readonly calling: Effect.Effect<void>
  /** Those who listen until the run has settled, or until they leave. */
  readonly listening: Effect.Effect<void>
}

const stranger = "01900000-0000-7000-8000-000000000000" as RunId

/** Only a definition has idempotency keys, a schema that may refuse a result, and what is restarted. */
export const isDefined = ({ idempotencyKey, restarts, work }: LifeRun): boolean =>
  idempotencyKey !== undefined || work.kind === "unencodable" || restarts === true

/** What every host of a life has. */
export type Services = RunKernel | Registered<"defined"> | Registered<"restartable">

/** A kernel under the name that the history has for it. */
export interface Peer {
  readonly host: string
  readonly context: Context.Context<Services>
  /** Whoever calls from within its process goes with it. */
  readonly inside: <A>(caller: Effect.Effect<A>) => Effect.Effect<A | void>
}

/** The callers of a life, on its first host and, where there is one, on its second. */
export const callersOf = (
  recorder: Recorder,
  life: Life,
  first: Peer,
  second: Peer | undefined
): Effect.Effect<Callers> =>
  Effect.sync(() => {
    const withKernel = ({ context, host, inside }: Peer) => {
      const plain = Context.get(context, RunKernel)
      return { context, host, inside, plain, kernel: recordedKernel(recorder, host, plain) }
    }
    const one = withKernel(first)
    const other = second === undefined ? one : withKernel(second)
    const ownerOf = ({ host }: LifeRun) => (host === undefined ? one : other)
    const watcherOf = (run: LifeRun) =>
      run.isWatchedElsewhere !== true ? ownerOf(run) : ownerOf(run) === one ? other : one
    const runs = life.runs.map((run, index): Known => {
      const name = run.restarts
        ? Restartable.name
        : isDefined(run)
          ? Defined.name
          : run.key === undefined
            ? `life ${index}`
            : "life"
      return { life: run, name, index, handle: Deferred.unsafeMake(FiberId.none), now: undefined }
    })

    const start = (known: Known): Effect.Effect<Handle, unknown> => {
      const { idempotencyKey, key, restarts, timeout, work } = known.life
      const { context, host, plain } = ownerOf(known.life)
      const { body, knowledge } = workOf(work)
      if (restarts) {
        const payload = { work: JSON.stringify(work), key: key ?? `run ${known.index}` }
        const operation = { _tag: "Start", name: known.name, key: payload.key, idempotencyKey } as const
        return recordedStart(recorder, host, operation, () => Restartable.start(payload, { idempotencyKey })).pipe(
          Effect.provide(context)
        )
      }
      if (!isDefined(known.life)) {
        const operation = { _tag: "Start", name: known.name, key, timeoutMillis: timeout } as const
        return recordedStart(recorder, host, operation, (call) =>
          plain.start(known.name, recordedWork(recorder, host, call, body, knowledge), { key, timeout })
        )
      }
      const operation = { _tag: "Start", name: Defined.name, idempotencyKey } as const
      return recordedStart(recorder, host, operation, () =>
        Defined.start({ work: JSON.stringify(work) }, { idempotencyKey })
      ).pipe(Effect.provide(context))
    }

    const starting = (known: Known) =>
      Effect.gen(function* () {
        const { at, startPatience, waitsFor } = known.life
        yield* Effect.sleep(at)
        const patient = startPatience === undefined ? Effect.asSome : Effect.timeoutOption(startPatience)
        const started = yield* Effect.option(patient(start(known)))
        known.now = Option.getOrUndefined(Option.flatten(started))
        Deferred.unsafeDone(known.handle, Effect.succeed(known.now))
        const { now } = known
        if (now === undefined) return
        yield* waitsFor === "result" ? Effect.ignore(now.result) : Effect.ignore(now.settled)
      })

    const cancelling = (known: Known, at: number) =>
      Effect.gen(function* () {
        yield* Effect.sleep(at)
        const { kernel } = watcherOf(known.life)
        if (known.now !== undefined) {
          const isOwn = watcherOf(known.life) === ownerOf(known.life)
          return yield* Effect.ignore(isOwn ? known.now.cancel() : kernel.cancel(known.now.id))
        }
        const listed = yield* Effect.option(kernel.list({ name: known.name }))
        const found = Option.getOrElse(listed, () => []).find(({ status }) => !isTerminal(status))
        if (found !== undefined) yield* Effect.ignore(kernel.cancel(found.id, { reason: "It was in the list." }))
      })

    const asking = (question: Question) =>
      Effect.gen(function* () {
        yield* Effect.sleep(question.at)
        const { kernel } = one
        const id = (question.run === undefined ? undefined : runs[question.run]?.now?.id) ?? stranger
        switch (question.asks) {
          case "get":
            return yield* Effect.ignore(kernel.get(id))
          case "list":
            return yield* Effect.ignore(kernel.list())
          case "cancel":
            return yield* Effect.ignore(kernel.cancel(id))
          case "settled":
            return yield* Effect.ignore(kernel.settled(id))
        }
      })

    const listening = (known: Known, { at, stays }: LifeRun["subscribers"][number]) =>
      Effect.gen(function* () {
        yield* Effect.sleep(at)
        const handle = yield* Deferred.await(known.handle)
        if (handle === undefined) return
        const { host, kernel } = watcherOf(known.life)
        const isOwn = watcherOf(known.life) === ownerOf(known.life)
        const events = isOwn ? handle.events : kernel.events(handle.id)
        const listen = Effect.ignore(recorder.subscribe(host, handle.id, events))
        yield* stays === undefined ? listen : Effect.timeoutOption(listen, stays)
      })

    const together = (effects: ReadonlyArray<Effect.Effect<unknown>>): Effect.Effect<void> =>
      Effect.forEach(effects, (effect) => effect, { concurrency: "unbounded", discard: true })
    return {
      calling: together([
        ...runs.map((known) => ownerOf(known.life).inside(starting(known))),
        ...runs.flatMap((known) => known.life.cancels.map((at) => watcherOf(known.life).inside(cancelling(known, at)))),
        ...life.questions.map((question) => one.inside(asking(question)))
      ]),
      listening: together(
        runs.flatMap((known) =>
          known.life.subscribers.map((subscriber) => watcherOf(known.life).inside(listening(known, subscriber)))
        )
      )
    }
  })
