/**
 * The lives of a host whose database is well: the first one starts a handful of runs, one for each way in
 * which a run can end; the later ones find what is left of them, start every key again, and close.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type CurrentRun, progress } from "../../src/Run.js"
import * as RunKernel from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import { cancelled, followed, orTold, started, untilSettled, watched } from "./callers.js"
import type { Script } from "./script.js"
import type { Tell } from "./told.js"

// -- work ---------------------------------------------------------------------------------------------

class Broken extends Schema.TaggedError<Broken>()("Broken", {}) {}

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
const keys: ReadonlyArray<readonly [name: string, key: string]> = [
  ...[...parts, unfinished].flatMap(({ key, name }) => (key === undefined ? [] : [[name, key] as const])),
  [Import.name, payload.file]
]

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

const lifeOf: Script["lifeOf"] = (life, tell) => {
  const work = Import.toLayer(() => watched(tell, Effect.as(Effect.sleep("4 seconds"), { rows: 3 })))
  return Effect.flatMap(Layer.build(work), (context) => Effect.provide(life === 1 ? first(tell) : later(tell), context))
}

export const ordinary: Script = { lifeOf, keys, inDoubt: [] }
