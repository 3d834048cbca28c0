/**
 * The comparison of what the database says is this host's with what is in its memory (rule 9): a
 * cancel that another host has recorded is honoured, and an active row that nobody here started (its
 * insert landed late, or its answer was lost) is settled, so that no key stays blocked, or started, where
 * it is the answer to a take-over that was lost.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { HostId } from "../../RunId.js"
import { isTerminal } from "../../RunStatus.js"
import type { OwnedRun, Settlement, StoredRun, Tombstone } from "../../RunStore.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import { type ActiveRun, tokenOf } from "../runs/activeRun.js"
import { acceptFromRow } from "../runs/cancelling.js"
import { nowMillis } from "../wallClock.js"
import { adopt } from "./adopting.js"

/** @internal */
export const audit = (core: KernelCore, owned: ReadonlyArray<OwnedRun>): Effect.Effect<void> =>
  Effect.forEach(
    // Of thousands there are few, and each effect has its cost.
    owned.filter((row) => row.cancelRequestedAt !== null || core.runs.get(row.id)?.attempt !== row.attempt),
    (row) => {
      const run = core.runs.get(row.id)
      if (run === undefined || !isOf(run, row)) return row.attempt === 1 ? abandonRow(core, row) : adoptRow(core, row)
      if (row.cancelRequestedAt === null) return Effect.void
      return acceptFromRow(core, run, row.cancelRequestedAt, row.cancelReason ?? undefined)
    },
    { discard: true }
  )

/** The record of an earlier attempt is not that of this one. */
const isOf = (run: ActiveRun, row: OwnedRun): boolean => run.attempt === row.attempt

/**
 * Rule 9, audit: the answer to a take-over was lost. Read again first, as below. What is being taken over now is not lost:
 * its answer brings it into memory, and it may have begun and ended by the time at which it is read here.
 */
const adoptRow = (core: KernelCore, owned: OwnedRun): Effect.Effect<void> =>
  Effect.suspend(() => (core.isTakingOver ? Effect.succeedNone : core.store.get(owned.id))).pipe(
    Effect.flatMap((found) => {
      const row = Option.getOrUndefined(found)
      const isOurs = row !== undefined && row.hostId === core.lease.hostId() && row.attempt === owned.attempt
      return isOurs && row.status === "running" ? adopt(core, row, undefined) : Effect.void
    }),
    // The next renewal brings it back.
    Effect.catchTag("StoreFailure", (failure) => Effect.logDebug("A row without a run could not be read", failure))
  )

/**
 * Read again first: a run that has settled between the renewal and now is nobody's loss. Entombed rather than settled,
 * so that its idempotency key is free for the start that is made anew.
 */
const abandonRow = (core: KernelCore, owned: OwnedRun): Effect.Effect<void> =>
  Effect.gen(function* () {
    const row = Option.getOrUndefined(yield* core.store.get(owned.id))
    const hostId = core.lease.hostId()
    if (row === undefined || isTerminal(row.status) || row.hostId !== hostId || core.runs.has(row.id)) return
    yield* core.log({ _tag: "RowUnknown", runId: row.id, hostId, attempt: row.attempt })
    const now = yield* nowMillis
    const tombstone: Tombstone = { run: { ...row, hostId }, settlement: abandoned(row, hostId, now) }
    core.writer.entomb.submit({
      id: row.id,
      row: () => tombstone,
      answered: () => Effect.void,
      overdue: () => Effect.void,
      budgetUntil: now + Duration.toMillis(core.options.parkAfter)
    })
    core.writer.wake()
  }).pipe(
    // The next renewal brings it back.
    Effect.catchTag("StoreFailure", (failure) => Effect.logDebug("A row without a run could not be read", failure))
  )

const abandoned = (row: StoredRun, hostId: HostId, now: number): Settlement => {
  const message = "Its row came to be after its start had been given up."
  return {
    id: row.id,
    hostId,
    attempt: row.attempt,
    token: tokenOf(hostId, row.attempt),
    status: "failed",
    workOutcome: "notStarted",
    finishedAt: now,
    result: null,
    error: JSON.stringify({ reason: "StartAbandoned", message }),
    cancelRequestedAt: null,
    cancelReason: null
  }
}
