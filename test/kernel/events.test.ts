import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Run, RunKernel, RunStore } from "../../src/index.js"

const kernelWith = (options?: RunKernel.Options) =>
  RunKernel.layer(options).pipe(
    Layer.provideMerge(RunStore.layerMemory),
    Layer.provide(Logger.remove(Logger.defaultLogger))
  )

/** Work that waits for a signal, so that a test can attach before anything happens. */
const gated = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.map(Deferred.make<void>(), (gate) => ({
    open: Deferred.succeed(gate, undefined),
    work: Effect.zipRight(Deferred.await(gate), work)
  }))

const collect = <E>(events: Stream.Stream<Run.RunEvent, E>) =>
  Effect.map(Stream.runCollect(events), Chunk.toReadonlyArray)
const tags = (events: ReadonlyArray<Run.RunEvent>) => events.map(({ _tag }) => _tag)

describe("events", () => {
  it.scoped("are a snapshot first, then what happens, numbered without a gap, and Settled last", () =>
    Effect.gen(function* () {
      const kernel = yield* RunKernel.RunKernel
      const { open, work } = yield* gated(
        Effect.gen(function* () {
          yield* Run.progress({ current: 1, total: 2, step: "読む" })
          yield* Effect.logWarning("half", { way: 1 }).pipe(Effect.annotateLogs("page", 7))
        })
      )
      const handle = yield* kernel.start("import", work, { key: "k" })
      const listener = yield* Effect.fork(collect(handle.events))
      yield* Effect.yieldNow()
      yield* open
      const events = yield* Fiber.join(listener)
      assert.deepStrictEqual(tags(events), ["Snapshot", "Progressed", "Logged", "Settled"])
      assert.deepStrictEqual(
        events.map(({ sequence }) => sequence),
        [0, 1, 2, 3]
      )
      const [snapshot, progressed, logged] = events
      assert.isTrue(snapshot?._tag === "Snapshot" && snapshot.run.status === "running" && snapshot.run.key === "k")
      assert.isTrue(progressed?._tag === "Progressed" && progressed.progress.step === "読む")
      assert.isTrue(logged?._tag === "Logged" && logged.level === "WARN" && logged.message === 'half {"way":1}')
      assert.isTrue(
        logged?._tag === "Logged" && logged.annotations["page"] === 7 && logged.annotations["runId"] === handle.id
      )
    }).pipe(Effect.provide(kernelWith()))
  )

  it.scoped(
    "capture Effect.log from child fibers, daemons and streams of the work, and nothing of the kernel's own",
    () =>
      Effect.gen(function* () {
        const kernel = yield* RunKernel.RunKernel
        const { open, work } = yield* gated(
          Effect.gen(function* () {
            yield* Fiber.join(yield* Effect.fork(Effect.log("child")))
            // A daemon, to see that its lines are the run's as well; it is waited for.
            yield* Fiber.await(yield* Effect.forkDaemon(Effect.log("daemon")))
            yield* Stream.runDrain(
              Stream.mapEffect(Stream.make(1, 2), (n) => Effect.log(`stream ${n}`), { concurrency: 2 })
            )
          })
        )
        const handle = yield* kernel.start("import", work)
        const listener = yield* Effect.fork(collect(handle.events))
        yield* Effect.yieldNow()
        yield* open
        const messages = (yield* Fiber.join(listener)).flatMap((event) =>
          event._tag === "Logged" ? [event.message] : []
        )
        assert.deepStrictEqual(messages, ["child", "daemon", "stream 1", "stream 2"])
      }).pipe(Effect.provide(kernelWith()))
  )

  it.scoped("of a daemon that outlives its run end with Settled all the same", () =>
    Effect.gen(function* () {
      const kernel = yield* RunKernel.RunKernel
      const late = yield* Deferred.make<void>()
      const handle = yield* kernel.start(
        "import",
        // A daemon, so that it outlives the work.
        Effect.forkDaemon(Effect.zipRight(Deferred.await(late), Effect.log("too late")))
      )
      const daemon = yield* handle.result
      yield* Deferred.succeed(late, undefined)
      yield* Fiber.await(daemon)
      assert.deepStrictEqual(tags(yield* collect(handle.events)), ["Snapshot", "Settled"])
    }).pipe(Effect.provide(kernelWith()))
  )

  it.scoped("lose the oldest log lines for a slow reader, tell how many, and never lose a transition", () =>
    Effect.gen(function* () {
      const kernel = yield* RunKernel.RunKernel
      const { open, work } = yield* gated(
        Effect.zipRight(
          Effect.forEach(Array.from({ length: 100 }).keys(), (n) => Effect.log(`line ${n}`), { discard: true }),
          Effect.never
        )
      )
      const handle = yield* kernel.start("import", work)
      const attached = yield* Deferred.make<void>()
      const resume = yield* Deferred.make<void>()
      const slow = handle.events.pipe(
        Stream.tap((event) =>
          event._tag === "Snapshot"
            ? Effect.zipRight(Deferred.succeed(attached, undefined), Deferred.await(resume))
            : Effect.void
        )
      )
      const listener = yield* Effect.fork(collect(slow))
      yield* Deferred.await(attached)
      yield* open
      yield* TestClock.adjust(0)
      yield* handle.cancel({ reason: "enough" })
      yield* handle.settled
      yield* Deferred.succeed(resume, undefined)
      const events = yield* Fiber.join(listener)
      assert.deepStrictEqual(tags(events), [
        "Snapshot",
        "Dropped",
        ...Array.from({ length: 8 }, () => "Logged" as const),
        "CancelRequested",
        "Settled"
      ])
      const dropped = events[1]
      assert.strictEqual(dropped?._tag === "Dropped" && dropped.count, 92)
      const logged = events[2]
      assert.strictEqual(logged?._tag === "Logged" && logged.message, "line 92")
    }).pipe(Effect.provide(kernelWith({ eventBufferMax: 8 })))
  )

  it.scoped("go to every subscriber, and a subscriber that leaves takes nothing from the others", () =>
    Effect.gen(function* () {
      const kernel = yield* RunKernel.RunKernel
      const { open, work } = yield* gated(Effect.log("hello"))
      const handle = yield* kernel.start("import", work)
      const stays = yield* Effect.fork(collect(handle.events))
      const leaves = yield* Effect.fork(Stream.runHead(kernel.events(handle.id)))
      yield* Effect.yieldNow()
      assert.isTrue(Option.isSome(yield* Fiber.join(leaves)))
      yield* open
      assert.deepStrictEqual(tags(yield* Fiber.join(stays)), ["Snapshot", "Logged", "Settled"])
    }).pipe(Effect.provide(kernelWith()))
  )

  it.scoped("of a run that settled long ago come from its row", () =>
    Effect.gen(function* () {
      const kernel = yield* RunKernel.RunKernel
      const handle = yield* kernel.start("import", Effect.fail("no"))
      yield* Effect.ignore(handle.result)
      const events = yield* collect(kernel.events(handle.id))
      assert.deepStrictEqual(tags(events), ["Snapshot", "Settled"])
      const [snapshot, settled] = events
      assert.isTrue(snapshot?._tag === "Snapshot" && snapshot.run.failure?.message === "no")
      assert.isTrue(settled?._tag === "Settled" && settled.status === "failed" && settled.workOutcome === "failed")
      assert.strictEqual((yield* kernel.settled(handle.id)).status, "failed")
    }).pipe(Effect.provide(kernelWith()))
  )

  it.scoped("of an id that no row has are told so", () =>
    Effect.gen(function* () {
      const kernel = yield* RunKernel.RunKernel
      const id = (yield* kernel.start("import", Effect.void)).id.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"))
      const error = yield* Effect.flip(Stream.runDrain(kernel.events(id as Run.Run["id"])))
      assert.strictEqual(error._tag, "RunNotFound")
      assert.strictEqual((yield* Effect.flip(kernel.get(id as Run.Run["id"])))._tag, "RunNotFound")
    }).pipe(Effect.provide(kernelWith()))
  )
})
