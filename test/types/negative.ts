// @effect-diagnostics *:off
// biome-ignore-all format: an @ts-expect-error speaks of the line below it, which must stay one line
// biome-ignore-all lint: these are mistakes
// The mistakes below must not compile: each @ts-expect-error is an assertion, and the compiler runs them.
import { Config, Context, Effect, Layer, Schedule, Schema } from "effect"
import type { RunError } from "effect-holdfast"
import { Run, RunKernel, RunStore, Work } from "effect-holdfast"
import { Glossary, Vacuum, WorkLive } from "./host.js"

class Svc extends Context.Tag("Svc")<Svc, { readonly n: number }>() {}

// 1 starting work that no layer registers
const kernel = RunKernel.layer().pipe(Layer.provide(RunStore.layerMemory))
// @ts-expect-error Registered<"glossary"> missing
Effect.runFork(Glossary.start({ folder: "x" }).pipe(Effect.provide(kernel)))
Effect.runFork(Vacuum.start().pipe(Effect.provide(WorkLive.pipe(Layer.provideMerge(kernel)))))

// 2 payload wrong
// @ts-expect-error
Glossary.start({ folde: "x" })
// @ts-expect-error
Glossary.start()
// @ts-expect-error vacuum takes no payload
Vacuum.start({ folder: "x" })

// 3 untyped failure of the work
// @ts-expect-error boom not in error schema
Vacuum.toLayer(() => Effect.fail("boom"))

// 4 key over absent field
// @ts-expect-error
Work.make("a", { payload: { folder: Schema.String }, key: (p) => p.nope })

// 5 schema with services
class NeedsSvc extends Schema.transformOrFail(Schema.String, Schema.String, { strict: true, decode: (s) => Effect.as(Svc, s), encode: (s) => Effect.succeed(s) }) {}
// @ts-expect-error
Work.make("b", { payload: { folder: NeedsSvc } })
// @ts-expect-error
Work.make("b", { success: NeedsSvc })

// 6 progress outside a run
// @ts-expect-error
Effect.runFork(Run.progress({ current: 1 }))

// 7 layerConfig: what about a raw schedule in a Wrap
interface OptS { readonly baseDelay?: string; readonly schedule?: Schedule.Schedule<unknown, RunError.StoreFailure> }
const wrapped = (c: Config.Config.Wrap<OptS>) => Config.unwrap<OptS>(c)
// @ts-expect-error a raw Schedule does not type-check in a Wrap
wrapped({ schedule: Schedule.recurs(1) })  // does this compile?
wrapped({ schedule: Config.succeed(Schedule.recurs(1)) })
RunKernel.layerConfig({ leaseDuration: Config.duration("L") })
RunKernel.layerConfig(Config.succeed({}))
RunKernel.layerConfig({ persist: { delayBase: Config.string("B") as any } })
// Config.option in a Wrap of an optional
// @ts-expect-error
RunKernel.layerConfig({ leaseDuration: Config.option(Config.duration("L")) })

// 8 heterogeneous registry
const all: ReadonlyArray<Work.Any> = [Glossary, Vacuum]

export { all }

// 9 schedule typed for a narrower input
// @ts-expect-error
RunKernel.layer({ persistSchedule: Schedule.recurs(3).pipe(Schedule.whileInput((e: Error & { nope: 1 }) => e.nope === 1)) })

// 10 ad-hoc work that requires a scope and a service
export const adhoc = Effect.gen(function*() {
  const k = yield* RunKernel.RunKernel
  const handle = yield* k.start("x", Effect.gen(function*() { yield* Effect.addFinalizer(() => Effect.void); yield* Run.progress({ current: 1 }); return (yield* Svc).n }))
  return yield* handle.result
})
type R = Effect.Effect.Context<typeof adhoc>
const r: [R] extends [RunKernel.RunKernel | Svc] ? true : false = true

export { r }
