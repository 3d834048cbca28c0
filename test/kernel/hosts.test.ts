import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { Run, RunHistory, RunId, RunKernel, RunMetrics, RunStore, Work } from "../../src/index.js"
import { HostProcesses } from "../../src/internal/hosts/hostProcess.js"
import { registration } from "../store/contract/hosting.js"
import { failure, onStage } from "./onStage.js"

/** A host that is gone: it registered, started a run, and was never heard of again. */
const crashed = (over: Partial<RunStore.NewRun> = {}, host: Partial<RunStore.HostRegistration> = {}) =>
  Effect.gen(function* () {
    const store = yield* RunStore.RunStore
    const hostId = yield* RunId.makeHostId
    const id = yield* RunId.make
    yield* store.registerHost(registration({ hostId, leaseMillis: 20_000, ...host }))
    const row = { payload: null, payloadHash: null, idempotencyKey: null, attemptMax: 1, onHostExit: "fail" } as const
    yield* store.insert([{ ...row, id, name: "import", key: "catalogue", hostId, createdAt: 0, ...over }])
    return id
  })

const kernel = RunKernel.layer({ leaseDuration: "30 seconds" }).pipe(Layer.provide(Logger.remove(Logger.defaultLogger)))

const pass = (seconds: number) => Effect.forEach(Array.from({ length: seconds }), () => TestClock.adjust("1 second"))

/** Kernels on one memory store, each with a scope of its own, and one log for all of them. */
const world = Effect.gen(function* () {
  const log: Array<string> = []
  const logger = Logger.replace(
    Logger.defaultLogger,
    Logger.map(Logger.jsonLogger, (line) => void log.push(line))
  )
  const store = yield* Effect.map(Layer.build(RunStore.layerMemory), Context.get(RunStore.RunStore))
  const open = <R, E>(works: Layer.Layer<R, E, RunKernel.RunKernel>, options: RunKernel.Options = {}) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const layer = Layer.provideMerge(works, RunKernel.layer({ leaseDuration: "30 seconds", ...options })).pipe(
        Layer.provide(Layer.succeed(RunStore.RunStore, store)),
        Layer.provideMerge(logger)
      )
      const context = yield* Layer.buildWithScope(Layer.fresh(layer), scope)
      return { context, kernel: Context.get(context, RunKernel.RunKernel), close: Scope.close(scope, Exit.void) }
    })
  const lines = () => RunHistory.fromLog(log.join("\n"))
  const row = (id: RunId.RunId) => Effect.flatten(store.get(id))
  return { open, lines, row, store }
})

const Import = Work.make("import", {
  payload: { n: Schema.Int },
  success: Schema.String,
  key: ({ n }) => `${n}`,
  onHostExit: "restart",
  attemptMax: 2
})

describe("a host that comes up", () => {
  it.scoped("takes the runs of a host whose process is gone at once, so that nobody waits for a lease", () =>
    Effect.gen(function* () {
      const id = yield* crashed()
      yield* Effect.gen(function* () {
        const runs = yield* RunKernel.RunKernel
        const row = yield* runs.get(id)
        assert.deepStrictEqual([row.status, row.failure?.reason, row.workOutcome], ["failed", "HostLost", "unknown"])
        const handle = yield* runs.start("import", Effect.succeed(1), { key: "catalogue" })
        assert.strictEqual(yield* handle.result, 1)
      }).pipe(Effect.provide(kernel))
    }).pipe(
      Effect.provide(RunStore.layerMemory),
      Effect.provideService(HostProcesses, {
        own: { pid: 1, bootId: "boot", processStartedAt: 1 },
        isGone: ({ pid }) => pid === registration().pid
      })
    )
  )

  it.scoped("leaves those of a host that may be alive, and takes them after a lease and more without a renewal", () =>
    Effect.gen(function* () {
      const id = yield* crashed()
      yield* Effect.gen(function* () {
        const runs = yield* RunKernel.RunKernel
        const refused = yield* Effect.flip(runs.start("import", Effect.void, { key: "catalogue" }))
        assert.strictEqual(refused._tag, "RunAlreadyActive")
        yield* pass(24)
        assert.strictEqual((yield* runs.get(id)).status, "running")
        yield* pass(12)
        assert.strictEqual((yield* runs.get(id)).failure?.reason, "HostLost")
      }).pipe(Effect.provide(kernel))
    }).pipe(Effect.provide(RunStore.layerMemory))
  )

  it.scoped(
    "registers under another id where an answer was lost, so that no row which lands late is ever its own",
    () =>
      Effect.gen(function* () {
        const asked: Array<RunId.HostId> = []
        const { hostId, tables } = yield* onStage({}, (store) => ({
          registerHost: (host) =>
            Effect.zipRight(
              store.registerHost(host),
              asked.push(host.hostId) === 1 ? Effect.fail(failure({ operation: "register" })) : Effect.void
            )
        })).pipe((opening) => Effect.zipLeft(Effect.fork(opening), pass(1)), Effect.flatten)
        assert.lengthOf(new Set(asked), 2)
        assert.deepStrictEqual([hostId, ...tables.hosts.keys()], [asked[1], asked[1]])
      })
  )

  it.scoped("goes on under a new identity when it finds itself fenced, and stops the work of the old one", () =>
    Effect.gen(function* () {
      const { lines, open, row, store } = yield* world
      const { kernel: runs } = yield* open(Layer.empty)
      const first = yield* runs.start("one", Effect.never)
      const [host] = (yield* store.hosts).live
      if (host === undefined) return assert.fail("no host")
      yield* store.fence(host)
      yield* pass(11)
      assert.include(yield* row(first.id), { status: "failed", hostId: host.hostId })
      assert.include((yield* runs.get(first.id)).failure, { reason: "LeaseLost" })
      const second = yield* runs.start("two", Effect.succeed(2))
      assert.strictEqual(yield* second.result, 2)
      assert.notStrictEqual((yield* runs.get(second.id)).hostId, host.hostId)
      assert.deepStrictEqual(RunHistory.check(lines()), [])
    })
  )

  it.scoped("counts the leases that it lost, by cause, and the hosts that it fenced, all from zero", () =>
    Effect.gen(function* () {
      const ended = Metric.tagged(RunMetrics.leasesLost, "cause", "ended")
      const fenced = Metric.tagged(RunMetrics.leasesLost, "cause", "fenced")
      const counts = Effect.map(
        Effect.all([ended, fenced, RunMetrics.hostsFenced].map((counter) => Metric.value(counter))),
        (states) => states.map(({ count }) => count)
      )
      let answer: "held" | "away" | "fenced" = "held"
      const { lines, store } = yield* onStage({ leaseDuration: "30 seconds" }, (store) => ({
        renewHost: (renewal) =>
          answer === "away"
            ? Effect.fail(failure({ operation: "renew" }))
            : answer === "fenced"
              ? Effect.succeed({ held: false, owned: [] })
              : store.renewHost(renewal)
      }))
      const before = yield* counts
      const since = Effect.map(counts, (now) => now.map((count, index) => count - (before[index] ?? 0)))
      const announced = Metric.unsafeSnapshot().map(({ metricKey }) => metricKey)
      for (const name of ["holdfast_leases_lost", "holdfast_hosts_fenced"]) {
        assert.isTrue(announced.some((key) => key.name === name))
      }
      yield* store.registerHost(registration({ hostId: yield* RunId.makeHostId, leaseMillis: 20_000 }))
      yield* pass(45)
      assert.deepStrictEqual([yield* since, lines("HostFenced").length], [[0, 0, 1], 1])
      answer = "away"
      yield* pass(40)
      assert.deepStrictEqual([yield* since, lines("LeaseEnded").length], [[1, 0, 1], 1])
      answer = "fenced"
      yield* pass(11)
      assert.isAbove(lines("LeaseReplaced").length, 0)
      assert.deepStrictEqual(yield* since, [1, lines("LeaseReplaced").length, 1])
    })
  )
})

describe("a run that is to be restarted", () => {
  /** Work that ends when it is told to, and says its attempt. */
  const working = (done: Deferred.Deferred<void>, seen: Array<string>) =>
    Import.toLayer(({ n }) =>
      Effect.gen(function* () {
        const { attempt } = yield* Run.CurrentRun
        seen.push(`${n}#${attempt}`)
        yield* Deferred.await(done)
        return `done at ${attempt}`
      })
    )

  it.scoped("is given back at a shutdown, goes on at another host, and is followed from anywhere to its end", () =>
    Effect.gen(function* () {
      const { lines, open, row } = yield* world
      const seen: Array<string> = []
      const done = yield* Deferred.make<void>()
      const a = yield* open(working(done, seen))
      const b = yield* open(Layer.empty)
      const handle = yield* Effect.provide(Import.start({ n: 1 }), a.context)
      const followed = yield* Effect.fork(b.kernel.settled(handle.id))
      yield* Effect.yieldNow()
      yield* a.close
      assert.include(yield* row(handle.id), { status: "pending", hostId: null, attempt: 1 })
      yield* pass(12)
      assert.include(yield* row(handle.id), { status: "pending" })
      assert.lengthOf(
        lines().lines.filter(({ _tag }) => _tag === "DefinitionUnknown"),
        1
      )
      const c = yield* open(working(done, seen))
      yield* pass(1)
      assert.include(yield* row(handle.id), { status: "running", attempt: 2 })
      yield* Deferred.succeed(done, undefined)
      const attached = yield* Effect.provide(Import.attach(handle.id), c.context)
      assert.strictEqual(yield* attached.result, "done at 2")
      yield* pass(2)
      assert.strictEqual((yield* followed).status, "completed")
      assert.deepStrictEqual(seen, ["1#1", "1#2"])
      assert.deepStrictEqual(RunHistory.check(lines()), [])
    })
  )

  it.scoped("is failed when its attempts are used up", () =>
    Effect.gen(function* () {
      const { lines, open, row } = yield* world
      const seen: Array<string> = []
      const done = yield* Deferred.make<void>()
      const a = yield* open(working(done, seen))
      const handle = yield* Effect.provide(Import.start({ n: 1 }), a.context)
      yield* Effect.yieldNow()
      yield* a.close
      const b = yield* open(working(done, seen))
      yield* pass(1)
      yield* b.close
      assert.include(yield* row(handle.id), { status: "failed", attempt: 2 })
      assert.deepStrictEqual(seen, ["1#1", "1#2"])
      assert.deepStrictEqual(RunHistory.check(lines()), [])
    })
  )

  it.scoped("is failed where its payload does not decode", () =>
    Effect.gen(function* () {
      const { lines, open, row, store } = yield* world
      const give = crashed({ onHostExit: "restart", attemptMax: 3, payload: `{"n":"one"}` }, { leaseMillis: 1_000 })
      const id = yield* Effect.provideService(give, RunStore.RunStore, store)
      const done = yield* Deferred.make<void>()
      yield* open(working(done, []))
      yield* pass(21)
      const { error, status, workOutcome } = yield* row(id)
      assert.deepStrictEqual([status, workOutcome], ["failed", "notStarted"])
      assert.match(error ?? "", /PayloadNotDecodable.*Expected number, actual/)
      assert.deepStrictEqual(RunHistory.check(lines()), [])
    })
  )

  it.scoped("is started by the audit where the answer to its take-over was lost (rule 9)", () =>
    Effect.gen(function* () {
      const { open, row, store } = yield* world
      const seen: Array<string> = []
      const done = yield* Deferred.make<void>()
      yield* open(working(done, seen))
      const [host] = (yield* store.hosts).live
      if (host === undefined) return assert.fail("no host")
      const give = crashed({ onHostExit: "restart", attemptMax: 3, payload: `{"n":1}` })
      const id = yield* Effect.provideService(give, RunStore.RunStore, store)
      const lost = (yield* store.hosts).live.find(({ pid }) => pid === registration().pid)
      if (lost === undefined) return assert.fail("no host")
      yield* store.fence(lost)
      const asked = { names: ["import"], now: 1, token: "t", error: "{}", limit: 9 }
      yield* store.takeOver({ ...asked, from: lost.hostId, by: host.hostId })
      yield* pass(11)
      assert.deepStrictEqual(seen, ["1#2"])
      yield* Deferred.succeed(done, undefined)
      yield* pass(1)
      assert.include(yield* row(id), { status: "completed", attempt: 2 })
    })
  )
})
