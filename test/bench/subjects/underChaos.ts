/**
 * A kernel on a SQLite file with a chaos layer in between, whose plan can be changed while it is up.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Chaos from "../../../chaos/Chaos.js"
import { RunStore } from "../../../src/RunStore.js"
import * as SqliteRunStore from "../../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../../src/SqlRunStore.js"
import * as Kernel from "./kernel.js"

export interface KernelUnderChaos extends Kernel.Kernel {
  readonly chaos: typeof Chaos.Chaos.Service
}

/** `at` says where the layer stands: under the store's reconnect, or at the store. */
export const open = async (filename: string, at: "connector" | "store"): Promise<KernelUnderChaos> => {
  const scope = Effect.runSync(Scope.make())
  const context = await Effect.runPromise(Scope.extend(Layer.build(layers[at](filename)), scope))
  const kernel = await Kernel.open(Layer.succeed(RunStore, Context.get(context, RunStore)))
  return {
    runPromise: kernel.runPromise,
    chaos: Context.get(context, Chaos.Chaos),
    close: async () => {
      await kernel.close()
      await Effect.runPromise(Scope.close(scope, Exit.void))
    }
  }
}

const layers = {
  connector: (filename: string) =>
    SqlRunStore.layer().pipe(
      Layer.provideMerge(Chaos.layerConnector()),
      Layer.provide(SqliteRunStore.connector({ filename }))
    ),
  store: (filename: string) => Layer.provide(Chaos.layerStore(), SqliteRunStore.layer({ filename }))
}
