/**
 * A SQLite file as the database of a story: with Holdfast's tables, in a directory of its own that goes with the scope.
 *
 * @since 0.1.0
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { SqliteClient } from "@effect/sql-sqlite-node"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { StoreFailure } from "../../src/RunError.js"
import { RunStore } from "../../src/RunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { temporaryDirectory } from "../internal/temporaryDirectory.js"
import type { Database, Row } from "./database.js"
import { hastyConnector, migratedFile } from "./migratedFile.js"

export const sqliteDatabase: Effect.Effect<Database, never, Scope.Scope> = Effect.gen(function* () {
  const filename = join(yield* temporaryDirectory, "runs.db")
  writeFileSync(filename, yield* migratedFile)
  return yield* ofFile(filename)
})

const ofFile = (filename: string): Effect.Effect<Database, never, Scope.Scope> =>
  Effect.map(
    foreignConnection(filename),
    (foreign): Database => ({
      dialect: "sqlite",
      connector: hastyConnector(filename),
      store: storeOf(filename),
      client: SqliteClient.layer({ filename, prepareCacheTTL: 0 }),
      elsewhere: SqliteClient.layer({ filename: `${filename}.host` }),
      foreign,
      refuse: ({ event, name, when }) =>
        Effect.asVoid(
          foreign(
            `CREATE TRIGGER ${name} BEFORE ${event} ON holdfast_runs WHEN ${when} ` +
              "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
          )
        ),
      refusalCode: "SQLITE_CONSTRAINT_TRIGGER",
      dropTrigger: (name) => Effect.asVoid(foreign(`DROP TRIGGER IF EXISTS ${name}`)),
      whileLocked: (during) => Effect.zipRight(foreign("BEGIN IMMEDIATE"), Effect.zipLeft(during, foreign("COMMIT"))),
      faultLike: identity,
      copy: Effect.gen(function* () {
        const copied = join(yield* temporaryDirectory, "runs.db")
        yield* foreign("VACUUM INTO ?", copied)
        return yield* ofFile(copied)
      })
    })
  )

const storeOf = (filename: string): Layer.Layer<RunStore, StoreFailure> =>
  Layer.scoped(
    RunStore,
    Effect.flatMap(Layer.build(hastyConnector(filename)), (context) => Effect.provide(SqlRunStore.make(), context))
  )

/** The connection is opened with the first statement, so that it finds the file that is there then. */
const foreignConnection = (filename: string): Effect.Effect<Database["foreign"], never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync((): { database?: Sqlite.Database } => ({})),
      (opened) => Effect.sync(() => opened.database?.close())
    ),
    (opened) =>
      (sql, ...parameters) =>
        Effect.sync(() => {
          opened.database ??= new Sqlite(filename)
          const statement = opened.database.prepare(sql)
          if (statement.reader) return statement.all(...parameters) as ReadonlyArray<Row>
          statement.run(...parameters)
          return []
        })
  )
