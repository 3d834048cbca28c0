/**
 * What `--database` names, and how it is opened: for reading, which changes nothing, or as the store that
 * a cancel is written with. Another database system is added here and nowhere else in the command line. The
 * driver of a system is loaded when a database of that system is named.
 *
 * @since 0.1.0
 */
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as RunDatabase from "../RunDatabase.js"
import type { StoreFailure } from "../RunError.js"
import type { RunStore } from "../RunStore.js"
import { Unusable } from "./unusable.js"

type Reader = typeof RunDatabase.RunDatabase.Service

/** A database that a URL names. */
export interface Database {
  /** For people: without user and password. */
  readonly name: string
  readonly reading: Layer.Layer<RunDatabase.RunDatabase, StoreFailure>
  /** Brings the tables up to date: only for one whose tables were found to be as expected. */
  readonly writing: Layer.Layer<RunStore, StoreFailure>
}

/** A path, `sqlite:PATH`, or `postgres://…`. */
export const storeOf = (url: string): Effect.Effect<Database, Unusable> =>
  Effect.suspend(() => {
    if (/^postgres(?:ql)?:\/\//i.test(url)) return postgres(url)
    // One letter is a drive. Of what follows the scheme nothing may be printed: it may hold a password.
    const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]
    if (scheme !== undefined && scheme !== "sqlite") return new Unusable({ problem: unknownScheme(scheme) })
    return sqlite(url.replace(/^sqlite:(?:\/\/)?/, ""))
  })

const unknownScheme = (scheme: string): string =>
  `"${scheme}:" is no database that Holdfast knows. Name a SQLite file, such as runs.db or sqlite:runs.db, or a Postgres database, such as postgres://user@host:5432/database.`

// -- systems -----------------------------------------------------------------------------------------------

const sqlite = (filename: string): Effect.Effect<Database, Unusable> =>
  Effect.gen(function* () {
    // Opening for writing would make one.
    if (!existsSync(filename)) {
      const problem = `There is no database file "${filename}". Name the SQLite file that the host writes, such as runs.db or sqlite:runs.db.`
      return yield* new Unusable({ problem })
    }
    const store = yield* driver("SQLite", "@effect/sql-sqlite-node", () => import("../SqliteRunStore.js"))
    return {
      name: filename,
      reading: Layer.provide(RunDatabase.layer(), store.connectorReadOnly({ filename })),
      writing: store.layer({ filename })
    }
  })

/** As libpq knows it, and `schema`, the schema of the tables, which is ours. */
const postgres = (given: string): Effect.Effect<Database, Unusable> =>
  Effect.gen(function* () {
    if (!URL.canParse(given)) return yield* new Unusable({ problem: unreadable })
    const store = yield* driver("Postgres", "@effect/sql-pg", () => import("../PgRunStore.js"))
    const url = new URL(given)
    const schema = url.searchParams.get("schema") ?? undefined
    url.searchParams.delete("schema")
    const connection = { url: Redacted.make(url.href), schema, applicationName: "holdfast-cli", maxConnections: 2 }
    return {
      name: nameOf(url, schema),
      reading: Layer.provide(RunDatabase.layer(), store.connectorReadOnly(connection)),
      writing: store.layer(connection)
    }
  })

const unreadable =
  "The URL of the Postgres database cannot be read. Expected postgres://user@host:5432/database, with what is special in a user or a password written as %XX."

const nameOf = (url: URL, schema: string | undefined): string => {
  const host = url.searchParams.get("host") ?? url.host
  return `postgres://${host}${url.pathname}${schema === undefined ? "" : `?schema=${schema}`}`
}

const driver = <A>(system: string, name: string, load: () => Promise<A>): Effect.Effect<A, Unusable> =>
  Effect.catchAllDefect(Effect.promise(load), (error) =>
    error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND"
      ? new Unusable({ problem: `${system} needs the package ${name}, which is not installed: npm install ${name}` })
      : Effect.die(error)
  )

// -- reading -----------------------------------------------------------------------------------------------

/** A database that could be opened and has our tables, as this version knows them. */
export const reader = (
  url: string
): Effect.Effect<Reader & { readonly name: string }, Unusable | StoreFailure, Scope.Scope> =>
  Effect.gen(function* () {
    const { name, reading } = yield* storeOf(url)
    const context = yield* Layer.build(reading)
    const database = yield* Effect.provide(RunDatabase.RunDatabase, context)
    const tables = yield* database.tables
    if (tables.found === undefined) {
      return yield* new Unusable({ problem: `${missing(name)} ${whereElse(tables) ?? "Is it another program's?"}` })
    }
    const { expected, found } = tables
    if (found < expected) return yield* new Unusable({ problem: older(name, found, expected) })
    if (found > expected) return yield* new Unusable({ problem: newer(name, found, expected) })
    return { ...database, name }
  })

export const missing = (name: string): string => `"${name}" has no tables of Holdfast.`

/** What to do where they are in a schema that was not looked at. */
export const whereElse = ({ elsewhere: [first, ...more] }: RunDatabase.Tables): string | undefined => {
  if (first === undefined) return undefined
  const schemas = more.length === 0 ? `The schema "${first}" has` : `The schemas ${[first, ...more].join(", ")} have`
  return `${schemas} some: add ?schema=${first} to the URL, and see that the user has USAGE on it.`
}

export const older = (name: string, found: number, expected: number): string =>
  `The tables of "${name}" are at version ${found}, and this holdfast reads version ${expected}. A host of this version brings them up to date when it starts; or use the holdfast of the host.`

export const newer = (name: string, found: number, expected: number): string =>
  `The tables of "${name}" are at version ${found}, and this holdfast reads version ${expected}. Use a newer holdfast.`
