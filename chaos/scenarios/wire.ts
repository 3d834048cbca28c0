/**
 * What Postgres does with notifications, in the hands of a story: it says which changes are told to those who
 * listen, and when their sessions are lost. What is told while nobody listens is told to nobody.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type * as StreamEmit from "effect/StreamEmit"
import { StoreFailure } from "../../src/RunError.js"
import type { RunId } from "../../src/RunId.js"
import { RunStore } from "../../src/RunStore.js"

export class Wire {
  private readonly listeners = new Set<StreamEmit.EmitOpsPush<StoreFailure, RunId>>()

  /** How many sessions have listened so far. */
  sessions = 0

  readonly changes: Stream.Stream<RunId, StoreFailure> = Stream.asyncPush((emit) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        this.sessions++
        this.listeners.add(emit)
      }),
      () => Effect.sync(() => this.listeners.delete(emit))
    )
  )

  /** The same store, telling of what comes over this wire. */
  readonly on = <E, R>(store: Layer.Layer<RunStore, E, R>): Layer.Layer<RunStore, E, R> =>
    Layer.map(store, (context) =>
      Context.add(context, RunStore, { ...Context.get(context, RunStore), changes: this.changes })
    )

  tell(id: RunId): void {
    for (const emit of this.listeners) emit.single(id)
  }

  /** The sessions that listen now are lost. */
  cut(): void {
    const cause = new Error("made up: the session is lost")
    for (const emit of this.listeners) emit.fail(new StoreFailure({ operation: "listen", class: "connection", cause }))
  }
}
