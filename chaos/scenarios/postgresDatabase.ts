/**
 * A schema of a real Postgres as the database of a story: with Holdfast's tables, and gone with the scope. What is out at
 * the server is waited for before time passes, so a story takes the time there that it takes on a file.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as PgRunStore from "../../src/PgRunStore.js"
import type { Fault } from "../FaultPlan.js"
import { countStatements } from "../postgres/driver.js"
import { operator } from "../postgres/operator.js"
import { type Database, type Place, type Row, storeLayer } from "./database.js"

export const postgresDatabase = (place: Place): Effect.Effect<Database, never, Scope.Scope> =>
  Effect.suspend(() => {
    countStatements()
    return Effect.map(schemaWithTables(place), (schema) => ofSchema(place, schema))
  })

interface Connection {
  readonly url: string
  readonly schema: string
}

interface Schema {
  readonly connection: Connection
  readonly foreign: Database["foreign"]
}

const ofSchema = (place: Place, { connection, foreign }: Schema): Database => {
  const connector = PgRunStore.connector(connection)
  const trigger = (name: string, table: string, event: string, when: string, code: string) =>
    Effect.zipRight(
      foreign(
        `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS ` +
          `$$ BEGIN RAISE EXCEPTION USING MESSAGE = 'not this one', ERRCODE = '${code}'; END $$`
      ),
      foreign(
        `CREATE TRIGGER ${name} BEFORE ${event} ON ${table} FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION ${name}()`
      )
    )
  return {
    dialect: "postgres",
    connector,
    store: Layer.provide(storeLayer, connector),
    client: clientOf(connection),
    elsewhere: Layer.unwrapScoped(Effect.map(freshSchema(place), ({ connection }) => clientOf(connection))),
    foreign,
    refuse: ({ event, name, when }) => Effect.asVoid(trigger(name, "holdfast_runs", event, when, refusalCode)),
    refusalCode,
    dropTrigger: (name) => Effect.asVoid(foreign(`DROP TRIGGER IF EXISTS ${name} ON holdfast_runs`)),
    // Whoever met a real lock would wait for it in real time. This is what such a one is told with a lock_timeout.
    whileLocked: (during) =>
      Effect.zipRight(
        trigger("locked", "holdfast_hosts", "UPDATE", "true", "55P03"),
        Effect.zipLeft(during, foreign("DROP TRIGGER locked ON holdfast_hosts"))
      ),
    faultLike: (fault) => likeness[fault] ?? fault,
    copy: Effect.gen(function* () {
      const copied = yield* schemaWithTables(place)
      const { schema } = copied.connection
      // One statement, so that both tables are of one moment.
      yield* foreign(
        `WITH hosts AS (INSERT INTO ${schema}.holdfast_hosts SELECT * FROM holdfast_hosts) ` +
          `INSERT INTO ${schema}.holdfast_runs SELECT * FROM holdfast_runs`
      )
      return ofSchema(place, copied)
    })
  }
}

/** Of a trigger that somebody else has made: what RAISE gives where it names no other. */
const refusalCode = "P0001"

/** Where Postgres has a failure of the same class. What it has none of keeps the look that SQLite gives it. */
const likeness: { readonly [Kind in Fault]?: Fault } = {
  busy: "tooManyConnections",
  locked: "tooManyConnections",
  cantOpen: "tooManyConnections",
  busySnapshot: "serialization"
}

const schemas = globalValue(Symbol.for("effect-holdfast/chaos/scenarios/schemas"), () => ({ made: 0 }))

const schemaWithTables = (place: Place): Effect.Effect<Schema, never, Scope.Scope> =>
  Effect.tap(freshSchema(place), ({ connection }) =>
    Effect.orDie(Effect.scoped(Layer.build(PgRunStore.layer(connection))))
  )

/** One connection makes it, asks it as a foreign client would, and removes it. */
const freshSchema = ({ url }: Place): Effect.Effect<Schema, never, Scope.Scope> =>
  Effect.gen(function* () {
    const connection: Connection = { url, schema: `story_${process.pid}_${++schemas.made}` }
    const foreign = yield* foreignConnection(connection)
    yield* Effect.acquireRelease(foreign(`CREATE SCHEMA ${connection.schema}`), () =>
      // A statement that was left may still be at the server, and one of the two is then given up.
      Effect.retry(Effect.sandbox(foreign(`DROP SCHEMA ${connection.schema} CASCADE`)), { times: 3 }).pipe(Effect.orDie)
    )
    return { connection, foreign }
  })

const urlOf = (connection: Connection): string => {
  const url = new URL(connection.url)
  url.searchParams.set("options", `-c search_path=${connection.schema} -c client_min_messages=warning`)
  return url.href
}

const clientOf = (connection: Connection): Layer.Layer<SqlClient.SqlClient> =>
  Layer.scoped(SqlClient.SqlClient, operator(urlOf(connection), { maxConnections: 10 }))

const foreignConnection = (connection: Connection): Effect.Effect<Database["foreign"], never, Scope.Scope> =>
  Effect.map(
    operator(urlOf(connection), { maxConnections: 1, types: plainTypes }),
    (client) =>
      (sql, ...parameters) => {
        let position = 0
        const numbered = sql.replaceAll("?", () => `$${++position}`)
        return Effect.orDieWith(client.unsafe<Row>(numbered, parameters), ({ cause }) => cause)
      }
  )

const numbers: ReadonlySet<number> = new Set([20, 21, 23, 700, 701, 1700])

/** Numbers as SQLite gives them: none in these tables is beyond what JavaScript counts exactly. */
const plainTypes = {
  getTypeParser: (type: number) => (value: string) => (numbers.has(type) ? Number(value) : value)
}
