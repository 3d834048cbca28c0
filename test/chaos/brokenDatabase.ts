/**
 * A real SQLite file under the chaos layers, and a second, independent connection that reads what is
 * really in it. What the caller of a broken operation saw is told in one word, so that a test can set
 * the two side by side.
 *
 * @since 0.1.0
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import Database from "better-sqlite3"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Chaos from "../../chaos/Chaos.js"
import type { FaultPlan } from "../../chaos/FaultPlan.js"
import { SqlConnector } from "../../src/SqlConnector.js"

export interface File {
  readonly path: string
  /** The titles of the documents, as another connection reads them now. */
  readonly titles: Effect.Effect<ReadonlyArray<string>>
  /** Whether another connection can write now: nobody holds a transaction open. */
  readonly isWritable: Effect.Effect<boolean>
}

/** A file with an empty table `documents (title)`, deleted with the scope. */
export const makeFile: Effect.Effect<File, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-chaos-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
).pipe(
  Effect.map((folder) => {
    const path = join(folder, "documents.db")
    const withDatabase = <A>(use: (database: Database.Database) => A): A => {
      const database = new Database(path, { timeout: 0 })
      try {
        return use(database)
      } finally {
        database.close()
      }
    }
    withDatabase((database) => {
      database.pragma("journal_mode = WAL")
      database.exec("CREATE TABLE documents (title TEXT NOT NULL UNIQUE)")
    })
    return {
      path,
      titles: Effect.sync(() =>
        withDatabase(
          (database) => database.prepare("SELECT title FROM documents ORDER BY rowid").pluck().all() as string[]
        )
      ),
      isWritable: Effect.sync(() =>
        withDatabase((database) => {
          try {
            database.exec("BEGIN IMMEDIATE; ROLLBACK")
            return true
          } catch {
            return false
          }
        })
      )
    }
  })
)

/** A host's client over this file, broken by this plan. */
export const layerClient = (
  file: File,
  plan: FaultPlan,
  options?: Chaos.SqlOptions
): Layer.Layer<SqlClient.SqlClient | Chaos.Chaos> =>
  Chaos.layerClient(plan, options).pipe(
    Layer.provide(Layer.orDie(SqliteClient.layer({ filename: file.path, prepareCacheTTL: 0 })))
  )

/** A connector over this file, which really opens another connection each time, broken by this plan. */
export const layerConnector = (
  file: File,
  plan: FaultPlan,
  options?: Chaos.SqlOptions
): Layer.Layer<SqlConnector | Chaos.Chaos> =>
  Chaos.layerConnector(plan, options).pipe(
    Layer.provide(
      Layer.succeed(SqlConnector, {
        connect: SqliteClient.make({ filename: file.path, prepareCacheTTL: 0 }).pipe(Effect.provide(Reactivity.layer))
      })
    )
  )

export const insert = (title: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO documents (title) VALUES (${title})`)

/**
 * What the caller saw within `100` ms of virtual time: `succeeded`, the driver's code (or the message,
 * where there is none), `died: …`, or `silent`. One that is still silent is interrupted.
 */
export const seen = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<string, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust("100 millis")
    const exit = yield* Fiber.poll(fiber)
    if (Option.isNone(exit)) {
      yield* Fiber.interrupt(fiber)
      return "silent"
    }
    return describe(exit.value)
  })

const describe = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) {
    return "succeeded"
  }
  const failure = Cause.failureOption(exit.cause)
  return Option.isSome(failure)
    ? nameOf((failure.value as { readonly cause?: unknown }).cause ?? failure.value)
    : `died: ${nameOf(Cause.squash(exit.cause))}`
}

const nameOf = (error: unknown): string => {
  const { cause, code, message } = error as {
    readonly cause?: unknown
    readonly code?: string
    readonly message?: string
  }
  return code ?? (cause === undefined ? (message ?? String(error)) : nameOf(cause))
}
