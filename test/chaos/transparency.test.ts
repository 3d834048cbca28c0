/**
 * With a plan in which nothing goes wrong, a program cannot tell a chaos layer from its database: the
 * same answers, the same errors, the same transactions. Each program runs on the bare client and on the
 * wrapped one, and must tell the same.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Statement from "@effect/sql/Statement"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Chaos, layerClient as layerChaos } from "../../chaos/Chaos.js"
import * as FaultPlan from "../../chaos/FaultPlan.js"
import { type File, insert, layerClient, makeFile, seen } from "./brokenDatabase.js"

type Program = Effect.Effect<unknown, unknown, SqlClient.SqlClient>

const withClient = <A, E, R>(use: (sql: SqlClient.SqlClient) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(SqlClient.SqlClient, use)

const programs: Readonly<Record<string, Program>> = {
  "rows are read": Effect.zipRight(
    insert("a"),
    withClient((sql) => sql`SELECT * FROM documents`)
  ),
  "raw answers": withClient((sql) => sql`INSERT INTO documents (title) VALUES ('a')`.raw),
  values: withClient((sql) => sql`SELECT 1 AS one, 2 AS two`.values),
  unprepared: withClient((sql) => sql`SELECT 1 AS one`.unprepared),
  "a broken constraint": Effect.zipRight(insert("a"), insert("a")),
  "a syntax error": withClient((sql) => sql.unsafe("SELEC 1")),
  "a syntax error, unprepared": withClient((sql) => sql.unsafe("SELEC 1").unprepared),
  "a binding that cannot be bound": withClient((sql) => sql.unsafe("SELECT ?", [{}])),
  "a transaction that commits": withClient((sql) => sql.withTransaction(insert("a"))),
  "a transaction that fails": withClient((sql) => sql.withTransaction(Effect.zipRight(insert("a"), Effect.fail("no")))),
  "a transaction that dies": withClient((sql) => sql.withTransaction(Effect.zipRight(insert("a"), Effect.die("no")))),
  "a nested transaction that fails": withClient((sql) =>
    sql.withTransaction(
      Effect.zipRight(insert("a"), Effect.exit(sql.withTransaction(Effect.zipRight(insert("b"), Effect.fail("no")))))
    )
  ),
  "an error inside a transaction": withClient((sql) => sql.withTransaction(Effect.zipRight(insert("a"), insert("a")))),
  "a reserved connection": Effect.scoped(
    withClient((sql) =>
      Effect.flatMap(sql.reserve, (connection) => connection.execute("SELECT 1 AS one", [], undefined))
    )
  ),
  "fragments and helpers": Effect.zipRight(
    withClient((sql) => sql`INSERT INTO documents ${sql.insert([{ title: "a" }, { title: "b" }])} RETURNING title`),
    withClient((sql) => sql`SELECT title FROM documents WHERE ${sql.in("title", ["a", "z"])}`)
  )
}

/** An exit as plain data: the answer, or the error down to the driver's own words. */
const tell = (exit: Exit.Exit<unknown, unknown>): unknown => {
  if (Exit.isSuccess(exit)) {
    return { answer: exit.value }
  }
  const failure = Cause.failureOption(exit.cause)
  const error = (Option.isSome(failure) ? failure.value : Cause.squash(exit.cause)) as {
    readonly _tag?: string
    readonly message?: string
    readonly cause?: { readonly name?: string; readonly code?: string; readonly message?: string }
  }
  return {
    kind: Option.isSome(failure) ? "failed" : "died",
    error: typeof error === "string" ? error : [error._tag, error.message],
    cause: [error.cause?.name, error.cause?.code, error.cause?.message]
  }
}

const on = (layer: (file: File) => Layer.Layer<SqlClient.SqlClient>, program: Program) =>
  Effect.gen(function* () {
    const file = yield* makeFile
    const exit = yield* Effect.exit(Effect.provide(program, layer(file)))
    return { told: tell(exit), titles: yield* file.titles, isWritable: yield* file.isWritable }
  })

const bare = (file: File) => Layer.orDie(SqliteClient.layer({ filename: file.path, prepareCacheTTL: 0 }))

describe("a plan in which nothing goes wrong", () => {
  it.scoped.each(Object.keys(programs))("is transparent: %s", (name) =>
    Effect.gen(function* () {
      const program = programs[name] ?? Effect.die(name)
      const expected = yield* on(bare, program)
      assert.deepStrictEqual(yield* on((file) => layerClient(file, FaultPlan.none), program), expected)
      assert.deepStrictEqual(
        yield* on((file) => layerClient(file, FaultPlan.none, { yields: false }), program),
        expected
      )
    })
  )

  it.scoped("is transparent for a client that transforms names", () =>
    Effect.gen(function* () {
      const transformResultNames = (name: string) => name.toUpperCase()
      const transformQueryNames = (name: string) => name.toLowerCase()
      const file = yield* makeFile
      const inner = SqliteClient.layer({ filename: file.path, transformResultNames, transformQueryNames })
      const layer = layerChaos(FaultPlan.none, {
        compiler: Statement.makeCompilerSqlite(transformQueryNames),
        transformRows: Statement.defaultTransforms(transformResultNames).array
      }).pipe(Layer.provide(Layer.orDie(inner)))
      const rows = yield* Effect.provide(
        withClient((sql) => sql`SELECT title AS ${sql("ONE")} FROM (SELECT 1 AS title)`),
        layer
      )
      assert.deepStrictEqual(rows, [{ ONE: 1 }])
    })
  )

  it.scoped("fires nothing, and leaves nothing unfired", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      yield* Effect.gen(function* () {
        const chaos = yield* Chaos
        yield* insert("a")
        assert.deepStrictEqual(yield* chaos.fired, [])
        assert.deepStrictEqual(yield* chaos.unfired, [])
      }).pipe(Effect.provide(layerClient(file, FaultPlan.none)))
    })
  )

  it.scoped("shows a race between two fibers that SQLite's own statements hide, unless told not to yield", () =>
    Effect.gen(function* () {
      const race = (yields: boolean) =>
        Effect.gen(function* () {
          const file = yield* makeFile
          // Read, then write what was read: wrong as soon as another fiber comes between.
          const step = withClient((sql) =>
            Effect.flatMap(sql`SELECT count(*) AS n FROM documents`, ([row]) => insert(`${row?.n}`))
          )
          return yield* seen(
            Effect.all([step, step], { concurrency: "unbounded" }).pipe(
              Effect.provide(layerClient(file, FaultPlan.none, { yields }))
            )
          )
        })
      assert.strictEqual(yield* race(true), "SQLITE_CONSTRAINT_UNIQUE")
      assert.strictEqual(yield* race(false), "succeeded")
    })
  )
})
