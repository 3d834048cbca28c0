/**
 * The callers of one round on one host: they start runs, wait for their ends, follow some, and cancel some of their own and
 * some of any host. All of it is drawn from the seed; what they are answered they tell before they do anything with it.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { RunId } from "../../src/RunId.js"
import { RunKernel } from "../../src/RunKernel.js"
import { choose, fraction } from "../internal/decisionHash.js"
import type { Tell } from "./told.js"
import { type Payload, starts } from "./works.js"

export interface Round {
  readonly seed: number
  readonly slot: number
  readonly round: number
  readonly runs: number
}

/** Of a round: the starts come in this time, and the cancels in about twice of it. */
const startsMillis = 700

/** Shared by all hosts. */
const keys = 6

/** Of any host, for each host and round. */
const foreignCancels = 7

/** A caller that is told of a failure asks again; far longer than any adversity lasts. */
const again = Schedule.intersect(Schedule.spaced("300 millis"), Schedule.recurs(100))

export const played = (round: Round, tell: Tell) =>
  Effect.gen(function* () {
    const indices = Array.from({ length: round.runs }, (_, index) => index)
    yield* Effect.all(
      [
        ...indices.map((index) => oneRun(round, index, tell)),
        ...Array.from({ length: foreignCancels }, (_, index) => foreignCancel(round, index, tell))
      ],
      { concurrency: "unbounded", discard: true }
    )
    yield* Effect.sync(() => tell({ _tag: "RoundDone", round: round.round }))
  })

const oneRun = ({ round, seed, slot }: Round, index: number, tell: Tell) =>
  Effect.gen(function* () {
    const drawn = (what: string) => fraction(what, seed, round, slot, index)
    const intent = `${round}/${slot}/${index}`
    yield* Effect.sleep(Math.floor(drawn("start") * startsMillis))
    const start = choose(starts, "work", seed, round, slot, index)
    const payload: Payload = {
      key: `key ${Math.floor(drawn("key") * keys)}`,
      millis: millisOf(drawn("millis")),
      end: drawn("end") < 0.8 ? "succeeds" : drawn("end") < 0.93 ? "fails" : "dies"
    }
    const handle = yield* start(payload, { idempotencyKey: intent }).pipe(
      Effect.tapError(({ _tag }) => Effect.sync(() => tell({ _tag: "StartFailed", intent, error: _tag }))),
      Effect.retry({ schedule: again, while: ({ _tag }) => _tag === "StoreFailure" })
    )
    yield* Effect.sync(() => tell({ _tag: "Started", id: handle.id, intent, isNew: handle.isNew }))
    const end = drawn("follower") < 0.35 ? followed(handle.id, tell) : settled(handle.id, tell)
    const cancel = Effect.delay(cancelled(handle.id, intent, tell), Math.floor(drawn("patience") * 500))
    yield* Effect.zip(end, drawn("cancel") < 0.12 ? cancel : Effect.void, { concurrent: true })
    // A key that is taken is an answer.
  }).pipe(Effect.ignore)

/** Mostly short; some outlast a lease, so that there is something to be taken from a host that is silent. */
const millisOf = (drawn: number): number =>
  Math.floor(drawn < 0.92 ? 80 + drawn ** 2 * 1_300 : 1_500 + ((drawn - 0.92) / 0.08) * 2_500)

const settled = (id: RunId, tell: Tell) =>
  Effect.flatMap(RunKernel, (kernel) => Effect.retry(kernel.settled(id), again)).pipe(
    Effect.tap(({ status, workOutcome }) => Effect.sync(() => tell({ _tag: "Settled", id, status, workOutcome }))),
    Effect.asVoid
  )

/** A subscription that fails with the database is begun anew, and only one that ends by itself is told. */
const followed = (id: RunId, tell: Tell) =>
  Effect.flatMap(RunKernel, (kernel) => Effect.retry(Stream.runCollect(kernel.events(id)), again)).pipe(
    Effect.tap((events) =>
      Effect.sync(() => {
        const last = Option.getOrUndefined(Chunk.last(events))
        const end = last?._tag === "Settled" ? { status: last.status, workOutcome: last.workOutcome } : {}
        tell({ _tag: "Followed", id, events: Chunk.toReadonlyArray(Chunk.map(events, ({ _tag }) => _tag)), ...end })
      })
    ),
    Effect.asVoid
  )

const cancelled = (id: RunId, ask: string, tell: Tell) =>
  Effect.flatMap(RunKernel, (kernel) => {
    tell({ _tag: "CancelAsked", id, ask })
    return kernel.cancel(id, { reason: "the seed said so" })
  }).pipe(
    Effect.tap(({ _tag, ...said }) =>
      Effect.sync(() => tell({ _tag: "CancelAnswered", id, ask, answer: _tag, ...said }))
    ),
    Effect.tapError(({ _tag }) => Effect.sync(() => tell({ _tag: "CancelFailed", id, ask, error: _tag }))),
    Effect.ignore
  )

/** One of those that are running somewhere. */
const foreignCancel = ({ round, seed, slot }: Round, index: number, tell: Tell) =>
  Effect.gen(function* () {
    const drawn = (what: string) => fraction(what, seed, round, slot, index)
    yield* Effect.sleep(Math.floor(drawn("foreign cancel") * 2 * startsMillis))
    const kernel = yield* RunKernel
    const running = yield* kernel.list({ status: "running", limit: 200 })
    const chosen = running[Math.floor(drawn("which") * running.length)]
    if (chosen !== undefined) yield* cancelled(chosen.id, `${round}/${slot}/foreign ${index}`, tell)
  }).pipe(Effect.ignore)
