/**
 * The events of a run as Server-Sent Events: the text of each, what a client that comes back is told,
 * and the response. An event is encoded once, whoever listens, so that a thousand clients that are slow
 * share one text.
 *
 * @since 0.1.0
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import type { RunEvent } from "../../Run.js"
import type { RunNotFound, StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import { RunKernel } from "../../RunKernel.js"
import { coreOf, type KernelCore } from "../kernel/kernelCore.js"
import { sanitize } from "../runs/workEnd.js"
import { viewOf, whyParked } from "./runView.js"

/** @internal */
export interface EventSourceOptions {
  /** Between two comments on a connection that is silent. */
  readonly keepAlive: Duration.Duration
  /** Done when the host goes away: a server does not close while a response is under way. */
  readonly closing: Deferred.Deferred<void>
}

/**
 * The response, once the run is known to be there. A client that was told the end, and comes back since browsers
 * reconnect by themselves, is told not to: terminal is final, so nothing has to be looked up for that.
 */
export const respond = (
  id: RunId,
  lastEventId: string | undefined,
  options: EventSourceOptions
): Effect.Effect<HttpServerResponse.HttpServerResponse, RunNotFound | StoreFailure, RunKernel | Scope> =>
  Effect.gen(function* () {
    if (lastEventId?.endsWith(`.${settledTeller}`) === true) return HttpServerResponse.empty({ status: 204 })
    const kernel = yield* RunKernel
    const pull = yield* Stream.toPull(kernel.events(id))
    const first = yield* Effect.mapError(pull, Option.getOrNull).pipe(
      Effect.catchAll((error) => (error === null ? Effect.succeed(Chunk.empty<RunEvent>()) : Effect.fail(error)))
    )
    const teller = new Teller(coreOf(kernel), id, lastEventId)
    const rest = Stream.repeatEffectChunkOption(pull).pipe(
      Stream.mapChunks((events) => teller.tell(events)),
      Stream.catchAll((error) => Stream.make(vanished(error)))
    )
    const texts = Stream.concat(Stream.fromChunk(Chunk.prepend(teller.tell(first), retry)), rest)
    return HttpServerResponse.stream(sent(texts, options), { contentType: "text/event-stream", headers })
  })

/**
 * Keeps a stream of texts alive while it is silent, and ends it when the host goes away. One chunk is handed over at
 * a time, so a slow client holds what its listener's buffer holds, and not much beside it.
 */
export const sent = (
  texts: Stream.Stream<Uint8Array>,
  { closing, keepAlive }: EventSourceOptions
): Stream.Stream<Uint8Array> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const mailbox = yield* Mailbox.make<Chunk.Chunk<Uint8Array>>({ capacity: 1 })
      const handOver = Stream.runForEachChunk(texts, (chunk) => mailbox.offer(chunk))
      yield* Effect.forkScoped(Effect.ensuring(handOver, mailbox.end))
      // Where there is no room the client has something to read, and needs no comment.
      const comments = Effect.delay(
        Effect.sync(() => mailbox.unsafeOffer(comment)),
        keepAlive
      )
      yield* Effect.forkScoped(Effect.forever(comments))
      yield* Effect.forkScoped(Effect.zipRight(Deferred.await(closing), mailbox.end))
      return Stream.flattenChunks(Mailbox.toStream(mailbox))
    })
  )

/** @internal */
export const headers = { "cache-control": "no-store, no-transform", "x-accel-buffering": "no" }

const encoder = new TextEncoder()
const comment = Chunk.of(encoder.encode(": keep-alive\n\n"))
const retry = encoder.encode("retry: 2000\n\n")

/** JSON has no line breaks of its own, so one line of data is enough. */
const text = (event: string, data: unknown, id?: string): Uint8Array => block(event, jsonOf(data), id)

/** @internal */
export const block = (event: string, json: string, id?: string): Uint8Array =>
  encoder.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`)

/** Annotations of log lines may be anything: what is no JSON is shown as its text. */
const jsonOf = (data: unknown): string => {
  try {
    return JSON.stringify(data)
  } catch {
    const seen = new WeakSet<object>()
    return JSON.stringify(data, (_, value: unknown) => {
      if (typeof value === "bigint") return String(value)
      if (typeof value !== "object" || value === null) return value
      if (seen.has(value)) return "<seen above>"
      seen.add(value)
      return value
    })
  }
}

// -- what is told ---------------------------------------------------------------------------------------------

/**
 * The end of every id says who numbered the event: a host, where the run is in its memory; nobody, where it is read
 * from its row, which is numbered anew for each reader. Only numbers of one teller can be compared.
 */
const rowTeller = "row"
const settledTeller = "settled"

/** One connection: from the events of a run to their texts. */
class Teller {
  private readonly by: string
  private isParkedTold = false

  constructor(
    private readonly core: KernelCore,
    private readonly id: RunId,
    private readonly lastEventId: string | undefined
  ) {
    this.by = core.runs.get(id)?.hostId ?? rowTeller
  }

  tell(events: Chunk.Chunk<RunEvent>): Chunk.Chunk<Uint8Array> {
    return Chunk.fromIterable(Chunk.toReadonlyArray(events).flatMap((event) => this.told(event)))
  }

  private told(event: RunEvent): ReadonlyArray<Uint8Array> {
    if (event._tag === "Snapshot") return this.beginning(event)
    if (event._tag === "Parked") {
      if (this.isParkedTold) return []
      this.isParkedTold = true
    }
    return [shared(event, this.by)]
  }

  /** What the client missed, where this host still has all of it; else the state, with the latest events in it. */
  private beginning(snapshot: Extract<RunEvent, { readonly _tag: "Snapshot" }>): ReadonlyArray<Uint8Array> {
    const run = this.core.runs.get(this.id)
    const latest = run?.hub.latestUpTo(snapshot.sequence) ?? []
    const missed = this.missed(latest, snapshot.sequence)
    if (missed !== undefined) return missed.flatMap((event) => this.told(event))
    const { sequence } = snapshot
    // That it is parked is told by an event of its own, below.
    const recent = latest
      .filter(({ _tag }) => _tag !== "Parked")
      .map((event) => ({ event: nameOf(event), ...dataOf(event) }))
    const state = text("snapshot", { sequence, run: viewOf(this.core, snapshot.run), recent }, `${sequence}.${this.by}`)
    const parked = run?.state._tag === "Ended" ? run.state.parked : undefined
    if (parked === undefined) return [state]
    this.isParkedTold = true
    const { lastFailure, verdict } = parked
    return [state, shared({ _tag: "Parked", sequence, verdict, message: lastFailure.message }, this.by)]
  }

  private missed(latest: ReadonlyArray<RunEvent>, sequence: number): ReadonlyArray<RunEvent> | undefined {
    const [number, by] = splitId(this.lastEventId)
    if (by !== this.by || by === rowTeller || number > sequence) return undefined
    const missed = latest.filter((event) => event.sequence > number)
    return missed.length === sequence - number ? missed : undefined
  }
}

const splitId = (lastEventId: string | undefined): readonly [number: number, by: string] => {
  const found = /^(\d{1,15})\.(.+)$/.exec(lastEventId ?? "")
  return found === null ? [0, ""] : [Number(found[1]), found[2] ?? ""]
}

/** A hub gives the very same event to each of its listeners. */
const encoded = new WeakMap<RunEvent, Uint8Array>()

const shared = (event: RunEvent, by: string): Uint8Array => {
  const there = encoded.get(event)
  if (there !== undefined) return there
  const made = text(nameOf(event), dataOf(event), `${event.sequence}.${event._tag === "Settled" ? settledTeller : by}`)
  encoded.set(event, made)
  return made
}

const nameOf = ({ _tag }: RunEvent): string => `${_tag.charAt(0).toLowerCase()}${_tag.slice(1)}`

/** The three that speak of the end say the status, whether it is stored, and why it is not. */
const dataOf = (event: RunEvent): object => {
  const { _tag, ...fields } = event
  switch (event._tag) {
    case "Settled":
      return { ...fields, stored: true }
    case "Parked":
      return { sequence: event.sequence, status: event.verdict, stored: false, why: whyParked(event.message) }
    case "Superseded":
      return {
        ...fields,
        stored: false,
        why: "Another host owns the run now. Its end follows when that host has stored it."
      }
    default:
      return fields
  }
}

/** The row is gone: what the client was told last is all that there will be. */
const vanished = (error: RunNotFound | StoreFailure): Uint8Array =>
  text("vanished", { stored: false, why: sanitize(error.message) })
