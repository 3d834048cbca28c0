/**
 * `node dist/docs/examples/telemetry/main.js`: the imports, with spans and metrics sent to the collector that
 * `OTEL_EXPORTER_OTLP_ENDPOINT` names; by default one on this machine.
 */
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect } from "effect"
import { hostOn, imports } from "./imports.js"

Effect.gen(function* () {
  const endpoint = yield* Config.withDefault(Config.string("OTEL_EXPORTER_OTLP_ENDPOINT"), "http://127.0.0.1:4318")
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const filename = path.join(yield* files.makeTempDirectoryScoped({ prefix: "telemetry-" }), "runs.db")
  const ids = yield* Effect.provide(imports, hostOn(filename, { endpoint, serviceName: "imports" }))
  yield* Console.log(`${ids.length} runs have settled. Their spans and metrics were sent to ${endpoint}.`)
}).pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
