/**
 * What the lives of a host do: the first one starts a handful of runs, one for each way in which a run
 * can end; the later ones find what is left of them, start every key again, and close. All of it is
 * told before anything follows from it.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { CurrentRun, progress, type RunHandle } from "../../src/Run.js"
import * as RunKernel from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import type { Tell } from "./told.js"

// -- work ---------------------------------------------------------------------------------------------

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

/** Work that tells when it begins and how it ends. */
const watched = <A, E, R>(tell: Tell, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | CurrentRun> =>
  Effect.flatMap(CurrentRun, ({ id }) =>
    Effect.sync(() => tell({ _tag: "Began", id })).pipe(
      Effect.zipRight(work),
      Effect.onExit((exit) => Effect.sync(() => tell({ _tag: "Ended", id, outcome: outcomeOf(exit) })))
    )
  )

const outcomeOf = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isSuccess(exit) ? "succeeded" : Cause.isInterrupted(exit.cause) ? "interrupted" : "failed"

interface Part {
  readonly name: string
  readonly key?: string
  readonly timeout?: Duration.DurationInput
  readonly work: Effect.Effect<unknown, Broken, CurrentRun>
  /** Seconds after its start; a cancel that comes too late is one, too. */
  readonly cancelAfter?: number
  readonly isFollowed?: boolean
}

/** Keys that later lives start again: whatever became of their runs, they must be free. */
const parts: ReadonlyArray<Part> = [
  { name: "quick", key: "a", work: Effect.succeed("done"), cancelAfter: 1 },
  {
    name: "slow",
    key: "b",
    work: Effect.sleep("4 seconds").pipe(
      Effect.zipRight(progress({ current: 1, total: 2 })),
      Effect.zipRight(Effect.sleep("18 seconds"))
    ),
    isFollowed: true
  },
  { name: "broken", work: Effect.zipRight(Effect.sleep("2 seconds"), new Broken()) },
  { name: "cancelled", key: "c", work: Effect.sleep("1 hour"), cancelAfter: 3, isFollowed: true },
  {
    name: "lingering",
    key: "d",
    work: Effect.ensuring(Effect.sleep("1 hour"), Effect.sleep("8 seconds")),
    cancelAfter: 5
  },
  { name: "overdue", key: "e", timeout: "6 seconds", work: Effect.sleep("1 hour") }
]

/** Has not ended when its host closes, and is interrupted by that. */
const unfinished: Part = { name: "unfinished", key: "f", work: Effect.sleep("1 hour") }

const Import = Work.make("import", {
  payload: { file: Schema.String },
  success: Schema.Struct({ rows: Schema.Int }),
  key: ({ file }) => file
})
const payload = { file: "g" }
const idempotencyKey = "import-once"

/** The names and keys that a later life must be able to start. */
export const keys: ReadonlyArray<readonly [name: string, key: string]> = [
  ...[...parts, unfinished].flatMap(({ key, name }) => (key === undefined ? [] : [[name, key] as const])),
  [Import.name, payload.file]
]

// -- callers ------------------------------------------------------------------------------------------

type Names = { readonly name: string; readonly key?: string; readonly idempotencyKey?: string }

/** A caller that starts a run, and tells what it was answered. A failure is told, and is the caller's end. */
const started = <E extends { readonly _tag: string; readonly message: string }, R>(
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

const untilSettled = (tell: Tell, handle: RunHandle<unknown, unknown>) =>
  handle.settled.pipe(
    Effect.tap(({ status, workOutcome }) =>
      Effect.sync(() => tell({ _tag: "Settled", id: handle.id, status, workOutcome }))
    ),
    orTold(tell, `settled ${handle.id}`)
  )

const cancelled = (tell: Tell, handle: RunHandle<unknown, unknown>, seconds: number) =>
  Effect.sleep(`${seconds} seconds`).pipe(
    Effect.zipRight(handle.cancel({ reason: "the user asked" })),
    Effect.tap(({ _tag, ...said }) =>
      Effect.sync(() => tell({ _tag: "CancelAnswered", id: handle.id, answer: _tag, ...said }))
    ),
    orTold(tell, `cancel ${handle.id}`)
  )

const followed = (tell: Tell, handle: RunHandle<unknown, unknown>) =>
  handle.events.pipe(
    Stream.runForEach((event) =>
      Effect.sync(() => {
        const status = event._tag === "Snapshot" ? event.run.status : "status" in event ? event.status : undefined
        tell({ _tag: "Event", id: handle.id, event: event._tag, ...(status === undefined ? {} : { status }) })
      })
    ),
    orTold(tell, `events ${handle.id}`)
  )

const orTold = (tell: Tell, what: string) =>
  Effect.catchAllCause((cause: Cause.Cause<unknown>) =>
    Effect.sync(() => tell({ _tag: "Failed", what, error: Cause.pretty(cause) }))
  )

// -- lives --------------------------------------------------------------------------------------------

type Life = Effect.Effect<void, unknown, RunKernel.RunKernel | Work.RegisteredOf<typeof Import> | Scope.Scope>

const startPart = (tell: Tell, { name, key, timeout, work }: Part) =>
  Effect.flatMap(RunKernel.RunKernel, (kernel) => {
    const options = { ...(key === undefined ? {} : { key }), ...(timeout === undefined ? {} : { timeout }) }
    return started(
      tell,
      { name, ...(key === undefined ? {} : { key }) },
      kernel.start(name, watched(tell, work), options)
    )
  })

const played = (tell: Tell, part: Part) =>
  Effect.gen(function* () {
    const handle = yield* startPart(tell, part)
    yield* Effect.all(
      [
        untilSettled(tell, handle),
        part.cancelAfter === undefined ? Effect.void : cancelled(tell, handle, part.cancelAfter),
        part.isFollowed ? followed(tell, handle) : Effect.void
      ],
      { concurrency: "unbounded", discard: true }
    )
  }).pipe(Effect.ignore)

/** Started again and again with one idempotency key, it is one run. */
const imported = (tell: Tell) =>
  Effect.gen(function* () {
    const names = { name: Import.name, key: payload.file, idempotencyKey }
    const handle = yield* started(tell, names, Import.start(payload, { idempotencyKey }))
    yield* untilSettled(tell, handle)
  }).pipe(Effect.ignore)

const first = (tell: Tell): Life =>
  Effect.gen(function* () {
    const idempotent = Effect.zipRight(
      Effect.sleep("1 second"),
      Effect.all([imported(tell), Effect.zipRight(Effect.sleep("1 second"), imported(tell))], {
        concurrency: "unbounded",
        discard: true
      })
    )
    yield* Effect.all([...parts.map((part) => played(tell, part)), idempotent], {
      concurrency: "unbounded",
      discard: true
    })
    yield* Effect.ignore(startPart(tell, unfinished))
    yield* Effect.sleep("1 second")
  })

const later = (tell: Tell): Life =>
  Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    yield* kernel.list().pipe(
      Effect.tap((runs) =>
        Effect.sync(() => tell({ _tag: "Listed", runs: runs.map(({ id, status }) => ({ id, status })) }))
      ),
      orTold(tell, "list")
    )
    const again = [...parts, unfinished].filter(({ key }) => key !== undefined)
    yield* Effect.all(
      [
        ...again.map(({ key = "", name }) => played(tell, { name, key, work: Effect.succeed("again") })),
        imported(tell)
      ],
      { concurrency: "unbounded", discard: true }
    )
    const names = { name: Import.name, key: payload.file }
    yield* Effect.ignore(
      Effect.flatMap(started(tell, names, Import.start(payload)), (handle) => untilSettled(tell, handle))
    )
  })

/** The whole of a life, on the kernel that it is given. */
export const lifeOf = (life: number, tell: Tell): Effect.Effect<void, unknown, RunKernel.RunKernel | Scope.Scope> => {
  const work = Import.toLayer(() => watched(tell, Effect.as(Effect.sleep("4 seconds"), { rows: 3 })))
  return Effect.flatMap(Layer.build(work), (context) => Effect.provide(life === 1 ? first(tell) : later(tell), context))
}
