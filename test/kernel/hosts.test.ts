import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import { RunId, RunKernel, RunStore } from "../../src/index.js"

/** A host that is gone: it registered, started a run, and was never heard of again. */
const crashed = (leaseMillis: number) =>
  Effect.gen(function* () {
    const store = yield* RunStore.RunStore
    const hostId = yield* RunId.makeHostId
    const id = yield* RunId.make
    yield* store.registerHost({ hostId, pid: 1, registeredAt: 0, leaseUntil: leaseMillis })
    const row = { payload: null, payloadHash: null, idempotencyKey: null, attemptMax: 1, onHostExit: "fail" } as const
    yield* store.insert([{ ...row, id, name: "import", key: "catalogue", hostId, createdAt: 0 }])
    return id
  })

const kernel = RunKernel.layer({ leaseDuration: "30 seconds" }).pipe(Layer.provide(Logger.remove(Logger.defaultLogger)))

describe("a host that comes up", () => {
  it.scoped("settles the active rows of a host whose lease has run out, so that no key stays blocked", () =>
    Effect.gen(function* () {
      const id = yield* crashed(1_000)
      yield* TestClock.adjust("2 seconds")
      yield* Effect.gen(function* () {
        const runs = yield* RunKernel.RunKernel
        const row = yield* runs.get(id)
        assert.deepStrictEqual([row.status, row.failure?.reason, row.workOutcome], ["failed", "HostLost", "unknown"])
        const handle = yield* runs.start("import", Effect.succeed(1), { key: "catalogue" })
        assert.strictEqual(yield* handle.result, 1)
      }).pipe(Effect.provide(kernel))
    }).pipe(Effect.provide(RunStore.layerMemory))
  )

  it.scoped("leaves those of a host that may be alive, and takes them when its lease runs out", () =>
    Effect.gen(function* () {
      const id = yield* crashed(5_000)
      yield* Effect.gen(function* () {
        const runs = yield* RunKernel.RunKernel
        assert.strictEqual((yield* runs.get(id)).status, "running")
        const refused = yield* Effect.flip(runs.start("import", Effect.void, { key: "catalogue" }))
        assert.strictEqual(refused._tag, "RunAlreadyActive")
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* runs.get(id)).failure?.reason, "HostLost")
      }).pipe(Effect.provide(kernel))
    }).pipe(Effect.provide(RunStore.layerMemory))
  )

  it.scoped("goes on under a new identity when it finds itself fenced", () =>
    Effect.gen(function* () {
      const store = yield* RunStore.RunStore
      yield* Effect.gen(function* () {
        const runs = yield* RunKernel.RunKernel
        const first = yield* runs.get((yield* runs.start("one", Effect.void)).id)
        const except = yield* RunId.makeHostId
        // Somebody with another clock judges this host lost.
        yield* store.recover({ now: 1_000_000_000, token: "other", error: "{}", except })
        yield* TestClock.adjust("10 seconds")
        const second = yield* runs.start("two", Effect.succeed(2))
        assert.strictEqual(yield* second.result, 2)
        assert.notStrictEqual((yield* runs.get(second.id)).hostId, first.hostId)
      }).pipe(Effect.provide(kernel))
    }).pipe(Effect.provide(RunStore.layerMemory))
  )
})
