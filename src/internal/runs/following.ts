/**
 * Runs that are not in this host's memory: other hosts', and those that settled long ago. What can be
 * told about them is what their row says, so they are read until the row is terminal: whenever the database
 * tells of a change, where it does, and at an interval. A read that fails only delays: it is repeated at the
 * same interval for as long as somebody listens.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { RunEvent } from "../../Run.js"
import { RunNotFound, type StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import { isTerminal } from "../../RunStatus.js"
import type { StoredRun } from "../../RunStore.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import { runOf } from "../store/runRow.js"
import type { Watch } from "./runChanges.js"

type Core = Pick<KernelCore, "store" | "options" | "changes">

/** @internal */
export const readRow = (
  core: Pick<KernelCore, "store">,
  id: RunId
): Effect.Effect<StoredRun, RunNotFound | StoreFailure> =>
  Effect.flatMap(
    core.store.get(id),
    Option.match({ onNone: () => Effect.fail(new RunNotFound({ id })), onSome: Effect.succeed })
  )

/** The row, once it is terminal. */
export const followRow = (core: Core, id: RunId): Effect.Effect<StoredRun, RunNotFound> =>
  Effect.gen(function* () {
    const watch = yield* core.changes.watch(id)
    while (true) {
      const read = yield* Effect.either(readRow(core, id))
      if (Either.isRight(read) && isTerminal(read.right.status)) return read.right
      if (Either.isLeft(read) && read.left._tag === "RunNotFound") return yield* read.left
      yield* watch.pause(core.options.followInterval)
    }
  }).pipe(Effect.scoped)

/** The events that a row can tell: what it is, what changes in it, and its end. */
export const rowEvents = (core: Core, id: RunId): Stream.Stream<RunEvent, RunNotFound | StoreFailure> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const watch = yield* core.changes.watch(id)
      const first = yield* readRow(core, id)
      return Stream.concat(
        Stream.fromIterable(told(undefined, first, 0)),
        isTerminal(first.status) ? Stream.empty : laterEvents(core, first, watch)
      )
    })
  )

const laterEvents = (core: Core, first: StoredRun, watch: Watch): Stream.Stream<RunEvent, RunNotFound> => {
  interface Seen {
    readonly row: StoredRun
    readonly sequence: number
  }
  const next = (seen: Seen): Effect.Effect<Option.Option<readonly [ReadonlyArray<RunEvent>, Seen]>, RunNotFound> => {
    if (isTerminal(seen.row.status)) return Effect.succeedNone
    return watch.pause(core.options.followInterval).pipe(
      Effect.zipRight(readRow(core, first.id)),
      Effect.catchTag("StoreFailure", () => Effect.succeed(seen.row)),
      Effect.map((row) => {
        const events = told(seen.row, row, seen.sequence)
        return Option.some([events, { row, sequence: seen.sequence + events.length }] as const)
      })
    )
  }
  return Stream.flattenIterables(
    Stream.unfoldEffect<Seen, ReadonlyArray<RunEvent>, RunNotFound, never>({ row: first, sequence: 0 }, next)
  )
}

/** What a row says that it did not say before, numbered from `sequence` on. */
const told = (before: StoredRun | undefined, row: StoredRun, sequence: number): ReadonlyArray<RunEvent> => {
  const events: Array<RunEvent> = []
  const run = runOf(row)
  if (before === undefined) {
    events.push({ _tag: "Snapshot", sequence, run })
  } else {
    const { progress } = runOf(before)
    if (run.progress !== undefined && JSON.stringify(run.progress) !== JSON.stringify(progress)) {
      events.push({ _tag: "Progressed", sequence: sequence + events.length + 1, progress: run.progress })
    }
    if (before.cancelRequestedAt === null && row.cancelRequestedAt !== null) {
      const reason = row.cancelReason === null ? {} : { reason: row.cancelReason }
      events.push({ _tag: "CancelRequested", sequence: sequence + events.length + 1, ...reason })
    }
    if (!isTerminal(row.status) && (before.hostId !== row.hostId || before.attempt !== row.attempt)) {
      events.push({ _tag: "Superseded", sequence: sequence + events.length + 1, status: row.status })
    }
  }
  if (isTerminal(row.status)) {
    const workOutcome = row.workOutcome ?? "unknown"
    events.push({
      _tag: "Settled",
      sequence: sequence + (before === undefined ? 1 : events.length + 1),
      status: row.status,
      workOutcome,
      attempts: 0
    })
  }
  return events
}
