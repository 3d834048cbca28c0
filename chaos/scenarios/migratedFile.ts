/**
 * A SQLite file for one execution, with Holdfast's tables in it, made once for each process and copied from memory: that
 * tables are made, and what may happen then, is not what the scenarios are about.
 *
 * @since 0.1.0
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqlConnector } from "../../src/SqlConnector.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import { temporaryDirectory } from "../internal/temporaryDirectory.js"

let bytes: Buffer | undefined

/** The file's bytes. Made outside of the execution that asks first, which would differ from all others otherwise. */
export const migratedFile: Effect.Effect<Buffer> = Effect.sync(() => {
  bytes ??= Effect.runSync(make)
  return bytes
})

const make: Effect.Effect<Buffer> = Effect.gen(function* () {
  const filename = join(yield* temporaryDirectory, "runs.db")
  yield* Effect.scoped(Layer.build(SqliteRunStore.layer({ filename })))
  return readFileSync(filename)
}).pipe(Effect.scoped, Effect.orDie)

/** Connections to a file in a simulation: no power fails there, so what is written need not reach the disk. */
export const hastyConnector = (filename: string): Layer.Layer<SqlConnector> =>
  Layer.scoped(
    SqlConnector,
    Effect.map(Layer.build(SqliteRunStore.connector({ filename })), (context) => {
      const { connect, ...others } = Context.get(context, SqlConnector)
      return {
        ...others,
        connect: Effect.tap(connect, (client) => Effect.ignore(client.unsafe("PRAGMA synchronous = OFF")))
      }
    })
  )
