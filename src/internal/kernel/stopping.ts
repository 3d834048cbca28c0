/**
 * The end of a kernel: intake stops, work is interrupted and waited for, verdicts are written while
 * there is time. What could not be written goes to the journal; without one it is logged as lost, with
 * all that is needed to repair it by hand. Nobody who waits is left waiting.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import { RunSuperseded } from "../../RunError.js"
import type { ActiveRun } from "../runs/activeRun.js"
import { stopWork } from "../runs/running.js"
import { signalOf } from "../runs/runSignal.js"
import { cancelInDoubt, leaveVerdicts, parked, unparked } from "../runs/settling.js"
import { nowMillis } from "../wallClock.js"
import { answerCancels, answerInsert, type KernelCore, notAsked, stopped, unregister } from "./kernelCore.js"

/** @internal */
export const shutdown = (core: KernelCore): Effect.Effect<void> =>
  Effect.gen(function* () {
    const hostId = core.lease.hostId()
    core.isStopping = true
    yield* core.log({ _tag: "HostStopping", hostId, active: core.runs.size })
    for (const id of [...core.inserts.keys()]) answerInsert(core, id, Effect.fail(stopped(core.runs.get(id))))
    const graceMillis = Duration.toMillis(core.options.shutdownGrace)
    const until = (yield* nowMillis) + graceMillis
    yield* Effect.forEach([...core.runs.values()], (run) => stopWork(core, run, "shutdown"), { discard: true })
    yield* within(workEnded(core), until)
    yield* within(core.writer.drained, until)
    core.isClosed = true
    // What another host has taken over is its to settle.
    const left = [...core.runs.values()].filter(({ state }) => state._tag !== "Superseded")
    yield* Effect.forEach(left, (run) => leave(core, run), { discard: true })
    yield* leaveVerdicts(core, left)
    for (const run of core.runs.values()) run.hub.close()
    for (const run of [...core.runs.values()]) unregister(core, run)
    for (const { giveUp } of [...core.rowCancels.values()]) giveUp("the kernel has stopped")
    // Rule 11: the store keeps the row while an active run names it, so that nobody takes over work that still goes on.
    yield* removeHost(core, until)
    yield* core.log({ _tag: "HostStopped", hostId, unwritten: left.length })
  })

/** The rest of the grace, in a fiber that is about to end and must not be interruptible for anybody else. */
const within = (effect: Effect.Effect<void>, until: number): Effect.Effect<void> =>
  Effect.flatMap(nowMillis, (now) =>
    Effect.asVoid(Effect.timeoutOption(Effect.interruptible(effect), Math.max(0, until - now)))
  )

/** What a take-over that is on its way brings is given back, or another host would have to wait for this one's end. */
const workEnded = (core: KernelCore): Effect.Effect<void> =>
  Effect.suspend(() => {
    const isBusy = [...core.runs.values()].some(({ state }) => state._tag === "Inserting" || state._tag === "Working")
    if (!isBusy && !core.isTakingOver) return Effect.void
    core.ended = Deferred.unsafeMake<void>(FiberId.none)
    return Effect.zipRight(Deferred.await(core.ended), workEnded(core))
  })

/** A run that this host will not settle any more. */
const leave = (core: KernelCore, run: ActiveRun): Effect.Effect<void> =>
  Effect.gen(function* () {
    const failure = notAsked("settle", "the host shut down before the database took the verdict")
    if (run.state._tag === "Ended") {
      yield* parked(core, run, run.state.parked?.lastFailure ?? failure, run.state.sent)
      unparked(core, run.state)
    } else {
      // Work that does not stop: its row stays `running`, and recovery settles it once this host is gone.
      Deferred.unsafeDone(signalOf(run), Effect.fail(new RunSuperseded({ id: run.id, status: "running" })))
    }
    answerCancels(run, () => cancelInDoubt(run, failure))
  })

/** A host row that stays is only untidy: its lease runs out, and no row names it. */
const removeHost = (core: KernelCore, until: number): Effect.Effect<void> =>
  within(
    Effect.catchAllCause(core.lease.remove, (cause) => Effect.logWarning("The host's row could not be removed", cause)),
    until
  )
