/**
 * The comparison of what the database says is this host's with what is in its memory (rule 9): a
 * cancel that another host has recorded is honoured, and an active row that nobody here started (its
 * insert landed late, or its answer was lost) is settled, so that no key stays blocked.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { OwnedRun, Settlement } from "../RunStore.js"
import { tokenOf } from "./activeRun.js"
import { acceptFromRow } from "./cancelling.js"
import type { KernelCore } from "./kernelCore.js"
import { nowMillis } from "./wallClock.js"

/** @internal */
export const audit = (core: KernelCore, owned: ReadonlyArray<OwnedRun>): Effect.Effect<void> =>
  Effect.forEach(
    owned,
    (row) => {
      const run = core.runs.get(row.id)
      if (run === undefined) return abandonRow(core, row)
      if (row.cancelRequestedAt === null) return Effect.void
      return acceptFromRow(core, run, row.cancelRequestedAt, row.cancelReason ?? undefined)
    },
    { discard: true }
  )

/** A row that settled between the renewal and now is terminal: the guard makes this a no-op. */
const abandonRow = (core: KernelCore, row: OwnedRun): Effect.Effect<void> =>
  Effect.gen(function* () {
    const now = yield* nowMillis
    const hostId = core.lease.hostId()
    const error = { reason: "StartAbandoned", message: "Its row came to be after its start had been given up." }
    const settlement: Settlement = {
      id: row.id,
      hostId,
      attempt: row.attempt,
      token: tokenOf(hostId, row.attempt),
      status: "failed",
      workOutcome: "notStarted",
      finishedAt: now,
      result: null,
      error: JSON.stringify(error),
      cancelRequestedAt: null,
      cancelReason: null
    }
    yield* core.log({ _tag: "RowUnknown", runId: row.id, hostId, attempt: row.attempt })
    core.writer.settle.submit({
      id: row.id,
      row: () => settlement,
      answered: () => Effect.void,
      overdue: () => Effect.void,
      budgetUntil: now + Duration.toMillis(core.options.parkAfter)
    })
    core.writer.wake()
  })
