/**
 * Writes a history down while it happens. Before anything else is written the rows are looked at, so
 * that a row version always stands before the events and the answers that follow from it. All of it is
 * synchronous: an entry is written in the very step in which the thing was seen.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { CurrentRun, RunEvent } from "../../src/Run.js"
import type { RunId } from "../../src/RunId.js"
import type { Line } from "../../src/RunLog.js"
import type { StoredRun } from "../../src/RunStore.js"
import type { Entry, Happening, History, Mark, Operation, Settings, Value, WorkExit } from "../History.js"
import { answerOf } from "./recordedAnswer.js"

export interface RecorderOptions {
  readonly settings: Settings
  /** Of the program that is recorded. */
  readonly clock: Clock.Clock
  /**
   * The rows as the database has them, or undefined where none has changed since it was last asked. A row that has
   * not changed may be the same object; that is looked at first.
   */
  readonly rows: () => Iterable<StoredRun> | undefined
}

/** What work knows itself by. */
type Attempt = Pick<typeof CurrentRun.Service, "id" | "attempt">

export class Recorder {
  private readonly entries: Array<Entry> = []
  private readonly known = new Map<RunId, StoredRun>()
  /** By the number of the call. */
  private readonly hostsOfCalls: Array<string> = []
  private readonly lost = new Set<string>()

  constructor(private readonly options: RecorderOptions) {}

  get history(): History {
    return { settings: this.options.settings, entries: this.entries }
  }

  /** The rows as they were last seen. */
  get rows(): Iterable<StoredRun> {
    return this.known.values()
  }

  // -- what is seen ---------------------------------------------------------------------------------------

  mark(mark: Mark): Effect.Effect<void> {
    return Effect.sync(() => this.append({ _tag: "Marked", mark }))
  }

  /** The host is gone without having been closed: nothing that is left of it in this process is seen any more. */
  lose(host: string): void {
    this.append({ _tag: "Marked", mark: { _tag: "HostLost", host } })
    this.lost.add(host)
  }

  /** Writes down what has changed in the rows. Called before every entry, and by whoever knows of a change. */
  look(): void {
    const rows = this.options.rows()
    if (rows === undefined) return
    let seen = 0
    for (const row of rows) {
      seen++
      const before = this.known.get(row.id)
      if (before === row || (before !== undefined && isSame(before, row))) continue
      this.known.set(row.id, row)
      this.push({ _tag: "RowChanged", row })
    }
    if (seen < this.known.size) this.forget(new Set([...rows].map(({ id }) => id)))
  }

  /** A logger that keeps the lines of the kernel called `host`, and leaves all others alone. */
  logger(host: string): Logger.Logger<unknown, void> {
    return Logger.make(({ message }) => {
      const line: unknown = Array.isArray(message) ? message[0] : message
      if (isLine(line)) this.append({ _tag: "Logged", host, line })
    })
  }

  /** A call with its answer. The effect is given the number that the call has in the history. */
  call<A, E, R>(
    host: string,
    operation: Operation,
    effect: (call: number) => Effect.Effect<A, E, R>,
    valueOf: (value: A) => Value
  ): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      const call = this.hostsOfCalls.push(host) - 1
      this.append({ _tag: "Called", call, host, operation })
      return Effect.onExit(effect(call), (exit) =>
        Effect.sync(() => this.append({ _tag: "Answered", call, answer: answerOf(operation, exit, valueOf) }))
      )
    })
  }

  /** Listens until the stream ends, or the listener is interrupted. Pulled by hand: a sink would cost as much again. */
  subscribe<E>(host: string, runId: RunId, events: Stream.Stream<RunEvent, E>): Effect.Effect<void, E> {
    const listen = (call: number) =>
      Effect.scoped(
        Effect.flatMap(Stream.toPull(events), (pull) =>
          Effect.forever(
            Effect.map(pull, (chunk) => {
              for (const event of chunk) this.append({ _tag: "Told", call, event })
            })
          )
        )
      ).pipe(Effect.catchAll(Option.match({ onNone: () => Effect.void, onSome: (error: E) => Effect.fail(error) })))
    return this.call(host, { _tag: "Subscribe", runId }, listen, () => ({ _tag: "Done" }))
  }

  workBegan(host: string, { attempt, id }: Attempt, start: number | undefined): void {
    this.append({ _tag: "WorkBegan", runId: id, host, attempt, start })
  }

  workEnded(host: string, { attempt, id }: Attempt, exit: WorkExit): void {
    this.append({ _tag: "WorkEnded", runId: id, host, attempt, exit })
  }

  // -- internals --------------------------------------------------------------------------------------------

  private append(happening: Happening): void {
    this.look()
    if (this.lost.size > 0 && this.lost.has(this.hostOf(happening) ?? "")) return
    this.push(happening)
  }

  private hostOf(happening: Happening): string | undefined {
    switch (happening._tag) {
      case "Answered":
      case "Told":
        return this.hostsOfCalls[happening.call]
      case "Marked":
        return "host" in happening.mark ? happening.mark.host : undefined
      default:
        return "host" in happening ? happening.host : undefined
    }
  }

  private push(happening: Happening): void {
    const place = { sequence: this.entries.length, at: this.options.clock.unsafeCurrentTimeMillis() }
    this.entries.push(Object.assign(place, happening))
  }

  private forget(present: ReadonlySet<RunId>): void {
    for (const runId of this.known.keys()) {
      if (present.has(runId)) continue
      this.known.delete(runId)
      this.push({ _tag: "RowDeleted", runId })
    }
  }
}

const isLine = (message: unknown): message is Line =>
  typeof message === "object" && message !== null && "holdfast" in message

const isSame = (one: StoredRun, other: StoredRun): boolean => {
  for (const column in one) if (one[column as keyof StoredRun] !== other[column as keyof StoredRun]) return false
  return true
}
