/**
 * Holdfast as one of those that `bench:peers` measures: the same work, held open by the same `serve.js`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PgRunStore from "../../../src/PgRunStore.js"
import { SqlConnector } from "../../../src/SqlConnector.js"
import * as SqliteRunStore from "../../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../../src/SqlRunStore.js"
import * as Kernel from "./kernel.js"

interface Target {
  readonly filename?: string
  readonly url?: string
  /** Of SQLite; FULL where it is not said. Holdfast itself offers no other. */
  readonly synchronous?: "NORMAL"
}

const storeOf = ({ filename, synchronous, url }: Target) => {
  if (filename === undefined) return PgRunStore.layer({ ...(url === undefined ? {} : { url }) })
  if (synchronous === undefined) return SqliteRunStore.layer({ filename })
  return SqlRunStore.layer().pipe(Layer.provide(normal), Layer.provide(SqliteRunStore.connector({ filename })))
}

/** Every client that is opened is told to sync less. */
const normal = Layer.effect(
  SqlConnector,
  Effect.map(SqlConnector, ({ connect }) => ({
    connect: Effect.tap(connect, (client) => Effect.orDie(client.unsafe("PRAGMA synchronous = NORMAL")))
  }))
)

const durabilityOf = ({ filename, synchronous }: Target): string =>
  filename === undefined ? "synchronous_commit = on" : `synchronous = ${synchronous ?? "FULL"}`

export const open = async (target: Target) => {
  const kernel = await Kernel.open(storeOf(target))
  return {
    durability: durabilityOf(target),
    run: async (count: number, concurrency: number): Promise<number> => {
      const startedAt = performance.now()
      const lanes = Math.min(count, concurrency)
      let left = count - lanes
      const completed = await kernel.runPromise(Kernel.completeUntil(lanes, () => left-- <= 0))
      if (completed !== count) throw new Error(`${completed} of ${count} runs were completed`)
      return (performance.now() - startedAt) / 1000
    }
  }
}
