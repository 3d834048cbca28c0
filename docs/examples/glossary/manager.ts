/**
 * What the contest asks of a manager of runs, so that Holdfast and the naive one can be watched, and
 * cancelled, in exactly the same way. A host that just wants its runs supervised needs none of this: it
 * calls `BuildGlossary.start` and uses the handle.
 */
import type { Effect, Stream } from "effect"
import type { Run } from "effect-holdfast"

/**
 * What a subscriber is told while a run lives. `Status` claims that the run has ended so; `Refused` says
 * that there is no run.
 */
export type Told =
  | { readonly _tag: "Progress"; readonly progress: Run.Progress }
  | { readonly _tag: "Note"; readonly text: string }
  | { readonly _tag: "Status"; readonly status: string }
  | { readonly _tag: "Refused"; readonly reason: string }

/** What the caller of a cancel was told. After `unanswered` either end is legal. */
export type CancelReply = "accepted" | "too late" | "unanswered"

export interface Started {
  /** The primary key of its row. */
  readonly id: string
  readonly cancel: Effect.Effect<CancelReply>
  /** Ends when nothing more will be told. */
  readonly told: Stream.Stream<Told>
  /** How often its terminal status was sent to the database, so far. */
  readonly writes: Effect.Effect<number>
}

export interface Manager {
  readonly start: (document: string) => Effect.Effect<Started, { readonly message: string }>
}
