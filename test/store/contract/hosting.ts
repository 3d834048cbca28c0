/**
 * What registration, renewal and recovery promise: a lost host's runs are settled once, a live one's never. Postgres
 * judges a lease by its own clock, so a lease that holds here is an hour long, and one that has run out had when it began.
 */
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import type * as RunStoreModule from "../../../src/RunStore.js"
import { RunStore } from "../../../src/RunStore.js"
import {
  cancel,
  elsewhere,
  here,
  hostId,
  inserted,
  newRun,
  row,
  runId,
  type StoreTest,
  settlement
} from "./fixtures.js"

const registration = (over: Partial<RunStoreModule.HostRegistration> = {}): RunStoreModule.HostRegistration => ({
  hostId: here,
  pid: 42,
  registeredAt: (over.leaseUntil ?? 2000) - hourMillis,
  leaseUntil: 2000,
  ...over
})

const hourMillis = 3_600_000

const lapsed = { registeredAt: 2000, leaseUntil: 1000 } as const

const recovery = (over: Partial<RunStoreModule.Recovery> = {}): RunStoreModule.Recovery => ({
  now: 2500,
  token: "recovery",
  error: `{"reason":"HostLost","message":"lost"}`,
  except: hostId(9),
  ...over
})

export const hostingContract = (test: StoreTest): void => {
  test(
    "a renewal holds a live host and tells it its active runs with their cancels",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* store.registerHost(registration())
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
      assert.deepStrictEqual(yield* store.recover(recovery({ now: 2500 })), [
        { id: runId(4), name: "import", status: "failed", hostId: elsewhere }
      ])
    })
  )

  test(
    "an earlier renewal that lands late does not shorten the lease",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* store.registerHost(registration())
      yield* inserted(newRun(1))
      yield* store.renewHost({ hostId: here, leaseUntil: 4000 })
      assert.isTrue((yield* store.renewHost({ hostId: here, leaseUntil: 3000 })).held)
      assert.deepStrictEqual(yield* store.recover(recovery({ now: 3500 })), [])
    })
  )

  test(
    "a host that is fenced, unknown or removed is not held",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* store.registerHost(registration(lapsed))
      yield* store.recover(recovery())
      assert.isFalse((yield* store.renewHost({ hostId: here, leaseUntil: 9000 })).held)
      assert.isFalse((yield* store.renewHost({ hostId: elsewhere, leaseUntil: 9000 })).held)
      yield* store.registerHost(registration({ hostId: elsewhere }))
      yield* store.removeHost(elsewhere)
      yield* store.removeHost(elsewhere)
      assert.isFalse((yield* store.renewHost({ hostId: elsewhere, leaseUntil: 9000 })).held)
    })
  )

  test(
    "a registration that is repeated changes nothing, and revives no fenced host",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* store.registerHost(registration(lapsed))
      yield* store.registerHost(registration(lapsed))
      assert.isTrue((yield* store.renewHost({ hostId: here, leaseUntil: 2000 })).held)
      yield* store.recover(recovery())
      yield* store.registerHost(registration({ leaseUntil: 9000 }))
      assert.isFalse((yield* store.renewHost({ hostId: here, leaseUntil: 9000 })).held)
    })
  )

  recovering(test)
}

const recovering = (test: StoreTest): void => {
  test(
    "recovery settles the runs of a host whose lease has run out, as failed or as cancelled",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* store.registerHost(registration(lapsed))
      yield* inserted(newRun(1), newRun(2), newRun(3, { onHostExit: "restart" }), newRun(4))
      yield* store.requestCancel([cancel(2)])
      yield* store.settle([settlement(4)])
      const recovered = yield* store.recover(recovery())
      assert.sameDeepMembers(
        [...recovered],
        [
          { id: runId(1), name: "import", status: "failed", hostId: here },
          { id: runId(2), name: "import", status: "cancelled", hostId: here },
          { id: runId(3), name: "import", status: "failed", hostId: here }
        ]
      )
      const lost = { workOutcome: "unknown", finishedAt: 2500, settleToken: "recovery" } as const
      assert.include(yield* row(1), { ...lost, status: "failed", error: recovery().error })
      assert.include(yield* row(2), { ...lost, status: "cancelled", error: null, cancelReason: "by hand" })
      assert.include(yield* row(4), { status: "completed" })
      assert.deepStrictEqual(yield* store.recover(recovery({ token: "second" })), [])
    })
  )

  test(
    "recovery leaves a host alone whose lease still holds, and the one that asks",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* store.registerHost(registration({ leaseUntil: 2500 }))
      yield* store.registerHost(registration({ hostId: elsewhere, ...lapsed }))
      yield* inserted(newRun(1), newRun(2, { hostId: elsewhere }))
      assert.deepStrictEqual(yield* store.recover(recovery({ now: 2500, except: elsewhere })), [])
      assert.include(yield* row(1), { status: "running" })
      assert.include(yield* row(2), { status: "running" })
    })
  )

  test(
    "a run whose host has no row is lost, unless its host is the one that asks",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* inserted(newRun(1), newRun(2, { hostId: elsewhere }))
      assert.deepStrictEqual(yield* store.recover(recovery({ except: here })), [
        { id: runId(2), name: "import", status: "failed", hostId: elsewhere }
      ])
    })
  )

  test(
    "the late write of a lost host changes nothing, and its key is free",
    Effect.gen(function* () {
      const store = yield* RunStore
      yield* store.registerHost(registration(lapsed))
      yield* inserted(newRun(1, { key: "k" }))
      yield* store.recover(recovery())
      const before = yield* row(1)
      assert.deepStrictEqual(yield* store.settle([settlement(1)]), [{ _tag: "NoOp", row: before, status: "failed" }])
      assert.deepStrictEqual(yield* row(1), before)
      yield* inserted(newRun(2, { key: "k", hostId: elsewhere }))
    })
  )
}
