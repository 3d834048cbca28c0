/**
 * What `--database` names, and how it is opened: for reading, which changes nothing, or as the store that
 * a cancel is written with. Another database system is added here and nowhere else in the command line.
 *
 * @since 0.1.0
 */
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as RunDatabase from "../RunDatabase.js"
import type { StoreFailure } from "../RunError.js"
import type { RunStore } from "../RunStore.js"
import * as SqliteRunStore from "../SqliteRunStore.js"
import { Unusable } from "./unusable.js"

/** A database that a URL names. */
export interface Database {
  readonly name: string
  readonly reading: Layer.Layer<RunDatabase.RunDatabase, StoreFailure>
  /** Brings the tables up to date: only for one whose tables were found to be as expected. */
  readonly writing: Layer.Layer<RunStore, StoreFailure>
}

/** A path, `sqlite:PATH`, or a URL of another system. */
export const storeOf = (url: string): Effect.Effect<Database, Unusable> =>
  Effect.suspend(() => {
    if (/^postgres(?:ql)?:/i.test(url)) return new Unusable({ problem: notYet(url) })
    const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(url)?.[1]
    if (scheme !== undefined && scheme !== "sqlite") return new Unusable({ problem: unknownScheme(scheme) })
    const filename = url.replace(/^sqlite:(?:\/\/)?/, "")
    // Opening for writing would make one.
    if (!existsSync(filename)) {
      const problem = `There is no database file "${filename}". Name the SQLite file that the host writes, such as runs.db or sqlite:runs.db.`
      return new Unusable({ problem })
    }
    return Effect.succeed({
      name: filename,
      reading: Layer.provide(RunDatabase.layer(), SqliteRunStore.connectorReadOnly({ filename })),
      writing: SqliteRunStore.layer({ filename })
    })
  })

const notYet = (url: string): string =>
  `Postgres (${url.replace(/\/\/[^@/]*@/, "//")}) cannot be read by this version yet. Name a SQLite file, such as runs.db or sqlite:runs.db.`

const unknownScheme = (scheme: string): string =>
  `"${scheme}:" is no database that Holdfast knows. Name a SQLite file, such as runs.db or sqlite:runs.db.`

/** A database that could be opened and has our tables, as this version knows them. */
export const reader = (
  url: string
): Effect.Effect<typeof RunDatabase.RunDatabase.Service, Unusable | StoreFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { name, reading } = yield* storeOf(url)
    const context = yield* Layer.build(reading)
    const database = yield* Effect.provide(RunDatabase.RunDatabase, context)
    const { expected, found } = yield* database.tables
    if (found === undefined)
      return yield* new Unusable({ problem: `"${name}" has no tables of Holdfast. Is it another program's?` })
    if (found < expected) return yield* new Unusable({ problem: older(name, found, expected) })
    if (found > expected) return yield* new Unusable({ problem: newer(name, found, expected) })
    return database
  })

export const older = (name: string, found: number, expected: number): string =>
  `The tables of "${name}" are at version ${found}, and this holdfast reads version ${expected}. A host of this version brings them up to date when it starts; or use the holdfast of the host.`

export const newer = (name: string, found: number, expected: number): string =>
  `The tables of "${name}" are at version ${found}, and this holdfast reads version ${expected}. Use a newer holdfast.`
