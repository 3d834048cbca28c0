/** The record of one run: each transition from each state, and what follows from a state. */
import { assert, describe, it } from "@effect/vitest"
import * as ActiveRun from "../../src/internal/runs/activeRun.js"
import { snapshot } from "../../src/internal/runs/snapshot.js"
import type { WorkEnd } from "../../src/internal/runs/workEnd.js"
import { RunNotFound, RunSuperseded } from "../../src/RunError.js"
import { here, newRun, runId } from "../store/contract/fixtures.js"
import { freshRun } from "./freshRun.js"

const id = runId(1)

const fresh = (over: Partial<ActiveRun.ActiveRun> = {}): ActiveRun.ActiveRun =>
  freshRun({ newRun: newRun(1, { createdAt: 1_000 }), ...over })

const succeeded: WorkEnd = { _tag: "Succeeded", result: "1" }
const mark = { requestedAt: 1_500, reason: "by hand" }

const inserting = () => fresh()
const working = () => {
  const run = fresh()
  assert.isTrue(ActiveRun.inserted(run, 1_100))
  return run
}
const ended = (workEnd: WorkEnd = succeeded) => {
  const run = working()
  assert.isTrue(ActiveRun.end(run, workEnd, 2_000))
  return run
}
const settled = () =>
  fresh({
    state: {
      _tag: "Settled",
      event: { _tag: "Settled", sequence: 1, status: "failed", workOutcome: "interrupted", attempts: 1 },
      ending: { result: null, error: null, cancelReason: null }
    }
  })
const superseded = () => fresh({ state: { _tag: "Superseded", error: new RunSuperseded({ id, status: "running" }) } })
const gone = () => fresh({ state: { _tag: "Gone", error: new RunNotFound({ id }) } })

/** The state of a run whose work has ended. */
const endOf = (run: ActiveRun.ActiveRun): ActiveRun.Ended => {
  if (run.state._tag !== "Ended") throw new Error(`The run is ${run.state._tag}, and not Ended.`)
  return run.state
}
const cancelOf = (run: ActiveRun.ActiveRun) => ("cancel" in run.state ? run.state.cancel : undefined)

describe("a cancel", () => {
  it("finds a run in its state, and marks it where this host still decides", () => {
    const found = [inserting(), working(), ended(), settled(), superseded(), gone()].map((run) => [
      ActiveRun.cancel(run, mark),
      cancelOf(run)
    ])
    const safe = { ...mark, isSafe: true }
    assert.deepStrictEqual<unknown>(found, [
      ["starting", safe],
      ["working", safe],
      ["ended", safe],
      ["settled", undefined],
      ["superseded", undefined],
      ["gone", undefined]
    ])
  })

  it("is not safe in memory once a terminal write was sent", () => {
    const run = ended()
    run.state = { ...endOf(run), sent: 1 }
    assert.strictEqual(ActiveRun.cancel(run, mark), "ended")
    assert.isFalse(cancelOf(run)?.isSafe)
  })

  it("that comes second changes nothing", () => {
    for (const run of [inserting(), working(), ended()]) {
      ActiveRun.cancel(run, mark)
      assert.strictEqual(ActiveRun.cancel(run, { requestedAt: 9_000, reason: "again" }), "again")
      assert.deepStrictEqual(cancelOf(run), { ...mark, isSafe: true })
    }
  })

  it("stays with the run through its end", () => {
    const run = working()
    ActiveRun.cancel(run, mark)
    ActiveRun.end(run, succeeded, 2_000)
    assert.deepStrictEqual(cancelOf(run), { ...mark, isSafe: true })
  })
})

describe("an insert that was acknowledged", () => {
  it("lets the work begin, at that time", () => {
    const run = inserting()
    assert.isTrue(ActiveRun.inserted(run, 1_100))
    assert.deepStrictEqual<unknown>(run.state, { _tag: "Working", cancel: undefined, stops: new Set() })
    assert.strictEqual(run.startedAt, 1_100)
  })

  it("does not where a cancel came first", () => {
    const run = inserting()
    ActiveRun.cancel(run, mark)
    assert.isFalse(ActiveRun.inserted(run, 1_100))
    assert.strictEqual(run.state._tag, "Inserting")
    assert.isUndefined(run.startedAt)
  })

  it("does not where the start has ended, and changes nothing", () => {
    for (const run of [working(), ended(), settled(), superseded(), gone()]) {
      const { startedAt, state } = run
      assert.isFalse(ActiveRun.inserted(run, 9_000))
      assert.strictEqual(run.state, state)
      assert.strictEqual(run.startedAt, startedAt)
    }
  })
})

describe("the work of a run", () => {
  it("may begin while nothing is in its way", () => {
    assert.isUndefined(ActiveRun.obstacle(working()))
  })

  it("does not begin where a cancel came between its row and its fiber", () => {
    const run = working()
    ActiveRun.cancel(run, mark)
    const obstacle = ActiveRun.obstacle(run)
    assert.isTrue(obstacle?._tag === "NotStarted" && obstacle.reason === "StartAbandoned")
    assert.include(obstacle?._tag === "NotStarted" ? obstacle.message : "", "cancelled before its work began")
  })

  it("does not begin where the kernel stops it first, or it has ended already", () => {
    const stopped = working()
    ActiveRun.stop(stopped, "shutdown")
    for (const run of [stopped, inserting(), ended(), settled(), superseded(), gone()])
      assert.deepStrictEqual(ActiveRun.obstacle(run), { _tag: "Interrupted" })
  })

  it("is stopped only while it is there to be stopped, and each reason is kept", () => {
    const run = working()
    assert.isTrue(ActiveRun.stop(run, "timeout"))
    assert.isTrue(ActiveRun.stop(run, "shutdown"))
    assert.deepStrictEqual(run.state._tag === "Working" && [...run.state.stops], ["timeout", "shutdown"])
    for (const other of [inserting(), ended(), settled(), superseded(), gone()]) {
      const { state } = other
      assert.isFalse(ActiveRun.stop(other, "timeout"))
      assert.strictEqual(other.state, state)
    }
  })

  it("ends once", () => {
    for (const run of [ended(), settled(), superseded(), gone()]) {
      const { state } = run
      assert.isFalse(ActiveRun.end(run, { _tag: "Interrupted" }, 9_000))
      assert.strictEqual(run.state, state)
    }
  })

  it("leaves with its end all that a verdict may depend on", () => {
    const run = working()
    ActiveRun.stop(run, "lease")
    ActiveRun.end(run, { _tag: "Interrupted" }, 2_000)
    assert.deepStrictEqual<unknown>(run.state, {
      _tag: "Ended",
      cancel: undefined,
      stops: new Set(["lease"]),
      end: { _tag: "Interrupted" },
      finishedAt: 2_000,
      entomb: false,
      sent: 0,
      lastSent: undefined,
      parked: undefined,
      isReleased: false,
      refused: false
    })
  })

  it("is entombed only where that is asked for", () => {
    const entomb = (options?: { readonly entomb: boolean }) => {
      const run = inserting()
      ActiveRun.end(run, { _tag: "NotStarted", reason: "StartAbandoned", message: "no" }, 2_000, options)
      return endOf(run).entomb
    }
    assert.deepStrictEqual([entomb(), entomb({ entomb: false }), entomb({ entomb: true })], [false, false, true])
  })
})

describe("the facts of an end", () => {
  it("are this host's, and say which of the kernel's stops came", () => {
    const facts = (["timeout", "lease", "shutdown"] as const).map((why) => {
      const run = working()
      ActiveRun.stop(run, why)
      ActiveRun.end(run, { _tag: "Interrupted" }, 2_000)
      const { leaseLost, owned, shuttingDown, timedOut } = ActiveRun.factsOf(run, endOf(run))
      return [owned, timedOut, leaseLost, shuttingDown]
    })
    assert.deepStrictEqual(facts, [
      [true, true, false, false],
      [true, false, true, false],
      [true, false, false, true]
    ])
  })

  it("say whether a cancel was accepted", () => {
    const run = ended()
    assert.isFalse(ActiveRun.factsOf(run, endOf(run)).cancelled)
    ActiveRun.cancel(run, mark)
    assert.isTrue(ActiveRun.factsOf(run, endOf(run)).cancelled)
  })

  it("make the status that is told of a parked verdict", () => {
    const run = ended()
    assert.strictEqual(ActiveRun.verdictStatus(run, endOf(run)), "completed")
    ActiveRun.cancel(run, mark)
    assert.strictEqual(ActiveRun.verdictStatus(run, endOf(run)), "cancelled")
    const stopped = ended({ _tag: "Interrupted" })
    assert.strictEqual(ActiveRun.verdictStatus(stopped, endOf(stopped)), "failed")
  })

  it("say whether another host may restart it: by its policy, and while it has attempts left", () => {
    const status = (over: Parameters<typeof freshRun>[0], why: ActiveRun.Stop = "shutdown") => {
      const run = freshRun(over)
      ActiveRun.inserted(run, 1_000)
      ActiveRun.stop(run, why)
      ActiveRun.end(run, { _tag: "Interrupted" }, 2_000)
      return ActiveRun.verdictStatus(run, endOf(run))
    }
    const restart = newRun(1, { onHostExit: "restart", attemptMax: 2 })
    assert.strictEqual(status({ newRun: restart }), "pending")
    assert.strictEqual(status({ newRun: restart }, "lease"), "pending")
    assert.strictEqual(status({ newRun: restart }, "timeout"), "failed")
    assert.strictEqual(status({ newRun: restart, attempt: 2 }), "failed")
    assert.strictEqual(status({ newRun: newRun(1) }), "failed")
  })
})

describe("the terminal write", () => {
  const failed: WorkEnd = { _tag: "Failed", error: { reason: "WorkFailed", message: "boom", error: { code: 7 } } }

  it("names owner, attempt and token, and holds the verdict", () => {
    const run = ended()
    assert.deepStrictEqual(ActiveRun.settlementOf(run, endOf(run)), {
      id,
      hostId: here,
      attempt: 1,
      token: `${here}:1`,
      status: "completed",
      workOutcome: "succeeded",
      finishedAt: 2_000,
      result: "1",
      error: null,
      cancelRequestedAt: null,
      cancelReason: null
    })
  })

  it("holds the error of the work as JSON", () => {
    const run = ended(failed)
    const { error, result, status } = ActiveRun.settlementOf(run, endOf(run))
    assert.deepStrictEqual(
      [status, result, JSON.parse(error ?? "")],
      ["failed", null, { reason: "WorkFailed", message: "boom", error: { code: 7 } }]
    )
  })

  it("carries the cancel that was accepted", () => {
    const run = ended()
    ActiveRun.cancel(run, mark)
    const { cancelReason, cancelRequestedAt, result, status, workOutcome } = ActiveRun.settlementOf(run, endOf(run))
    assert.deepStrictEqual(
      [status, workOutcome, result, cancelRequestedAt, cancelReason],
      ["cancelled", "succeeded", "1", 1_500, "by hand"]
    )
  })

  it("never ends before it started, nor before it was made", () => {
    const run = working()
    ActiveRun.end(run, succeeded, 900)
    assert.strictEqual(ActiveRun.settlementOf(run, endOf(run)).finishedAt, 1_100)
    const never = inserting()
    ActiveRun.end(never, { _tag: "NotStarted", reason: "StartAbandoned", message: "no" }, 900)
    assert.strictEqual(ActiveRun.settlementOf(never, endOf(never)).finishedAt, 1_000)
  })

  it("keeps the outcome, without the values, where the database refuses those", () => {
    const run = ended()
    run.state = { ...endOf(run), refused: true }
    const { error, result, status, workOutcome } = ActiveRun.settlementOf(run, endOf(run))
    assert.deepStrictEqual([status, workOutcome, result], ["failed", "succeeded", null])
    const stored = JSON.parse(error ?? "")
    assert.strictEqual(stored.reason, "ResultNotStorable")
    assert.include(stored.message, "refuses")
  })

  it("is a plain cancel, without the values, where one was accepted and the database refuses those", () => {
    for (const workEnd of [succeeded, failed]) {
      const run = ended(workEnd)
      ActiveRun.cancel(run, mark)
      run.state = { ...endOf(run), refused: true }
      const { error, result, status } = ActiveRun.settlementOf(run, endOf(run))
      assert.deepStrictEqual([status, result, error], ["cancelled", null, null])
    }
  })

  it("keeps the error of work that reacted to its cancel by failing", () => {
    const run = ended(failed)
    ActiveRun.cancel(run, mark)
    const { error, status } = ActiveRun.settlementOf(run, endOf(run))
    assert.deepStrictEqual([status, JSON.parse(error ?? "").message], ["cancelled", "boom"])
  })
})

describe("the snapshot of a run in memory", () => {
  it("says what this host knows, and nothing more", () => {
    const bare = {
      id,
      name: "import",
      status: "running",
      attempt: 1,
      createdAt: 1_000,
      hostId: here
    }
    assert.deepStrictEqual<unknown>({ ...snapshot(inserting()) }, bare)
    assert.deepStrictEqual<unknown>({ ...snapshot(working()) }, { ...bare, startedAt: 1_100 })
  })

  it("has the key, the progress and the cancel, where there is one", () => {
    const run = fresh({ newRun: newRun(1, { key: "tenant" }) })
    run.progress = { current: 1, total: 2 }
    ActiveRun.cancel(run, mark)
    const { cancelReason, cancelRequestedAt, key, progress } = snapshot(run)
    assert.deepStrictEqual<unknown>(
      [key, progress, cancelRequestedAt, cancelReason],
      ["tenant", { current: 1, total: 2 }, 1_500, "by hand"]
    )
    const silent = inserting()
    ActiveRun.cancel(silent, { requestedAt: 1_500, reason: undefined })
    const shown = snapshot(silent)
    assert.strictEqual(shown.cancelRequestedAt, 1_500)
    assert.isFalse("cancelReason" in shown)
  })

  it("says how it ended, once it has settled", () => {
    const { status, workOutcome } = snapshot(settled())
    assert.deepStrictEqual<unknown>([status, workOutcome], ["failed", "interrupted"])
  })
})
