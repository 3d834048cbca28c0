/**
 * What the page shows of all runs, some times a second for as long as somebody looks: the latest rows,
 * and over them what this host has in memory, so that the page goes on being true while the database is
 * away. Everybody who looks shares one reader.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import { isTerminal } from "../../RunStatus.js"
import { block } from "../http/eventSource.js"
import { type RunView, viewOf, viewOfMemory } from "../http/runView.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import { sanitize } from "../runs/workEnd.js"
import { listLimitMax } from "../store/runBatch.js"
import { runOf } from "../store/runRow.js"
import { nowMillis } from "../wallClock.js"

interface Rows {
  runs: ReadonlyArray<RunView>
  /** When they were read; nothing before the first time. */
  readAt: number | undefined
  /** Why the last reading failed. */
  failure: string | undefined
}

/** How long the page waits for the rows, before it shows those that it has. */
const readingMax = Duration.millis(200)

/** As texts of Server-Sent Events, the first at once, then each time that something has changed. */
export const make = (
  core: KernelCore,
  options: { readonly refreshInterval: Duration.Duration; readonly runsMax: number }
): Effect.Effect<Stream.Stream<Uint8Array>, never, Scope.Scope> => {
  const look = Effect.gen(function* () {
    const scope = yield* Effect.scope
    const rows: Rows = { runs: [], readAt: undefined, failure: undefined }
    let reading: Fiber.RuntimeFiber<void> | undefined
    // By itself: a reading may take as long as an attempt may, and what is in memory does not wait for it.
    const now = Effect.gen(function* () {
      reading ??= yield* Effect.forkIn(read(core, rows, options.runsMax), scope)
      const isRead = yield* Effect.timeoutOption(Fiber.await(reading), readingMax)
      if (Option.isSome(isRead)) reading = undefined
      return JSON.stringify(state(core, rows, options.runsMax))
    })
    return Stream.concat(Stream.fromEffect(now), Stream.repeatEffect(Effect.delay(now, options.refreshInterval))).pipe(
      Stream.changes,
      Stream.map((json) => block("runs", json))
    )
  })
  return Stream.share(Stream.unwrapScoped(look), { capacity: 1, strategy: "sliding", replay: 1 })
}

const read = (core: KernelCore, rows: Rows, runsMax: number): Effect.Effect<void> =>
  Effect.matchEffect(core.store.list({ limit: runsMax + 1 }), {
    onFailure: (failure: StoreFailure) =>
      Effect.sync(() => {
        rows.failure = sanitize(failure.message)
      }),
    onSuccess: (stored) =>
      Effect.map(nowMillis, (now) => {
        rows.runs = stored.map((row) => viewOf(core, runOf(row)))
        rows.readAt = now
        rows.failure = undefined
      })
  })

/** `isOutdated`: the row was read as active and this host has it no longer in memory, so it has ended since. */
interface ShownRun extends RunView {
  readonly isOutdated?: boolean
}

const shown = (core: KernelCore, run: RunView): ShownRun =>
  !isTerminal(run.status) && run.hostId === core.lease.hostId() && !core.runs.has(run.id)
    ? { ...run, isOutdated: true }
    : run

/** A row that is terminal is the truth; of a run that is active this host's memory knows more than the row. */
const state = (core: KernelCore, rows: Rows, runsMax: number) => {
  const byId = new Map<RunId, ShownRun>(rows.runs.map((run) => [run.id, shown(core, run)]))
  for (const id of core.runs.keys()) {
    const stored = byId.get(id)
    const live = stored !== undefined && isTerminal(stored.status) ? undefined : viewOfMemory(core, id)
    if (live !== undefined) byId.set(id, live)
  }
  const all = [...byId.values()].sort((a, b) => worth(b) - worth(a) || newestFirst(a, b))
  const runs = all.slice(0, runsMax).sort((a, b) => Number(isParked(b)) - Number(isParked(a)) || newestFirst(a, b))
  const isMore = all.length > runsMax || rows.runs.length === listLimitMax
  // The time is told only while readings fail: else the state would change with every one of them.
  return { runs, isMore, ...(rows.failure === undefined ? {} : { failure: rows.failure, readAt: rows.readAt }) }
}

const isParked = ({ notStored }: ShownRun): boolean => notStored?.parked === true

const newestFirst = (a: ShownRun, b: ShownRun): number => (a.id < b.id ? 1 : -1)

/** What is not stored must not fall off the end, nor what is at work since long ago. */
const worth = (run: ShownRun): number => (isParked(run) ? 2 : isTerminal(run.status) || run.isOutdated === true ? 0 : 1)
