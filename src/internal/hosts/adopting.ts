/**
 * A run that this host has taken over: from its row to its work, at the attempt that the row says. The
 * work begins through the same gate as that of a start (rule 8); where it may not, the run is given back.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import type { HostId } from "../../RunId.js"
import type { StoredRun } from "../../RunStore.js"
import { type Definition, type KernelCore, register, unregister } from "../kernel/kernelCore.js"
import * as ActiveRun from "../runs/activeRun.js"
import { acceptFromRow } from "../runs/cancelling.js"
import { EventHub } from "../runs/eventHub.js"
import { payloadRefused, workEnded } from "../runs/handingOver.js"
import { begin, decide } from "../runs/launching.js"
import { stopWork } from "../runs/running.js"
import type { Provided, StartRequest } from "../runs/starting.js"
import { messageOf, sanitize } from "../runs/workEnd.js"
import { monotonicMillis, nowMillis } from "../wallClock.js"

/**
 * To be called with a row that is `running`, and this host's. A record of the run that is still at work in this
 * memory comes first: the row is left to the audit, which finds it again when that has ended. And a shutdown waits for a
 * take-over, and not for an audit: what comes when it has passed that point is left to the next host, with its row.
 */
export const adopt = (core: KernelCore, row: StoredRun, previous: HostId | null | undefined): Effect.Effect<void> =>
  Effect.uninterruptible(
    Effect.gen(function* () {
      if (core.isClosed || (core.isStopping && !core.isTakingOver)) return
      const known = core.runs.get(row.id)
      if (known !== undefined && !isOver(known)) return
      if (known !== undefined) unregister(core, known)
      const definition = core.definitions.get(row.name)
      const { attempt, id, name } = row
      const hostId = row.hostId ?? core.lease.hostId()
      const previousHost = typeof previous === "string" ? { previousHostId: previous } : {}
      // In the step in which it was seen that there is none.
      const run = recordOf(core, { ...row, hostId })
      register(core, run)
      yield* core.log({ _tag: "RunTakenOver", runId: id, hostId, name, attempt, ...previousHost })
      if (definition === undefined) return yield* giveBack(core, run, "lease")
      const request = yield* Effect.either(requestOf(definition, row))
      if (Either.isLeft(request)) return yield* payloadRefused(core, run, request.left)
      if (row.cancelRequestedAt !== null) {
        yield* acceptFromRow(core, run, row.cancelRequestedAt, row.cancelReason ?? undefined)
      }
      yield* goOn(core, run, request.right)
    })
  )

const isOver = ({ state }: ActiveRun.ActiveRun): boolean =>
  state._tag === "Superseded" || state._tag === "Settled" || state._tag === "Gone"

const recordOf = (core: KernelCore, row: StoredRun & { readonly hostId: HostId }): ActiveRun.ActiveRun =>
  ActiveRun.make({
    hostId: row.hostId,
    attempt: row.attempt,
    newRun: row,
    cancelGrace: core.options.cancelGrace,
    hub: new EventHub(core.tail),
    isInsertSent: true
  })

/** Whatever a schema throws, too: the message says what the payload is not. */
const requestOf = (
  definition: Definition,
  row: StoredRun
): Effect.Effect<StartRequest<unknown, unknown, Provided>, string> =>
  Effect.suspend(() => definition.requestOf(row)).pipe(
    Effect.sandbox,
    Effect.mapError((cause) => sanitize(messageOf(cause._tag === "Fail" ? cause.error : cause)))
  )

const goOn = (
  core: KernelCore,
  run: ActiveRun.ActiveRun,
  request: StartRequest<unknown, unknown, Provided>
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const decision = decide(core, run, yield* nowMillis, yield* monotonicMillis)
    if (typeof decision === "string") yield* begin(core, run, request, decision)
    else yield* giveBack(core, run, decision._tag === "KernelStopped" ? "shutdown" : "lease")
  })

/** It never began, and says so by the reason for which it is given back. */
const giveBack = (core: KernelCore, run: ActiveRun.ActiveRun, why: "shutdown" | "lease"): Effect.Effect<void> =>
  Effect.gen(function* () {
    ActiveRun.inserted(run, yield* nowMillis)
    yield* stopWork(core, run, why)
    yield* workEnded(core, run, { _tag: "Interrupted" }, Exit.interrupt(FiberId.none))
  })
