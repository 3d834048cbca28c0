/**
 * One manager against the storm: starts a run for each document, watches what its subscriber is told,
 * cancels some on the way, and keeps an account of each run. What is true comes from the witness and
 * from the answers to the cancels; what the manager claims comes from what it told.
 */
import { Duration, Effect, Either, Fiber, Option, Stream } from "effect"
import type { CancelReply, Manager, Started, Told } from "./manager.js"
import { type Deed, Witness } from "./witness.js"

/** All that is known of a run without asking its row. */
export interface Account {
  readonly document: string
  readonly deed: Deed
  /** Absent where nobody cancelled it. */
  readonly cancel: CancelReply | undefined
  /** The statuses that its subscriber was told, in order. */
  readonly told: ReadonlyArray<string>
  readonly writes: number
}

export type Watch = (document: string, told: Told) => Effect.Effect<void>

export const run = (
  manager: Manager,
  documents: ReadonlyArray<string>,
  cancels: ReadonlyMap<string, number>,
  watch: Watch
): Effect.Effect<ReadonlyArray<Account>, never, Witness> =>
  Effect.gen(function* () {
    // One after the other, so that a document's run has the same number in the fault plan for both managers.
    const fibers = yield* Effect.forEach(documents, (document) =>
      Effect.gen(function* () {
        const started = yield* Effect.either(manager.start(document))
        if (Either.isLeft(started)) yield* watch(document, { _tag: "Refused", reason: started.left.message })
        return yield* Effect.fork(
          Either.match(started, {
            onLeft: () => Effect.succeed({ cancel: undefined, told: [], writes: 0 }),
            onRight: (run) => follow(document, run, cancels.get(document), watch)
          })
        )
      })
    )
    const witness = yield* Witness
    return yield* Effect.forEach(fibers, (fiber, index) =>
      Effect.gen(function* () {
        const document = documents[index] ?? ""
        return { document, ...(yield* Fiber.join(fiber)), deed: yield* witness.deed(document) }
      })
    )
  })

/** A subscriber that has been told nothing by then is not going to be. */
const patience = Duration.seconds(40)

const follow = (document: string, run: Started, cancelAt: number | undefined, watch: Watch) =>
  Effect.gen(function* () {
    const told: Array<string> = []
    let cancelling: Fiber.Fiber<CancelReply> | undefined
    yield* run.told.pipe(
      Stream.runForEach((event) =>
        Effect.gen(function* () {
          yield* watch(document, event)
          if (event._tag === "Status") told.push(event.status)
          if (cancelling === undefined && cancelAt !== undefined && isPast(event, cancelAt)) {
            cancelling = yield* Effect.fork(run.cancel)
          }
        })
      ),
      Effect.timeoutOption(patience)
    )
    const reply =
      cancelling === undefined
        ? undefined
        : Option.getOrElse(yield* Effect.timeoutOption(Fiber.join(cancelling), patience), () => "unanswered" as const)
    return { cancel: reply, told, writes: yield* run.writes }
  })

const isPast = (event: Told, share: number): boolean =>
  event._tag === "Progress" &&
  event.progress.total !== undefined &&
  event.progress.current >= share * event.progress.total
