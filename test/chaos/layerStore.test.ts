/**
 * The same plans at the store: failures of the right class, real effects, and the store's own answers
 * where nothing goes wrong.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Chaos, layerStore } from "../../chaos/Chaos.js"
import * as FaultPlan from "../../chaos/FaultPlan.js"
import * as RunId from "../../src/RunId.js"
import { layerMemory, type NewRun, RunStore, type Settlement } from "../../src/RunStore.js"
import { registration } from "../store/contract/hosting.js"
import { seen } from "./brokenDatabase.js"

const withPlan =
  (plan: FaultPlan.FaultPlan) =>
  <A, E, R>(program: Effect.Effect<A, E, R>) =>
    Effect.provide(program, layerStore(plan).pipe(Layer.provide(layerMemory)))

const newRun = Effect.gen(function* () {
  const run: NewRun = {
    id: yield* RunId.make,
    name: "glossary",
    key: null,
    idempotencyKey: null,
    payload: null,
    payloadHash: null,
    hostId: yield* RunId.makeHostId,
    attemptMax: 1,
    onHostExit: "fail",
    createdAt: 0
  }
  return run
})

const settlement = (run: NewRun): Settlement => ({
  id: run.id,
  hostId: run.hostId,
  attempt: 1,
  token: `${run.hostId}:1`,
  status: "completed",
  workOutcome: "succeeded",
  finishedAt: 1,
  result: null,
  error: null,
  cancelRequestedAt: null,
  cancelReason: null
})

const statusOf = (run: NewRun) =>
  Effect.flatMap(RunStore, (store) =>
    Effect.map(store.get(run.id), (row) =>
      Option.getOrElse(
        Option.map(row, ({ status }) => status),
        () => "none"
      )
    )
  )

describe("layerStore", () => {
  it.effect.each([
    { fault: "busy", phase: "before", class: "transient", inDoubt: false, atOnce: "running", healed: "running" },
    { fault: "ioError", phase: "after", class: "unknown", inDoubt: true, atOnce: "completed", healed: "completed" },
    {
      fault: "connectionLost",
      phase: "after",
      class: "connection",
      inDoubt: true,
      atOnce: "completed",
      healed: "completed"
    },
    { fault: "lateApply", phase: "late", class: "connection", inDoubt: true, atOnce: "running", healed: "completed" },
    { fault: "full", phase: "before", class: "slow", inDoubt: false, atOnce: "running", healed: "running" },
    { fault: "constraint", phase: "before", class: "permanent", inDoubt: false, atOnce: "running", healed: "running" },
    { fault: "corrupt", phase: "before", class: "fatal", inDoubt: true, atOnce: "running", healed: "running" }
  ] as const)("$fault $phase at a settle is a failure of class $class, and the row tells what happened", (one) =>
    Effect.gen(function* () {
      const store = yield* RunStore
      const chaos = yield* Chaos
      const run = yield* newRun
      yield* store.insert([run])
      const failure = yield* Effect.flip(store.settle([settlement(run)]))
      assert.deepStrictEqual([failure.operation, failure.class, failure.inDoubt], ["settle", one.class, one.inDoubt])
      // A read lets late operations land, so the row is read through the plan only after healing.
      if (one.phase !== "late") {
        assert.strictEqual(yield* statusOf(run), one.atOnce)
      }
      yield* chaos.heal
      assert.strictEqual(yield* statusOf(run), one.healed)
      assert.deepStrictEqual(yield* chaos.unfired, [])
    }).pipe(withPlan(FaultPlan.once("settle", one.fault, one.phase)))
  )

  it.effect("a late settle lands before the next operation", () =>
    Effect.gen(function* () {
      const store = yield* RunStore
      const run = yield* newRun
      yield* store.insert([run])
      yield* Effect.flip(store.settle([settlement(run)]))
      const [again] = yield* store.settle([settlement(run)])
      assert.strictEqual(again?._tag, "AlreadyApplied")
    }).pipe(withPlan(FaultPlan.once("settle", "lateApply")))
  )

  it.effect("an operation that was to land late is dropped when its layer is closed already", () =>
    Effect.gen(function* () {
      const run = yield* newRun
      const { chaos, store } = yield* Effect.all({ chaos: Chaos, store: RunStore }).pipe(
        withPlan(FaultPlan.once("insert", "lateApply"))
      )
      yield* Effect.flip(store.insert([run]))
      assert.strictEqual((yield* chaos.fired)[0]?.landing, "dropped")
      assert.isTrue(Option.isNone(yield* store.get(run.id)))
    })
  )

  it.effect("another fiber comes between two operations, although the store itself never yields", () =>
    Effect.gen(function* () {
      const store = yield* RunStore
      const chaos = yield* Chaos
      const step = Effect.zipRight(store.list({}), store.check)
      yield* Effect.all([step, step], { concurrency: "unbounded" })
      assert.deepStrictEqual(
        (yield* chaos.operations).map((operation) => operation.label),
        ["list", "list", "check", "check"]
      )
    }).pipe(withPlan(FaultPlan.none))
  )

  it.effect("a hang never answers, and a defect dies", () =>
    Effect.gen(function* () {
      const store = yield* RunStore
      assert.strictEqual(yield* seen(store.list({})), "silent")
      assert.strictEqual(yield* seen(store.check), "died: chaos: the driver threw a defect")
    }).pipe(withPlan(FaultPlan.fromRules(FaultPlan.rule("list", "hang"), FaultPlan.rule("check", "defect"))))
  )

  it.effect("every operation passes, under the label of its statement, with its runs", () =>
    Effect.gen(function* () {
      const store = yield* RunStore
      const chaos = yield* Chaos
      const run = yield* newRun
      const { hostId, id } = run
      yield* store.insert([run])
      yield* store.settle([settlement(run)])
      yield* store.entomb([{ run, settlement: settlement(run) }])
      yield* store.requestCancel([{ id, requestedAt: 0, reason: null, token: "t" }])
      yield* store.reportProgress([{ id, hostId, attempt: 1, current: 1, total: null, step: null }])
      yield* store.get(id)
      yield* store.list({})
      yield* store.registerHost(registration({ hostId }))
      yield* store.renewHost({ hostId, leaseUntil: 2 })
      yield* store.removeHost(hostId)
      yield* store.hosts
      yield* store.fence({ hostId, renewSeq: 0 })
      yield* store.takeOver({ from: hostId, by: hostId, names: [], now: 0, token: "t", error: "{}", limit: 1 })
      yield* store.ownedBy({ hostId, limit: 1 })
      yield* store.check
      assert.isFalse(yield* store.isCallerInTransaction)
      assert.deepStrictEqual(
        (yield* chaos.operations).map((operation) => `${operation.label} ${operation.runs}`.trim()),
        [
          ...["insert 1", "settle 1", "entomb 1", "cancel 1", "progress 1", "read 1"],
          ...["list", "register", "renew", "remove", "hosts", "fence", "takeOver", "ownedBy", "check"]
        ]
      )
    }).pipe(withPlan(FaultPlan.none))
  )

  it.effect("what the store tells passes too: what fails is lost, and the session with it", () =>
    Effect.gen(function* () {
      const ids = [yield* RunId.make, yield* RunId.make, yield* RunId.make]
      const telling = Layer.map(layerMemory, (context) =>
        Context.make(RunStore, { ...Context.get(context, RunStore), changes: Stream.fromIterable(ids) })
      )
      const heard: Array<RunId.RunId> = []
      const listen = Effect.flatMap(RunStore, ({ changes = Stream.empty }) =>
        Stream.runForEach(changes, (id) => Effect.sync(() => heard.push(id)))
      )
      const plan = FaultPlan.fromRules(FaultPlan.rule({ label: "changed", attempt: 2 }, "connectionLost"))
      yield* Effect.gen(function* () {
        assert.include(yield* Effect.flip(listen), { _tag: "StoreFailure", class: "connection" })
        assert.deepStrictEqual(heard, ids.slice(0, 1))
        yield* listen
        assert.deepStrictEqual(heard, [...ids.slice(0, 1), ...ids])
        const labels = (yield* (yield* Chaos).operations).map(({ label }) => label)
        assert.deepStrictEqual(labels.slice(0, 4), ["listen", "changed", "changed", "listen"])
      }).pipe(Effect.provide(layerStore(plan).pipe(Layer.provide(telling))))
    })
  )
})
