// @effect-diagnostics *:off
// The mistakes below must not compile: each @ts-expect-error is an assertion, and the compiler runs them.
import { HttpApiBuilder } from "@effect/platform"
import { Effect, Layer } from "effect"
import { RunKernel, RunStore, type Work } from "effect-holdfast"
import { Glossary, Vacuum, WorkLive } from "./host.js"

// a group over many works (RunHttp, ClusterRuns): heterogeneous, still exact in R
declare const runHttp: <const W extends ReadonlyArray<Work.Any>>(
  works: W
) => Layer.Layer<never, never, RunKernel.RunKernel | Work.RegisteredOf<W[number]>>
const kernel = RunKernel.layer().pipe(Layer.provide(RunStore.layerMemory))
const http = runHttp([Glossary, Vacuum])
export const ok = http.pipe(Layer.provide(WorkLive), Layer.provide(kernel))
const complete: Layer.Layer<never, any, never> = ok
// @ts-expect-error works not registered
const incomplete: Layer.Layer<never, any, never> = http.pipe(Layer.provide(kernel))

export { complete, Effect, HttpApiBuilder, incomplete }
