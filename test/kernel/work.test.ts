// @effect-diagnostics globalDate:off
// The dates here are constants, not the time.
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { Run, RunKernel, RunMetrics, RunStore, Work } from "../../src/index.js"
import { recordingTracer } from "./recordingTracer.js"

class Report extends Schema.Class<Report>("Report")({ terms: Schema.Int, at: Schema.Date }) {}
class ReadError extends Schema.TaggedError<ReadError>()("ReadError", { file: Schema.String }) {}

const Glossary = Work.make("glossary", {
  payload: { folder: Schema.String, since: Schema.optional(Schema.DateFromString) },
  success: Report,
  error: ReadError,
  key: ({ folder }) => folder
})
const Vacuum = Work.make("vacuum")
const Sweep = Work.make("sweep", { payload: {} })

class Documents extends Context.Tag("test/Documents")<Documents, { readonly name: string }>() {}

const GlossaryLive = Glossary.toLayer(({ folder }) =>
  Effect.gen(function* () {
    const documents = yield* Documents
    if (folder === "fails") return yield* new ReadError({ file: documents.name })
    if (folder === "dies") return yield* Effect.die(new Error("boom"))
    if (folder === "never") return yield* Effect.never
    return new Report({ terms: folder === "unencodable" ? 1.5 : 3, at: new Date(0) }, { disableValidation: true })
  })
)

const store = RunStore.layerMemory
const kernel = RunKernel.layer().pipe(Layer.provideMerge(store), Layer.provide(Logger.remove(Logger.defaultLogger)))
const host = Layer.mergeAll(
  GlossaryLive,
  Vacuum.toLayer(() => Effect.void),
  Sweep.toLayer(() => Effect.void)
).pipe(Layer.provide(Layer.succeed(Documents, { name: "the layer's" })), Layer.provideMerge(kernel))

describe("work", () => {
  it.scoped("gives its own value to who started it, and what decodes to who attaches later", () =>
    Effect.gen(function* () {
      const handle = yield* Glossary.start({ folder: "docs", since: new Date(1) })
      const report = yield* handle.result
      assert.instanceOf(report, Report)
      const attached = yield* Glossary.attach(handle.id)
      assert.isFalse(attached.isNew)
      assert.deepStrictEqual(yield* attached.result, report)
      const runs = yield* RunKernel.RunKernel
      const row = yield* runs.get(handle.id)
      assert.deepStrictEqual(
        [row.name, row.key, row.status, row.workOutcome],
        ["glossary", "docs", "completed", "succeeded"]
      )
    }).pipe(Effect.provide(host))
  )

  it.scoped("fails with its own typed error, here and attached", () =>
    Effect.gen(function* () {
      const handle = yield* Glossary.start({ folder: "fails" })
      const here = yield* Effect.flip(handle.result)
      const attached = yield* Effect.flip((yield* Glossary.attach(handle.id)).result)
      for (const error of [here, attached]) {
        assert.isTrue(error._tag === "ReadError" && error.file === "the layer's")
      }
    }).pipe(Effect.provide(host))
  )

  it.scoped("runs with the services of its layer, never with those of whoever starts it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip((yield* Glossary.start({ folder: "fails" })).result)
      assert.isTrue(error._tag === "ReadError" && error.file === "the layer's")
    }).pipe(Effect.provideService(Documents, { name: "the caller's" }), Effect.provide(host))
  )

  it.scoped("that dies is failed with the defect's message", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip((yield* Glossary.start({ folder: "dies" })).result)
      assert.isTrue(error._tag === "RunFailed" && error.reason === "WorkDied" && error.detail === "boom")
    }).pipe(Effect.provide(host))
  )

  it.scoped("whose result does not encode is failed, and is told that it succeeded", () =>
    Effect.gen(function* () {
      const handle = yield* Glossary.start({ folder: "unencodable" })
      const error = yield* Effect.flip(handle.result)
      assert.isTrue(error._tag === "RunFailed" && error.reason === "ResultNotEncodable")
      assert.strictEqual((yield* handle.settled).workOutcome, "succeeded")
    }).pipe(Effect.provide(host))
  )

  it.scoped("takes an empty payload for none: its starts take only the options", () =>
    Effect.gen(function* () {
      const first = yield* Sweep.start({ idempotencyKey: "tonight" })
      const again = yield* Sweep.start({ idempotencyKey: "tonight" })
      assert.deepStrictEqual([again.id, first.isNew, again.isNew], [first.id, true, false])
    }).pipe(Effect.provide(host))
  )

  it.scoped("without a payload takes options only, and its void result comes back from the row", () =>
    Effect.gen(function* () {
      const first = yield* Vacuum.start({ idempotencyKey: "tonight" })
      assert.isUndefined(yield* first.result)
      const again = yield* Vacuum.start({ idempotencyKey: "tonight" })
      assert.deepStrictEqual([again.id, again.isNew, first.isNew], [first.id, false, true])
      assert.isUndefined(yield* again.result)
    }).pipe(Effect.provide(host))
  )

  it.scoped("of a key is refused while another run of it is active, with that run's id", () =>
    Effect.gen(function* () {
      const first = yield* Glossary.start({ folder: "never" })
      const error = yield* Effect.flip(Glossary.start({ folder: "never" }))
      assert.isTrue(error._tag === "RunAlreadyActive" && error.activeId === first.id && error.key === "never")
      yield* first.cancel()
      yield* first.settled
      const second = yield* Glossary.start({ folder: "never" })
      assert.notStrictEqual(second.id, first.id)
    }).pipe(Effect.provide(host))
  )

  it.scoped("attaches to runs of its own name only, in memory and by row", () =>
    Effect.gen(function* () {
      const active = yield* Glossary.start({ folder: "never" })
      const done = yield* Glossary.start({ folder: "docs" })
      yield* done.result
      for (const id of [active.id, done.id]) {
        assert.strictEqual((yield* Effect.flip(Vacuum.attach(id)))._tag, "RunNotFound")
        assert.strictEqual((yield* Glossary.attach(id)).id, id)
      }
    }).pipe(Effect.provide(host))
  )

  it.scoped("gets a scope of its own, which closes before the run settles", () =>
    Effect.gen(function* () {
      const runs = yield* RunKernel.RunKernel
      const closed: Array<string> = []
      const work = Effect.zipRight(
        Effect.acquireRelease(Effect.void, () => Effect.sync(() => closed.push("work"))),
        Effect.map(Run.CurrentRun, ({ attempt }) => attempt)
      )
      const handle = yield* runs.start("adhoc", work)
      assert.deepStrictEqual([yield* handle.result, closed], [1, ["work"]])
    }).pipe(Effect.provide(host))
  )

  it.scoped("runs in a span of its own that links the caller's, with its runId", () =>
    Effect.gen(function* () {
      const runs = yield* RunKernel.RunKernel
      const caller = yield* Effect.currentSpan
      const handle = yield* runs.start("adhoc", Effect.currentSpan)
      const span = yield* handle.result
      assert.strictEqual(span.name, "Run")
      assert.strictEqual(span.attributes.get(RunMetrics.attributes.runId), handle.id)
      assert.isTrue(span.parent._tag === "None")
      const linked = span.links.map(({ span }) => (span._tag === "Span" ? span.name : ""))
      assert.deepStrictEqual(linked, ["RunKernel.start"])
      assert.isTrue(Tracer.ParentSpan.key.length > 0 && caller.name === "host")
    }).pipe(Effect.withSpan("host"), Effect.withTracer(recordingTracer().tracer), Effect.provide(host))
  )
})

describe("RunKernel.layerConfig", () => {
  const configured = RunKernel.layerConfig({
    shutdownGrace: Config.duration("SHUTDOWN_GRACE").pipe(Config.withDefault("1 second")),
    persist: { parkAfterAttempts: Config.integer("PARK_AFTER_ATTEMPTS") }
  }).pipe(Layer.provide(store), Layer.provide(Logger.remove(Logger.defaultLogger)))

  const build = (values: ReadonlyArray<readonly [string, string]>) =>
    Effect.exit(Effect.scoped(Layer.build(configured))).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(values)))
    )

  it.effect("comes up with what the configuration says, and fails where it does not say it", () =>
    Effect.gen(function* () {
      assert.isTrue(Exit.isSuccess(yield* build([["PARK_AFTER_ATTEMPTS", "3"]])))
      const missing = yield* build([])
      assert.include(Exit.isFailure(missing) ? Cause.pretty(missing.cause) : "", "PARK_AFTER_ATTEMPTS")
    })
  )
})
