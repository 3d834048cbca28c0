/**
 * Each invariant must let a good history pass and catch bad ones: a checker that cannot fail proves
 * nothing. The histories are made by hand, step by step, and each violation must say which guarantee,
 * which run, what was expected, what was seen, and what led there.
 */
import { assert, describe, it } from "@effect/vitest"
import { Invariants } from "../../chaos/index.js"
import type { Guarantee } from "../../src/RunHistory.js"
import type { StoredRun } from "../../src/RunStore.js"
import { healthy, hostIdOf, type Recording, recording, runA, runB, stranger } from "./recording.js"

/** The one violation that is to be found, and what it has to say. */
const catches = (
  guarantee: Guarantee,
  name: string,
  record: (history: Recording) => void,
  says: { readonly runId?: string | undefined; readonly expected: RegExp; readonly seen: RegExp }
) =>
  it(`${guarantee} catches ${name}`, () => {
    const history = recording()
    record(history)
    const found = Invariants.check(history.history).filter((violation) => violation.guarantee === guarantee)
    assert.isNotEmpty(found, `nothing was found in\n${JSON.stringify(history.history, undefined, 1)}`)
    const [first] = found
    if (first === undefined) return
    assert.strictEqual(first.runId, "runId" in says ? says.runId : runA)
    assert.match(first.expected, says.expected)
    assert.match(first.seen, says.seen)
    assert.isNotEmpty(first.steps)
    const text = Invariants.render(first)
    assert.match(text, new RegExp(`^${guarantee} .*does not hold`))
    assert.include(text, first.expected)
    assert.include(text, first.seen)
    assert.isAtLeast(text.split("\n").length, 3 + Math.min(first.steps.length, 60))
  })

const passes = (name: string, record: (history: Recording) => void) =>
  it(`lets pass ${name}`, () => {
    const history = recording()
    record(history)
    assert.deepStrictEqual(Invariants.check(history.history).map(Invariants.render), [])
  })

describe("invariants", () => {
  passes("a run that succeeds", (h) => healthy(h))
  passes("a run that is cancelled while it works", (h) => {
    h.open().start(runA)
    const cancel = h.at(100).call({ _tag: "Cancel", runId: runA })
    h.row(runA, { cancelRequestedAt: 100 }).cancelAnswered(runA, cancel, { _tag: "Requested", durable: true })
    h.at(150).workEnded(runA, { _tag: "Interrupted", by: "somebody" }).settle(runA, "cancelled", "interrupted").over()
  })
  passes("a verdict that is parked, and written when the database has healed", (h) => {
    h.open().start(runA)
    const listens = h.subscribe(runA)
    h.at(1_000).workEnded(runA, { _tag: "Succeeded", encodes: true })
    h.at(7_000).told(listens, { _tag: "Parked", sequence: 1, verdict: "completed", message: "busy" })
    h.at(60_000).healed().at(61_000).settle(runA, "completed", "succeeded")
    h.told(listens, { _tag: "Settled", sequence: 2, status: "completed", workOutcome: "succeeded", attempts: 9 })
    h.answered(listens, { _tag: "Ok", value: { _tag: "Done" } }).over()
  })
  passes("a verdict that is lost with its host, told in the log, its row recovered by the next one", (h) => {
    h.open().start(runA).at(100).workEnded(runA, { _tag: "Failed" })
    h.at(200).shutdown().at(8_200).verdictLost(runA, "failed", "failed").closed().healed()
    h.at(30_000).open("second").recover(runA).over()
  })

  describe("unknown answers", () => {
    passes("a start that its caller gave up, and whose work goes on", (h) => {
      h.open()
      const start = h.call({ _tag: "Start", name: "work" })
      h.row(runA).started(runA).answered(start, { _tag: "Interrupted" }).workBegan(runA, start)
      h.at(100).workEnded(runA, { _tag: "Succeeded", encodes: true }).settle(runA, "completed", "succeeded").over()
    })
    passes("a start that its caller gave up, and whose work never began", (h) => {
      h.open()
      const start = h.call({ _tag: "Start", name: "work" })
      h.row(runA).answered(start, { _tag: "Interrupted" }).settle(runA, "failed", "notStarted", "StartAbandoned").over()
    })
    passes("a cancel without an answer, which took effect", (h) => {
      h.open().start(runA)
      const cancel = h.at(50).call({ _tag: "Cancel", runId: runA })
      h.at(60).workEnded(runA, { _tag: "Interrupted", by: "somebody" }).settle(runA, "cancelled", "interrupted")
      h.at(70).answered(cancel, { _tag: "Interrupted" }).over()
    })
    passes("a cancel of a lost host, which nobody ever heard of again", (h) => {
      h.open().start(runA)
      h.at(50).call({ _tag: "Cancel", runId: runA })
      h.mark({ _tag: "HostLost", host: "first" }).healed()
      h.at(30_000).open("second").recover(runA).over()
    })
    catches(
      "G7",
      "a start that failed and did both",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.row(runA).answered(start, { _tag: "Failed", error: { tag: "StoreFailure", message: "busy", inDoubt: true } })
        h.workBegan(runA, start)
      },
      { expected: /no work of a start that failed with StoreFailure/, seen: /it began/ }
    )
    catches(
      "G1",
      "a start without an answer whose work succeeded, and whose row says that it was never started",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.row(runA).answered(start, { _tag: "Interrupted" }).workBegan(runA, start)
        h.at(100).workEnded(runA, { _tag: "Succeeded", encodes: true })
        h.settle(runA, "failed", "notStarted", "StartAbandoned")
      },
      { expected: /completed, work succeeded/, seen: /failed, work notStarted/ }
    )
  })

  describe("G1 fidelity", () => {
    passes(
      "a run that is to be given back before the first step of its work, and cancelled before that is written",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.row(runA, { onHostExit: "restart", attemptMax: 2 }).started(runA)
        h.answered(start, { _tag: "Ok", value: { _tag: "Started", runId: runA, isNew: true } })
        h.shutdown().log({ _tag: "StopRequested", runId: runA, stop: "shutdown" })
        h.log({ _tag: "WorkEnded", runId: runA, outcome: "interrupted" })
        const cancel = h.call({ _tag: "Cancel", runId: runA })
        h.at(50).row(runA, { cancelRequestedAt: 0 }).settle(runA, "cancelled", "interrupted")
        h.cancelAnswered(runA, cancel, { _tag: "Requested", durable: true }).closed().over()
      }
    )
    catches(
      "G1",
      "a success that is written as failed",
      (h) =>
        h.open().start(runA).workEnded(runA, { _tag: "Succeeded", encodes: true }).settle(runA, "failed", "failed"),
      { expected: /completed, work succeeded/, seen: /failed, work failed/ }
    )
    catches(
      "G1",
      "a status that runs ahead of the work",
      (h) => h.open().start(runA).settle(runA, "cancelled", "interrupted"),
      { expected: /active until the work has stopped/, seen: /cancelled while it ran/ }
    )
    catches(
      "G1",
      "an outcome that is not what the work did",
      (h) => h.open().start(runA).workEnded(runA, { _tag: "Died" }).settle(runA, "failed", "interrupted", "WorkDied"),
      { expected: /failed\(WorkDied\), work failed/, seen: /failed, work interrupted/ }
    )
    catches(
      "G1",
      "an interruption by nobody",
      (h) =>
        h
          .open()
          .start(runA)
          .workEnded(runA, { _tag: "Interrupted", by: "somebody" })
          .settle(runA, "failed", "interrupted", "WorkInterrupted"),
      { expected: /nobody interrupted it/, seen: /failed, work interrupted/ }
    )
  })

  describe("G2 cancel precedence", () => {
    const asked = (h: Recording, durable: boolean) => {
      h.open().start(runA)
      const cancel = h.at(100).call({ _tag: "Cancel", runId: runA })
      if (durable) h.row(runA, { cancelRequestedAt: 100 })
      h.cancelAnswered(runA, cancel, { _tag: "Requested", durable })
    }
    catches(
      "G2",
      "a durable cancel that ends as completed",
      (h) => {
        asked(h, true)
        h.at(100).workEnded(runA, { _tag: "Succeeded", encodes: true }).settle(runA, "completed", "succeeded")
      },
      { expected: /cancelled, as the caller was told/, seen: /completed/ }
    )
    catches(
      "G2",
      "a cancel that is called durable and is not in the row",
      (h) => {
        h.open().start(runA)
        const cancel = h.call({ _tag: "Cancel", runId: runA })
        h.cancelAnswered(runA, cancel, { _tag: "Requested", durable: true })
      },
      { expected: /a row that has the cancel/, seen: /running, with no cancel/ }
    )
    catches(
      "G2",
      "a caller who is told another end than there was",
      (h) => {
        healthy(h, { isOver: false })
        const cancel = h.call({ _tag: "Cancel", runId: runA })
        h.cancelAnswered(runA, cancel, { _tag: "AlreadyTerminal", status: "failed" })
      },
      { expected: /failed, as the caller was told/, seen: /completed/ }
    )
    catches(
      "G2",
      "a cancel that was never asked for, and is there",
      (h) => {
        h.open().start(runA)
        const cancel = h.call({ _tag: "Cancel", runId: runA })
        h.cancelAnswered(runA, cancel, { tag: "StoreFailure", message: "not asked", inDoubt: false })
        h.row(runA, { cancelRequestedAt: 0 })
      },
      { expected: /no cancel/, seen: /with a cancel/ }
    )
    catches(
      "G2",
      "a cancel that came while the work ran, and was forgotten",
      (h) => {
        h.open().start(runA)
        const cancel = h.at(100).call({ _tag: "Cancel", runId: runA })
        h.at(200).answered(cancel, { _tag: "Interrupted" })
        h.at(300).workEnded(runA, { _tag: "Succeeded", encodes: true }).settle(runA, "completed", "succeeded")
      },
      { expected: /cancelled, since that was asked while the work ran/, seen: /completed/ }
    )
  })

  describe("G2 between attempts", () => {
    const retried = (h: Recording, cancelAt: number) => {
      h.open().start(runA).at(100).workEnded(runA, { _tag: "Succeeded", encodes: true })
      const cancel = h.at(cancelAt).call({ _tag: "Cancel", runId: runA })
      const failure = { operation: "settle", class: "transient", message: "busy", inDoubt: false }
      h.at(200).log({ _tag: "WriteFailed", failure, rows: 1, runIds: [runA], attempt: 1, retryInMillis: 50 })
      h.at(250).settle(runA, "completed", "succeeded")
      h.cancelAnswered(runA, cancel, { _tag: "AlreadyTerminal", status: "completed" }).over()
    }
    catches("G2", "an attempt that forgets a cancel which came before it", (h) => retried(h, 150), {
      expected: /asked before the last attempt/,
      seen: /completed/
    })
    passes("a cancel that came in the instant in which the last attempt was sent", (h) => retried(h, 200))
    passes(
      "a cancel that was lost with its host, as its caller was told, and a run that another host restarted",
      (h) => {
        h.open("second").open().start(runA).row(runA, { onHostExit: "restart", attemptMax: 2 })
        const cancel = h.at(100).call({ _tag: "Cancel", runId: runA })
        h.at(200).workEnded(runA, { _tag: "Interrupted", by: "somebody" })
        const failure = { operation: "settle", class: "transient", message: "busy", inDoubt: false }
        h.at(300).log({ _tag: "WriteFailed", failure, rows: 1, runIds: [runA], attempt: 1, retryInMillis: 50 })
        h.cancelAnswered(runA, cancel, { _tag: "Requested", durable: false })
        const kept = { journal: "memory", verdict: "cancelled", workOutcome: "interrupted" }
        h.shutdown()
          .at(8_300)
          .log({ _tag: "VerdictJournaled", runId: runA, ...kept })
        h.closed()
          .healed()
          .on("second")
          .row(runA, { attempt: 2, hostId: hostIdOf("second") })
          .started(runA, 2)
        h.workBegan(runA, undefined, 2).at(8_500).workEnded(runA, { _tag: "Succeeded", encodes: true }, undefined, 2)
        h.settle(runA, "completed", "succeeded").over()
      }
    )
    catches(
      "G2",
      "work that begins after its cancel was acknowledged",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.row(runA, { cancelRequestedAt: 0 }).started(runA)
        h.cancelAnswered(runA, h.call({ _tag: "Cancel", runId: runA }), { _tag: "Requested", durable: true })
        h.answered(start, { _tag: "Ok", value: { _tag: "Started", runId: runA, isNew: true } }).workBegan(runA, start)
      },
      { expected: /no work after its cancel/, seen: /it began/ }
    )
  })

  describe("G3 terminal is final", () => {
    catches("G3", "a terminal row that changes its status", (h) => healthy(h).row(runA, { status: "failed" }), {
      expected: /stay completed/,
      seen: /status to "failed"/
    })
    catches("G3", "a terminal row that gets a late cancel", (h) => healthy(h).row(runA, { cancelRequestedAt: 7 }), {
      expected: /stay completed/,
      seen: /cancelRequestedAt to 7/
    })
    catches("G3", "a terminal row that is deleted", (h) => healthy(h).deleted(runA), {
      expected: /stay completed/,
      seen: /deleted/
    })
  })

  describe("G4 truthful signal", () => {
    const settled = {
      _tag: "Settled",
      sequence: 3,
      status: "completed",
      workOutcome: "succeeded",
      attempts: 1
    } as const
    catches(
      "G4",
      "Settled before the row says it",
      (h) => {
        h.open().start(runA)
        h.told(h.subscribe(runA), settled)
      },
      { expected: /before it is told/, seen: /told completed.*the row says running/ }
    )
    catches(
      "G4",
      "Settled with another status than the row's",
      (h) => {
        h.open().start(runA)
        const listens = h.subscribe(runA)
        h.workEnded(runA, { _tag: "Failed" }).settle(runA, "failed", "failed", "WorkFailed").told(listens, settled)
      },
      { expected: /the row to say what is told/, seen: /told completed.*the row says failed/ }
    )
    catches(
      "G4",
      "Settled twice",
      (h) => {
        healthy(h, { isOver: false })
        const listens = h.subscribe(runA)
        h.told(listens, settled).told(listens, { ...settled, sequence: 4 })
      },
      { expected: /Settled as the last/, seen: /Settled after it/ }
    )
    catches(
      "G4",
      "Parked twice",
      (h) => {
        h.open().start(runA)
        const listens = h.subscribe(runA)
        h.workEnded(runA, { _tag: "Succeeded", encodes: true })
        for (const sequence of [1, 2]) {
          h.told(listens, { _tag: "Parked", sequence, verdict: "completed", message: "busy" })
        }
      },
      { expected: /one Parked at most/, seen: /second/ }
    )
    catches(
      "G4",
      "a subscriber that hears nothing for longer than parkAfter",
      (h) => {
        h.open().start(runA)
        h.subscribe(runA)
        h.workEnded(runA, { _tag: "Succeeded", encodes: true }).at(6_100).over()
      },
      { expected: /a word to subscriber #\d+ within 6000 ms/, seen: /none/ }
    )
    catches(
      "G4",
      "a waiter that is answered too late",
      (h) => {
        h.open().start(runA)
        const waits = h.call({ _tag: "Settled", runId: runA })
        h.workEnded(runA, { _tag: "Succeeded", encodes: true }).at(8_000).settle(runA, "completed", "succeeded")
        h.answered(waits, { _tag: "Ok", value: { _tag: "Settled", status: "completed", workOutcome: "succeeded" } })
      },
      { expected: /a word to settled #\d+/, seen: /after 8000 ms/ }
    )
    catches(
      "G4",
      "a result of a run that failed",
      (h) => {
        h.open().start(runA)
        const result = h.call({ _tag: "Result", runId: runA })
        h.workEnded(runA, { _tag: "Failed" }).settle(runA, "failed", "failed", "WorkFailed")
        h.answered(result, { _tag: "Ok", value: { _tag: "Gave" } })
      },
      { expected: /a completed row/, seen: /failed/ }
    )
  })

  describe("G5 liveness", () => {
    catches(
      "G5",
      "a verdict that is written too late after the heal",
      (h) => {
        h.open().start(runA).workEnded(runA, { _tag: "Succeeded", encodes: true })
        h.at(10_000).healed().at(14_500).settle(runA, "completed", "succeeded").over()
      },
      { expected: /a terminal row by 14001 ms/, seen: /terminal at 14500 ms/ }
    )
    catches(
      "G5",
      "a run that stays active for ever",
      (h) => h.open().start(runA).workEnded(runA, { _tag: "Failed" }).healed().at(60_000).over(),
      { expected: /a terminal row by/, seen: /running/ }
    )
    passes("a tombstone that the next host writes, of a start that left no row for anybody to recover before", (h) => {
      h.open("second").open()
      const start = h.call({ _tag: "Start", name: "work" })
      h.answered(start, { _tag: "Failed", error: { tag: "KernelStopped", message: "", inDoubt: true } })
      h.at(2_500).shutdown().at(8_000).closed().healed().at(60_000).open("next")
      h.row(runA, {
        hostId: hostIdOf("first"),
        status: "failed",
        workOutcome: "notStarted",
        finishedAt: 60_000,
        error: JSON.stringify({ reason: "StartAbandoned", message: "" }),
        settleToken: `${hostIdOf("first")}:1`
      })
      h.at(90_000).over()
    })
    catches("G5", "a row that nobody answers for", (h) => h.open().row(runA).healed().at(60_000).over(), {
      expected: /the audit finds rows/,
      seen: /running/
    })
    catches(
      "G5",
      "a call that is never answered",
      (h) => {
        healthy(h, { isOver: false })
        h.call({ _tag: "Get", runId: runA })
        h.over()
      },
      { expected: /an answer to Get #\d+/, seen: /none/ }
    )
    catches(
      "G5",
      "a host that waits for nothing when it is told to stop",
      (h) => healthy(h, { isOver: false }).at(2_000).shutdown().at(10_000).closed().over(),
      { runId: undefined, expected: /first to have stopped by 8001 ms/, seen: /stopped at 10000 ms/ }
    )
    passes("a host that waits for work which ignores it", (h) => {
      h.open().start(runA).at(100).shutdown().at(8_000).workEnded(runA, { _tag: "Interrupted", by: "somebody" })
      h.settle(runA, "failed", "interrupted", "HostShutdown").closed().over()
    })
  })

  describe("G6 nothing lost at exit", () => {
    const ended = (h: Recording) => h.open().start(runA).at(100).workEnded(runA, { _tag: "Failed" }).at(200).shutdown()
    catches("G6", "a verdict that goes in silence", (h) => ended(h).closed(), {
      expected: /in the row, in the journal, or in the log as VerdictLost/,
      seen: /a running row, no line/
    })
    catches(
      "G6",
      "a line that says another verdict",
      (h) => ended(h).at(8_200).verdictLost(runA, "completed", "succeeded").closed(),
      {
        expected: /failed\(WorkFailed\)/,
        seen: /completed/
      }
    )
    catches(
      "G6",
      "a verdict that is given up while there is time",
      (h) => ended(h).at(8_100).verdictLost(runA, "failed", "failed").closed(),
      { expected: /no verdict given up before 8200 ms, when the grace ends/, seen: /one that is left/ }
    )
    catches(
      "G6",
      "a line that fits no row",
      (h) => ended(h).at(8_200).verdictLost(runA, "failed", "failed", 2).closed(),
      {
        expected: /fits the row/,
        seen: /:2/
      }
    )
    /** Its work succeeds after it was to stop. Interrupted on its way out, the run is to be restarted elsewhere. */
    const leftAfterSuccess = (h: Recording) => {
      h.open().start(runA).row(runA, { onHostExit: "restart", attemptMax: 2 }).at(100).shutdown()
      return h.at(200).workEnded(runA, { _tag: "Succeeded", encodes: true }).at(8_100)
    }
    catches("G6", "a success that a stopping host leaves in silence", (h) => leftAfterSuccess(h).closed(), {
      expected: /in the row, in the journal, or in the log as VerdictLost/,
      seen: /a running row, no line/
    })
    passes("a success that was interrupted on its way out, and whose run is left for another host to restart", (h) =>
      leftAfterSuccess(h)
        .log({ _tag: "RunLeft", runId: runA, hostId: hostIdOf("first"), attempt: 1 })
        .closed()
        .open("second")
        .row(runA, { onHostExit: "restart", attemptMax: 2, attempt: 2, hostId: hostIdOf("second") })
    )
    const killed = (h: Recording) => {
      h.start(runA).at(100).workEnded(runA, { _tag: "Succeeded", encodes: true }).at(7_000).log({
        _tag: "VerdictJournaled",
        runId: runA,
        journal: "memory",
        verdict: "completed",
        workOutcome: "succeeded"
      })
      return h.mark({ _tag: "HostLost", host: "first" }).healed().at(8_000).on("second")
    }
    catches(
      "G6",
      "a verdict in the journal of a process that was killed, which the next one judges as lost",
      (h) => killed(h.open()).recover(runA).open("second").over(),
      { expected: /the journaled verdict in the row when the next kernel is up/, seen: /failed, by .*:recovery/ }
    )
    catches(
      "G6",
      "a verdict in the journal of a process that was killed, which the next one leaves there",
      (h) => killed(h.open()).open("second").over(),
      { expected: /the journaled verdict in the row when the next kernel is up/, seen: /an active row/ }
    )
    passes("a journaled verdict that the next kernel writes before it is up", (h) => {
      const settleToken = `${hostIdOf("first")}:1`
      killed(h.open()).row(runA, { status: "completed", workOutcome: "succeeded", finishedAt: 100, settleToken })
      h.open("second").over()
    })
    passes("a journaled verdict of a process that was killed, and whose run another host had recovered by then", (h) =>
      killed(h.open("second").open()).recover(runA).at(9_000).mark({ _tag: "Opened", host: "next" }).over()
    )
  })

  describe("G7 atomic start", () => {
    catches(
      "G7",
      "a start that succeeds without a row",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.answered(start, { _tag: "Ok", value: { _tag: "Started", runId: runA, isNew: true } })
      },
      { expected: /a row when the start succeeds/, seen: /none/ }
    )
    catches(
      "G7",
      "work that begins though every start failed",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.answered(start, { _tag: "Failed", error: { tag: "KernelStopped", message: "" } })
        h.row(runA).workBegan(runA, undefined)
      },
      { expected: /work only of starts that succeeded/, seen: /it began/ }
    )
    const inDoubt = { tag: "KernelStopped", message: "", inDoubt: true } as const
    passes(
      "a start in doubt that another host takes over, when its own has gone before the tombstone was written",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.row(runA, { onHostExit: "restart", attemptMax: 2 }).answered(start, { _tag: "Failed", error: inDoubt })
        h.at(2_500).shutdown().at(8_000).closed().healed().open("second")
        h.row(runA, { attempt: 2, hostId: hostIdOf("second") })
          .started(runA, 2)
          .workBegan(runA, undefined, 2)
        h.at(8_500).workEnded(runA, { _tag: "Succeeded", encodes: true }, undefined, 2)
        h.settle(runA, "completed", "succeeded").over()
      }
    )
    catches(
      "G7",
      "a row of a start that was told that nothing was done",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.answered(start, { _tag: "Failed", error: { ...inDoubt, inDoubt: false } })
        h.row(runA).settle(runA, "failed", "notStarted", "StartAbandoned").over()
      },
      { expected: /no row of a start of work that was told that nothing was done/, seen: /running/ }
    )
    const refusedAfter = (h: Recording, isInDoubt: boolean) => {
      h.open().start(runB, { key: "a" })
      const start = h.call({ _tag: "Start", name: "work", key: "a" })
      const failure = { operation: "insert", class: "connection", message: "lost", inDoubt: isInDoubt }
      h.log({ _tag: "WriteFailed", failure, rows: 1, runIds: [runA], attempt: 1, retryInMillis: 50 })
      h.answered(start, { _tag: "Failed", error: { tag: "RunAlreadyActive", message: "", otherId: runB } })
      h.at(100).workEnded(runB, { _tag: "Failed" }).settle(runB, "failed", "failed", "WorkFailed")
      h.at(1_500).row(runA, { key: "a" }).at(7_000).settle(runA, "failed", "notStarted", "StartAbandoned").over()
    }
    passes("a row of a start that another row refused, and of which an earlier attempt landed late", (h) =>
      refusedAfter(h, true)
    )
    catches("G7", "a row of a start that another row refused", (h) => refusedAfter(h, false), {
      expected: /no row of a start of work that was told that nothing was done/,
      seen: /running/
    })
    catches(
      "G7",
      "a start that was told as not done, and that another host goes on with",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.row(runA, { onHostExit: "restart", attemptMax: 2 })
        h.answered(start, { _tag: "Failed", error: { ...inDoubt, inDoubt: false } })
        h.shutdown().at(8_000).closed().open("second")
        h.row(runA, { attempt: 2, hostId: hostIdOf("second") }).workBegan(runA, undefined, 2)
      },
      { expected: /work only of starts that succeeded/, seen: /it began/ }
    )
    catches(
      "G7",
      "a start in doubt that another host goes on with while its own is there",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.row(runA, { onHostExit: "restart", attemptMax: 2 }).answered(start, { _tag: "Failed", error: inDoubt })
        h.open("second")
          .row(runA, { attempt: 2, hostId: hostIdOf("second") })
          .workBegan(runA, undefined, 2)
      },
      { expected: /work only of starts that succeeded/, seen: /it began/ }
    )
    catches(
      "G7",
      "a failed start whose row says that its work ran",
      (h) => {
        h.open()
        const start = h.call({ _tag: "Start", name: "work" })
        h.answered(start, { _tag: "Failed", error: { tag: "StoreFailure", message: "", inDoubt: true } })
        h.row(runA).settle(runA, "completed", "succeeded")
      },
      { expected: /its work was not started/, seen: /completed, work succeeded/ }
    )
  })

  describe("G8 single active", () => {
    catches("G8", "two active rows of one key", (h) => h.open().start(runA, { key: "k" }).start(runB, { key: "k" }), {
      runId: runB,
      expected: /one active row for work k/,
      seen: new RegExp(runA)
    })
    catches(
      "G8",
      "work that overlaps with work of the same key",
      (h) => h.open().start(runA, { key: "k" }).settle(runA, "cancelled", "interrupted").start(runB, { key: "k" }),
      { runId: runB, expected: /no other work for work k/, seen: /goes on/ }
    )
    catches(
      "G8",
      "two works for one idempotency key",
      (h) => {
        h.open().start(runA, { idempotencyKey: "i" }).workEnded(runA, { _tag: "Failed" })
        h.settle(runA, "failed", "failed", "WorkFailed").start(runB, { idempotencyKey: "i" })
      },
      { runId: runB, expected: /one work for the idempotency key/, seen: /a second one/ }
    )
  })

  describe("G9 host loss", () => {
    catches(
      "G9",
      "a run that is taken from a host that is there",
      (h) => h.open().start(runA).open("second").recover(runA),
      {
        expected: /left to its host/,
        seen: /recovery/
      }
    )
    catches(
      "G9",
      "work that begins again though nobody took it over",
      (h) => h.open().start(runA).workBegan(runA, undefined),
      { expected: /as often as the run was taken, 1/, seen: /began 2 times/ }
    )
    const givenBack = (h: Recording): Recording =>
      h
        .open()
        .start(runA)
        .row(runA, { attemptMax: 2, onHostExit: "restart" })
        .shutdown()
        .workEnded(runA, { _tag: "Interrupted", by: "somebody" })
        .row(runA, { status: "pending", hostId: null })
        .closed()
        .at(1_000)
        .open("second")
    const takenOver = (h: Recording, changes: Partial<StoredRun> = {}): Recording =>
      h.row(runA, { status: "running", hostId: hostIdOf("second"), attempt: 2, ...changes }).started(runA, 2)
    passes("work that goes on elsewhere, judged by what it does there", (h) => {
      takenOver(givenBack(h)).workBegan(runA, undefined, 2)
      h.workEnded(runA, { _tag: "Succeeded", encodes: true }, undefined, 2)
      h.settle(runA, "completed", "succeeded").over()
    })
    catches(
      "G1",
      "an end that is that of an earlier attempt",
      (h) => {
        takenOver(givenBack(h)).workBegan(runA, undefined, 2)
        h.workEnded(runA, { _tag: "Succeeded", encodes: true }, undefined, 2)
        h.settle(runA, "failed", "interrupted", "HostShutdown")
      },
      { expected: /completed, work succeeded, since the work Succeeded/, seen: /failed, work interrupted/ }
    )
    catches("G9", "a run that is restarted too often", (h) => void takenOver(givenBack(h), { attempt: 3 }), {
      expected: /2 attempts at most/,
      seen: /attempt 3/
    })
    catches(
      "G9",
      "a run that is restarted while its host is there",
      (h) => void takenOver(h.open().start(runA).row(runA, { attemptMax: 2 }).open("second")),
      { expected: /left to its host/, seen: /restarted/ }
    )
    catches(
      "G9",
      "a run that is restarted though its row asked for a cancel",
      (h) => {
        h.open().start(runA).row(runA, { attemptMax: 2, cancelRequestedAt: 5 }).closed().at(1_000).open("second")
        takenOver(h)
      },
      { expected: /cancelled when it was taken over/, seen: /restarted/ }
    )
    catches(
      "G9",
      "a host that is fenced though it has never failed to renew",
      (h) =>
        void h
          .open()
          .at(30_000)
          .open("second")
          .log({ _tag: "HostFenced", fencedHostId: hostIdOf("first"), why: "silent" }),
      { runId: undefined, expected: /first to be left alone/, seen: /fenced/ }
    )
    catches(
      "G5",
      "a run that was given back, and that no host restarts",
      (h) => void givenBack(h).healed().at(90_000).over(),
      {
        expected: /a host is there to restart it/,
        seen: /pending/
      }
    )
    catches(
      "G9",
      "a run that is recovered twice",
      (h) => h.open().start(runA).closed().at(30_000).open("second").recover(runA).recover(runA),
      { expected: /one recovery/, seen: /2/ }
    )
    catches(
      "G9",
      "a recovery that claims to know the work's outcome",
      (h) => {
        h.open().start(runA).closed().at(30_000).open("second")
        h.recover(runA, { status: "completed", workOutcome: "succeeded" })
      },
      { expected: /its work unknown/, seen: /completed/ }
    )
    catches(
      "G9",
      "a recorded cancel that recovery forgets",
      (h) => {
        h.open().start(runA).row(runA, { cancelRequestedAt: 5 }).closed().at(30_000).open("second").recover(runA)
      },
      { expected: /to be cancelled/, seen: /failed/ }
    )
  })

  describe("G10 four answers", () => {
    catches(
      "G10",
      "RunNotFound for a run that is there",
      (h) => {
        h.open().start(runA)
        const cancel = h.call({ _tag: "Cancel", runId: runA })
        h.cancelAnswered(runA, cancel, { tag: "RunNotFound", message: "" })
      },
      { expected: /a run that is there/, seen: /RunNotFound/ }
    )
    catches(
      "G10",
      "a cancel of nothing that is reported as done",
      (h) => {
        h.open()
        const cancel = h.call({ _tag: "Cancel", runId: stranger })
        h.cancelAnswered(stranger, cancel, { _tag: "Requested", durable: true })
      },
      { runId: stranger, expected: /RunNotFound for an id that nobody knows/, seen: /Requested/ }
    )
    catches(
      "G10",
      "a row that is read as it never was",
      (h) => {
        healthy(h, { isOver: false })
        const get = h.call({ _tag: "Get", runId: runA })
        h.answered(get, { _tag: "Ok", value: { _tag: "Found", run: h.read(runA, { status: "running" }) } })
      },
      { expected: /Get to give the row as it was: completed/, seen: /running/ }
    )
    catches(
      "G10",
      "a start that is refused by a run which has settled",
      (h) => {
        healthy(h, { isOver: false })
        const start = h.call({ _tag: "Start", name: "work", key: "k" })
        h.answered(start, { _tag: "Failed", error: { tag: "RunAlreadyActive", message: "", otherId: runA } })
      },
      { expected: /RunAlreadyActive only while/, seen: /completed/ }
    )
  })

  describe("G11 the log is evidence", () => {
    catches(
      "G11",
      "a line that no reader can read",
      (h) => h.open().log({ _tag: "HostStopped", hostId: "nobody", unwritten: 0.5, message: "\u0007" }),
      { runId: undefined, expected: /its schema can read/, seen: /hostId/ }
    )
    catches(
      "G11",
      "work that the log tells otherwise",
      (h) => {
        h.open().start(runA).workEnded(runA, { _tag: "Failed" }, "succeeded")
      },
      { expected: /WorkEnded to say failed/, seen: /succeeded/ }
    )
    catches(
      "G11",
      "an answer that is not in the log",
      (h) => {
        h.open().start(runA).row(runA, { cancelRequestedAt: 0 })
        const cancel = h.call({ _tag: "Cancel", runId: runA })
        h.answered(cancel, { _tag: "Ok", value: { _tag: "Cancelled", answer: { _tag: "Requested", durable: true } } })
      },
      { expected: /the answer to cancel #\d+ in the log/, seen: /no such line/ }
    )
    catches(
      "G11",
      "a line that calls settled what is not",
      (h) =>
        h
          .open()
          .start(runA)
          .log({ _tag: "Settled", runId: runA, status: "failed", workOutcome: "failed", attempts: 1 }),
      { expected: /the row to say failed/, seen: /running/ }
    )
    catches("G11", "work that begins without a line", (h) => h.open().row(runA).workBegan(runA, undefined), {
      expected: /RunStarted in the log/,
      seen: /no line/
    })
  })

  describe("G12 interruptions", () => {
    catches(
      "G12",
      "a shutdown that is told as a timeout",
      (h) => {
        h.open().start(runA).at(100).shutdown().at(200)
        h.workEnded(runA, { _tag: "Interrupted", by: "somebody" }).settle(runA, "failed", "interrupted", "RunTimedOut")
      },
      { expected: /failed\(HostShutdown\)/, seen: /failed\(RunTimedOut\)/ }
    )
    catches(
      "G12",
      "a timeout that is told as the work's own failure",
      (h) => {
        h.open().start(runA, { timeoutMillis: 100 }).at(150)
        h.workEnded(runA, { _tag: "Failed" }).settle(runA, "failed", "interrupted", "WorkFailed")
      },
      { expected: /failed\(RunTimedOut\)/, seen: /failed\(WorkFailed\)/ }
    )
    catches(
      "G12",
      "a cancel that nobody asked for",
      (h) => {
        h.open().start(runA).workEnded(runA, { _tag: "Interrupted", by: "itself" })
        h.settle(runA, "cancelled", "interrupted")
      },
      { expected: /only where somebody asked/, seen: /nobody did/ }
    )
  })
})
