/** Databases for the store's tests: a file of its own in a directory that goes with its scope. */
import * as Reactivity from "@effect/experimental/Reactivity"
import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import { PgClient } from "@effect/sql-pg"
import { SqliteClient } from "@effect/sql-sqlite-node"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { StoreFailure } from "../../src/RunError.js"
import type * as RunStore from "../../src/RunStore.js"
import { SqlConnector } from "../../src/SqlConnector.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import type { PostgresServer } from "./postgresServer.js"

/** The path of a file that is not there yet. */
export const freshFile: Effect.Effect<string, never, Scope.Scope> = Effect.flatMap(FileSystem.FileSystem, (files) =>
  files.makeTempDirectoryScoped({ prefix: "holdfast-store-" })
).pipe(
  Effect.map((directory) => `${directory}/runs.db`),
  Effect.orDie,
  Effect.provide(NodeFileSystem.layer)
)

/** A layer that needs a file, on a fresh one. */
export const onFreshFile = <A, E>(layer: (filename: string) => Layer.Layer<A, E>): Layer.Layer<A, E> =>
  Layer.unwrapScoped(Effect.map(freshFile, layer))

export const sqliteFile: Layer.Layer<RunStore.RunStore, StoreFailure> = onFreshFile((filename) =>
  SqliteRunStore.layer({ filename })
)

export const sqliteMemory: Layer.Layer<RunStore.RunStore, StoreFailure> = SqliteRunStore.layer({ filename: ":memory:" })

/** The host's own client, made as a host makes one, with its own names for columns. */
export const hostClient: Layer.Layer<RunStore.RunStore, StoreFailure> = onFreshFile((filename) =>
  Layer.provide(
    SqlRunStore.layerClient({ tablePrefix: "app_" }),
    Layer.orDie(
      SqliteClient.layer({
        filename,
        transformResultNames: (name) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
        transformQueryNames: (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      })
    )
  )
)

/** The same on Postgres. */
export const hostClientOn = (server: PostgresServer): Layer.Layer<RunStore.RunStore, StoreFailure> =>
  server.onFreshSchema(({ schema, url }) =>
    Layer.provide(
      SqlRunStore.layerClient({ tablePrefix: "App_" }),
      Layer.orDie(
        PgClient.layer({
          url: Redacted.make(`${url}?options=-c%20search_path%3D${schema}`),
          transformResultNames: (name) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
          transformQueryNames: (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
        })
      )
    )
  )

/**
 * A connector whose every command passes through `gate` first, BEGIN and COMMIT included: it may wait,
 * fail, or do something to the database in between. `opened` is told of each client and of its end.
 */
export const gatedConnector = (options: {
  readonly filename: string
  readonly gate: (sql: string, client: number) => Effect.Effect<void, SqlError>
  /** After a BEGIN, COMMIT or ROLLBACK was applied: a failure here is a lost answer. */
  readonly after?: (sql: string) => Effect.Effect<void, SqlError>
  readonly onOpen?: (client: number) => void
  readonly onClose?: (client: number) => void
}): Layer.Layer<SqlConnector> =>
  Layer.effect(
    SqlConnector,
    Effect.gen(function* () {
      const base = yield* SqlConnector
      let clients = 0
      const connect = Effect.gen(function* () {
        const number = ++clients
        const stock = yield* base.connect
        yield* Effect.acquireRelease(
          Effect.sync(() => options.onOpen?.(number)),
          () => Effect.sync(() => options.onClose?.(number))
        )
        const connection = yield* Effect.orDie(Effect.scoped(stock.reserve))
        const gated: Connection = {
          ...connection,
          execute: (sql, ...rest) => Effect.zipRight(options.gate(sql, number), connection.execute(sql, ...rest)),
          executeUnprepared: (sql, ...rest) =>
            options
              .gate(sql, number)
              .pipe(
                Effect.zipRight(connection.executeUnprepared(sql, ...rest)),
                Effect.zipLeft(Effect.suspend(() => options.after?.(sql) ?? Effect.void))
              )
        }
        const acquirer = Effect.as(stock.reserve, gated)
        return yield* SqlClient.make({
          acquirer,
          transactionAcquirer: acquirer,
          compiler: Statement.makeCompilerSqlite(),
          spanAttributes: []
        })
      })
      return { connect: Effect.provide(connect, Reactivity.layer) }
    })
  ).pipe(Layer.provide(SqliteRunStore.connector({ filename: options.filename })))

/** An error as the driver gives it. */
export const sqliteError = (code: string): SqlError =>
  new SqlError({
    cause: Object.assign(new Error(`made up: ${code}`), { code }),
    message: "Failed to execute statement"
  })

/** A foreign connection to the file, as another program would have it. */
export const foreign = (filename: string): Effect.Effect<Sqlite.Database, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Sqlite(filename, { timeout: 0 })),
    (database) => Effect.sync(() => database.close())
  )
