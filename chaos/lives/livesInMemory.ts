/**
 * Lives on the store in memory, with the chaos layer at the store: the quickest way through the kernel. The
 * rows are read, and their changes seen, below the chaos layer.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { makeFrom } from "../../src/internal/store/memoryStore.js"
import { emptyTables } from "../../src/internal/store/memoryTables.js"
import { RunStore } from "../../src/RunStore.js"
import * as Chaos from "../Chaos.js"
import type { Recorder } from "../internal/recorder.js"
import { upon } from "../internal/upon.js"
import type { Scenario } from "../Scenario.js"
import { generateLife, simplifyLife } from "./generation.js"
import { guarantees } from "./guarantees.js"
import { type Ground, living } from "./living.js"
import { watchedStore } from "./watchedStore.js"

export const ground: Effect.Effect<Ground> = Effect.sync(() => {
  const tables = emptyTables()
  let recorder: Recorder | undefined
  const watched = watchedStore(makeFrom(tables), () => recorder?.look())
  return {
    store: upon(Context.make(RunStore, watched))(Chaos.layerStore()),
    rows: () => tables.runs.values(),
    watch: (given) => {
      recorder = given
    }
  }
})

export const livesInMemory: Scenario = {
  name: "livesInMemory",
  promise: "whatever a life in memory meets, its history keeps every guarantee",
  guarantees,
  inputs: { generate: generateLife, simplify: simplifyLife },
  program: living(ground)
}

export default livesInMemory
