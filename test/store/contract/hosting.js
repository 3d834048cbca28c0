/** What registration, renewal and take-over promise: a lost host's runs are taken once, a live one's never. */
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import { RunStore } from "../../../src/RunStore.js"
import { cancel, elsewhere, here, hostId, inserted, newRun, row, runId, settlement } from "./fixtures.js"
export const registration = (over = {}) => ({
  hostId: here,
  pid: 42,
  bootId: "boot",
  processStartedAt: 7,
  registeredAt: 1000,
  leaseUntil: 2000,
  leaseMillis: 1000,
  ...over
})
/** What a host says of itself; when its lease runs out Postgres says by its own clock. */
const identity = (over = {}) => {
  const { leaseUntil: _, registeredAt: __, ...rest } = registration(over)
  return rest
}
const third = hostId(3)
const takeOver = (over = {}) => ({
  from: here,
  by: elsewhere,
  names: [],
  now: 2500,
  token: "recovery",
  error: `{"reason":"HostLost","message":"lost"}`,
  limit: 100,
  ...over
})
const release = (n, over = {}) => ({
  id: runId(n),
  hostId: here,
  attempt: 1,
  token: `${over.hostId ?? here}:${over.attempt ?? 1}`,
  workOutcome: "interrupted",
  releasedAt: 6000,
  cancelRequestedAt: null,
  cancelReason: null,
  ...over
})
const registered = (...hosts) =>
  Effect.flatMap(RunStore, (store) =>
    Effect.forEach(hosts, (host) => store.registerHost(registration({ hostId: host })), { discard: true })
  )
/** `here` with these runs, fenced; `elsewhere` live. */
const fencedWith = (...runs) =>
  Effect.gen(function* () {
    const store = yield* RunStore
    yield* registered(here, elsewhere)
    yield* inserted(...runs)
    assert.isTrue(yield* store.fence({ hostId: here, renewSeq: 0 }))
  })
const restart = (n, over = {}) => newRun(n, { onHostExit: "restart", ...over })
const taken = (request) =>
  Effect.flatMap(RunStore, (store) =>
    Effect.map(store.takeOver(request), (rows) => rows.map(({ id, status }) => [id, status]))
  )
export const hostingContract = (test) => {
  renewing(test)
  observing(test)
  takingOver(test)
  restarting(test)
  releasing(test)
}
const renewing = (test) => {
  test(
    "a renewal holds a live host, counts itself, and tells the host its active runs with their cancels",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* registered(here)
      yield* inserted(newRun(1), newRun(2), newRun(3), newRun(4, { hostId: elsewhere }))
      yield* store.requestCancel([cancel(2)])
      yield* store.settle([settlement(3)])
      const { held, owned } = yield* store.renewHost({ hostId: here, leaseUntil: 3000 })
      assert.isTrue(held)
      assert.sameDeepMembers(
        [...owned],
        [
          { id: runId(1), attempt: 1, cancelRequestedAt: null, cancelReason: null },
          { id: runId(2), attempt: 1, cancelRequestedAt: 3000, cancelReason: "by hand" }
        ]
      )
      const [live, ...others] = (yield* store.hosts).live
      assert.deepInclude(live, { ...identity(), renewSeq: 1 })
      assert.isEmpty(others)
    })
  )
  test(
    "an earlier renewal that lands late does not shorten the lease",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* registered(here)
      yield* store.renewHost({ hostId: here, leaseUntil: 4000 })
      const before = (yield* store.hosts).live[0]
      assert.isAtLeast(before?.leaseUntil ?? 0, 4000)
      assert.isTrue((yield* store.renewHost({ hostId: here, leaseUntil: 3000 })).held)
      const after = (yield* store.hosts).live[0]
      assert.strictEqual(after?.renewSeq, 2)
      assert.isAtLeast(after?.leaseUntil ?? 0, before?.leaseUntil ?? 0)
    })
  )
  test(
    "a host that is fenced, unknown or removed is not held",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* fencedWith()
      assert.isFalse((yield* store.renewHost({ hostId: here, leaseUntil: 9000 })).held)
      assert.isFalse((yield* store.renewHost({ hostId: third, leaseUntil: 9000 })).held)
      yield* store.removeHost(elsewhere)
      yield* store.removeHost(elsewhere)
      assert.isFalse((yield* store.renewHost({ hostId: elsewhere, leaseUntil: 9000 })).held)
    })
  )
  test(
    "a registration that is repeated changes nothing, and revives no fenced host",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* registered(here, here)
      assert.isTrue((yield* store.renewHost({ hostId: here, leaseUntil: 2000 })).held)
      yield* store.fence({ hostId: here, renewSeq: 1 })
      yield* store.registerHost(registration({ leaseUntil: 9000 }))
      assert.isFalse((yield* store.renewHost({ hostId: here, leaseUntil: 9000 })).held)
    })
  )
  test(
    "a host's row is removed only when no active run names it (rule 11)",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* registered(here)
      yield* inserted(newRun(1))
      yield* store.removeHost(here)
      assert.isTrue((yield* store.renewHost({ hostId: here, leaseUntil: 3000 })).held)
      yield* store.settle([settlement(1)])
      yield* store.removeHost(here)
      assert.isFalse((yield* store.renewHost({ hostId: here, leaseUntil: 3000 })).held)
    })
  )
}
const observing = (test) => {
  test(
    "an observer sees the live hosts, and whose active rows wait for another host",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* fencedWith(newRun(1), restart(2, { hostId: elsewhere }), newRun(3, { hostId: third }))
      const [live, ...others] = (yield* store.hosts).live
      assert.deepInclude(live, { ...identity({ hostId: elsewhere }), renewSeq: 0 })
      assert.isEmpty(others)
      assert.sameMembers([...(yield* store.hosts).lost], [here, third])
      yield* store.release([release(2, { hostId: elsewhere })])
      assert.sameMembers([...(yield* store.hosts).lost], [here, third, null])
      yield* store.takeOver(takeOver())
      yield* store.takeOver(takeOver({ from: third }))
      yield* store.requestCancel([cancel(2)])
      assert.deepStrictEqual((yield* store.hosts).lost, [])
    })
  )
  test(
    "a fenced host may go when no active run names it any more, and a live one never is among those (rule 11)",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* fencedWith(newRun(1), newRun(2))
      const spent = Effect.map(store.hosts, (seen) => seen.spent)
      assert.deepStrictEqual(yield* spent, [])
      yield* store.removeHost(here)
      yield* store.settle([settlement(1)])
      assert.deepStrictEqual(yield* spent, [])
      yield* store.takeOver(takeOver())
      assert.deepStrictEqual(yield* spent, [here])
      // What lands late is nobody's again, and keeps the row until it is taken.
      yield* inserted(newRun(3))
      assert.deepStrictEqual(yield* spent, [])
      yield* store.removeHost(here)
      assert.deepStrictEqual((yield* store.hosts).lost, [here])
      yield* store.takeOver(takeOver())
      yield* store.removeHost(here)
      assert.deepStrictEqual(yield* spent, [])
      assert.isFalse((yield* store.renewHost({ hostId: here, leaseUntil: 9000 })).held)
    })
  )
  test(
    "a host is fenced by the number that was observed, and by no other (rule 6)",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* registered(here)
      yield* store.renewHost({ hostId: here, leaseUntil: 3000 })
      assert.isFalse(yield* store.fence({ hostId: here, renewSeq: 0 }))
      assert.isTrue((yield* store.renewHost({ hostId: here, leaseUntil: 3000 })).held)
      assert.isTrue(yield* store.fence({ hostId: here, renewSeq: 2 }))
      assert.isFalse(yield* store.fence({ hostId: here, renewSeq: 2 }))
      assert.isFalse((yield* store.renewHost({ hostId: here, leaseUntil: 3000 })).held)
    })
  )
  test(
    "the active rows of a host, or of nobody, are told with the oldest first",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(3), newRun(1), restart(2), newRun(4, { hostId: elsewhere }))
      const ids = (owner, limit = 9) =>
        Effect.map(store.ownedBy({ hostId: owner, limit }), (rows) => rows.map(({ id }) => id))
      assert.deepStrictEqual(yield* ids(here), [runId(1), runId(2), runId(3)])
      assert.deepStrictEqual(yield* ids(here, 2), [runId(1), runId(2)])
      yield* store.release([release(2)])
      assert.deepStrictEqual(yield* ids(null), [runId(2)])
    })
  )
}
const takingOver = (test) => {
  test(
    "a take-over settles the runs of a fenced host, as failed or as cancelled",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* registered(here, elsewhere)
      yield* inserted(newRun(1), newRun(2), newRun(3), newRun(4, { hostId: elsewhere }))
      yield* store.requestCancel([cancel(2)])
      yield* store.settle([settlement(3)])
      yield* store.fence({ hostId: here, renewSeq: 0 })
      assert.sameDeepMembers(yield* taken(takeOver()), [
        [runId(1), "failed"],
        [runId(2), "cancelled"]
      ])
      const lost = { workOutcome: "unknown", finishedAt: 2500, settleToken: "recovery", hostId: here }
      assert.include(yield* row(1), { ...lost, status: "failed", error: takeOver().error })
      assert.include(yield* row(2), { ...lost, status: "cancelled", error: null, cancelReason: "by hand" })
      assert.include(yield* row(3), { status: "completed" })
      assert.deepStrictEqual(yield* taken(takeOver({ token: "second" })), [])
    })
  )
  test(
    "nothing is taken from a live host, nor by one that is not (rule 5)",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* registered(here, elsewhere)
      yield* inserted(newRun(1), newRun(2, { hostId: third }))
      assert.deepStrictEqual(yield* taken(takeOver()), [])
      yield* store.fence({ hostId: elsewhere, renewSeq: 0 })
      assert.deepStrictEqual(yield* taken(takeOver({ from: third })), [])
      assert.deepStrictEqual(yield* taken(takeOver({ from: third, by: hostId(7) })), [])
      assert.include(yield* row(1), { status: "running" })
      assert.include(yield* row(2), { status: "running" })
      // A host without a row is lost: its insert landed after it had left.
      assert.deepStrictEqual(yield* taken(takeOver({ from: third, by: here })), [[runId(2), "failed"]])
    })
  )
  test(
    "a take-over takes no more rows than it may, and the next one takes others",
    Effect.gen(function* () {
      yield* fencedWith(newRun(1), newRun(2), restart(3), newRun(4))
      // A row that it has to leave is not counted.
      const counts = [2, 2, 2].map((limit) => Effect.map(taken(takeOver({ limit })), (rows) => rows.length))
      assert.deepStrictEqual(yield* Effect.all(counts), [2, 1, 0])
      assert.include(yield* row(3), { status: "running", hostId: here })
    })
  )
  test(
    "the late write of a lost host changes nothing, and its key is free",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* fencedWith(newRun(1, { key: "k" }))
      yield* store.takeOver(takeOver())
      const before = yield* row(1)
      assert.deepStrictEqual(yield* store.settle([settlement(1)]), [{ _tag: "NoOp", row: before, status: "failed" }])
      assert.deepStrictEqual(yield* row(1), before)
      yield* inserted(newRun(2, { key: "k", hostId: elsewhere }))
    })
  )
}
const restarting = (test) => {
  test(
    "a run to be restarted goes to a host that knows its name, with the next attempt",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* fencedWith(restart(1, { key: "k" }), restart(2, { name: "export" }))
      yield* store.reportProgress([{ id: runId(1), hostId: here, attempt: 1, current: 3, total: 9, step: "three" }])
      assert.deepStrictEqual(yield* taken(takeOver({ names: ["import", "other"] })), [[runId(1), "running"]])
      const before = yield* row(1)
      assert.include(before, {
        ...{ hostId: elsewhere, attempt: 2, startedAt: 2500, createdAt: 1001, payload: `{"n":1}`, key: "k" },
        ...{ finishedAt: null, workOutcome: null, error: null, settleToken: null, progressCurrent: null }
      })
      assert.include(yield* row(2), { status: "running", hostId: here, attempt: 1 })
      // What the previous owner still writes names another owner and another attempt.
      assert.deepStrictEqual(yield* store.settle([settlement(1)]), [{ _tag: "NotMine", row: before }])
      assert.deepStrictEqual(yield* store.release([release(1)]), [{ _tag: "NotMine", row: before }])
      yield* store.reportProgress([{ id: runId(1), hostId: here, attempt: 1, current: 4, total: 9, step: "four" }])
      assert.deepStrictEqual(yield* row(1), before)
      const own = settlement(1, { hostId: elsewhere, attempt: 2 })
      assert.deepStrictEqual(
        (yield* store.settle([own])).map(({ _tag }) => _tag),
        ["Applied"]
      )
    })
  )
  test(
    "a late take-over of the same rows does nothing (rule 5)",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* fencedWith(restart(1))
      yield* registered(third)
      yield* store.takeOver(takeOver({ names: ["import"] }))
      const before = yield* row(1)
      assert.deepStrictEqual(yield* taken(takeOver({ names: ["import"], by: third })), [])
      assert.deepStrictEqual(yield* row(1), before)
    })
  )
  test(
    "a run is failed where its attempts are used up or its deadline has passed, and cancelled where it was asked for",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* registered(here, elsewhere)
      yield* inserted(
        restart(1, { attemptMax: 1 }),
        restart(2, { restartDeadline: 2500, name: "unknown" }),
        restart(3, { restartDeadline: 2501 }),
        restart(4, { attemptMax: 1 })
      )
      yield* store.requestCancel([cancel(4)])
      yield* store.fence({ hostId: here, renewSeq: 0 })
      assert.sameDeepMembers(yield* taken(takeOver({ names: ["import"] })), [
        [runId(1), "failed"],
        [runId(2), "failed"],
        [runId(3), "running"],
        [runId(4), "cancelled"]
      ])
      assert.include(yield* row(1), { attempt: 1, error: takeOver().error })
      assert.include(yield* row(4), { attempt: 1, error: null })
    })
  )
}
const releasing = (test) => {
  test(
    "a run that is given back is nobody's, keeps its key, and is taken by a host that knows its name",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* registered(here, elsewhere)
      yield* inserted(restart(1, { key: "k" }))
      assert.deepStrictEqual(yield* store.release([release(1)]), [{ _tag: "Released" }])
      assert.include(yield* row(1), {
        status: "pending",
        hostId: null,
        attempt: 1,
        finishedAt: null,
        settleToken: null
      })
      assert.deepStrictEqual(yield* store.release([release(1)]), [{ _tag: "Released" }], "an answer that was lost")
      const [second] = yield* store.insert([newRun(2, { key: "k" })])
      assert.strictEqual(second?._tag, "KeyTaken")
      assert.deepStrictEqual(yield* taken(takeOver({ from: null, names: ["export"] })), [])
      assert.deepStrictEqual(yield* taken(takeOver({ from: null, names: ["import"] })), [[runId(1), "running"]])
      const before = yield* row(1)
      assert.include(before, { hostId: elsewhere, attempt: 2 })
      assert.deepStrictEqual(yield* store.release([release(1)]), [{ _tag: "NotMine", row: before }])
    })
  )
  test(
    "a release becomes a cancel where one is recorded or comes with it (rule 2)",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(restart(1), restart(2), restart(3))
      yield* store.requestCancel([cancel(1)])
      const releases = [release(1), release(2, { cancelRequestedAt: 5500, cancelReason: "mine" }), release(3)]
      const cancelled = { _tag: "Applied", status: "cancelled", workOutcome: "interrupted" }
      assert.deepStrictEqual(yield* store.release(releases), [cancelled, cancelled, { _tag: "Released" }])
      const ended = { status: "cancelled", finishedAt: 6000, workOutcome: "interrupted", hostId: here }
      assert.include(yield* row(1), { ...ended, cancelRequestedAt: 3000, cancelReason: "by hand" })
      assert.include(yield* row(2), { ...ended, cancelRequestedAt: 5500, cancelReason: "mine" })
      const again = yield* store.release([release(1), release(4)])
      assert.deepStrictEqual(
        again.map(({ _tag }) => _tag),
        ["AlreadyApplied", "NotFound"]
      )
      const [other] = yield* store.release([release(2, { token: "another" })])
      assert.strictEqual(other?._tag, "NoOp")
    })
  )
  test(
    "a pending run that is not to be restarted is left to whoever put it there",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* registered(here, elsewhere)
      yield* inserted(newRun(1))
      yield* store.release([release(1)])
      assert.deepStrictEqual(yield* taken(takeOver({ from: null, names: ["import"] })), [])
      assert.include(yield* row(1), { status: "pending" })
    })
  )
}
//# sourceMappingURL=hosting.js.map
