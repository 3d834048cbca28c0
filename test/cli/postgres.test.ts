/**
 * The commands on a real Postgres: by a role that may only read, wherever nothing has to be written, and what
 * each of them says where the database cannot be used.
 */
import { join } from "node:path"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as PgRunStore from "../../src/PgRunStore.js"
import { foreignClient, postgresServer } from "../store/postgresServer.js"
import { threeRuns } from "./hosts.js"
import { host, idOf } from "./logs.js"
import { folder, holdfast, spawned } from "./program.js"

const server = postgresServer()
const directory = folder()
const log = join(directory, "run.ndjson")
const password = "s3cret/@ %"

/** As `role`, in `schema`. */
const urlOf = (role: string, schema = "holdfast"): string => {
  const url = new URL(server.url())
  url.username = role
  url.password = encodeURIComponent(password)
  url.searchParams.set("schema", schema)
  return url.href
}

const execute = (...statements: ReadonlyArray<string>): Promise<void> =>
  foreignClient(server.url(), { maxConnections: 1 }).pipe(
    Effect.flatMap((client) => Effect.forEach(statements, (sql) => client.unsafe(sql), { discard: true })),
    Effect.scoped,
    Effect.orDie,
    Effect.runPromise
  )

const one = (sql: string): Promise<unknown> =>
  foreignClient(server.url(), { maxConnections: 1 }).pipe(
    Effect.flatMap((client) => client.unsafe<{ readonly value: unknown }>(sql)),
    Effect.map(([row]) => row?.value),
    Effect.scoped,
    Effect.orDie,
    Effect.runPromise
  )

const tables = ["runs", "hosts", "migrations"].map((name) => `holdfast_${name}`)

beforeAll(async () => {
  const role = (name: string) => `CREATE ROLE ${name} LOGIN PASSWORD '${password}'`
  await execute("CREATE SCHEMA holdfast", "CREATE SCHEMA empty", "CREATE SCHEMA newer")
  await execute(role("reader"), role("nobody"), "GRANT USAGE ON SCHEMA holdfast, empty, newer TO reader, nobody")
  await threeRuns(PgRunStore.layer({ url: server.url(), schema: "holdfast" }), log)
  await execute(
    `GRANT SELECT ON ALL TABLES IN SCHEMA holdfast TO reader`,
    ...tables.map((table) => `CREATE TABLE newer.${table} AS TABLE holdfast.${table}`),
    "UPDATE newer.holdfast_migrations SET migration_id = 99",
    "GRANT SELECT ON ALL TABLES IN SCHEMA newer TO reader"
  )
})

/** A host that was killed, by the server's clock, and a run of its that is `running`. */
const leaveDeadHost = (leaseUntil: string): Promise<void> =>
  execute(
    "DELETE FROM holdfast.holdfast_hosts",
    "DELETE FROM holdfast.holdfast_runs WHERE status = 'running'",
    `INSERT INTO holdfast.holdfast_hosts (host_id, pid, registered_at, lease_until, lease_millis) VALUES ('${host}', 1, 0, ${leaseUntil}, 60000)`,
    `INSERT INTO holdfast.holdfast_runs (run_id, name, status, host_id, attempt, attempt_max, on_host_exit, created_at, started_at)
     VALUES ('${idOf(1)}', 'import', 'running', '${host}', 1, 1, 'fail', 1, 1)`
  )

const serverNow = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint"

describe("a role that may only read", () => {
  it("lists, shows and watches runs, and compares a log with them", async () => {
    const url = urlOf("reader")
    const listed = await spawned(["runs", "-d", url, "--json", "--status", "failed"])
    assert.deepStrictEqual([listed.status, listed.error], [0, ""])
    const [failed] = JSON.parse(listed.out) as ReadonlyArray<{ readonly id: string; readonly createdAt: unknown }>
    assert.isNumber(failed?.createdAt)
    const shown = await holdfast(["show", failed?.id ?? "", "-d", url, "--log", log])
    assert.strictEqual(shown.status, 0, shown.error)
    assert.match(shown.out, /status\s+failed[\s\S]*rows compared\s+1/)
    const watched = await holdfast(["watch", "-d", url, "--times", "1", "--key", "a"])
    assert.match(watched.out, /import {2}completed/)
    const inspected = await holdfast(["inspect", log, "--database", url])
    assert.strictEqual(inspected.status, 0, inspected.out)
    assert.match(inspected.out, /rows compared\s+3/)
  })

  it("is told by the doctor of a host whose lease ran out by the server's clock, and of its runs", async () => {
    const url = urlOf("reader")
    const nothing = await holdfast(["doctor", "-d", url])
    assert.strictEqual(nothing.status, 0, nothing.error)
    assert.match(nothing.out, /^postgres:\/\/127\.0\.0\.1:\d+\/\w+\?schema=holdfast: nothing found/)
    await leaveDeadHost(`${serverNow} - 5000`)
    const { out, status } = await holdfast(["doctor", "-d", url, "--json"])
    const findings = JSON.parse(out) as ReadonlyArray<{ readonly kind: string }>
    assert.deepStrictEqual([status, findings.map(({ kind }) => kind)], [1, ["deadHost", "orphans"]])
    await leaveDeadHost(`${serverNow} + 60000`)
    assert.strictEqual((await holdfast(["doctor", "-d", url])).status, 0)
  })
})

describe("holdfast cancel", () => {
  it("records the cancel in the row, by a role that may write", async () => {
    await leaveDeadHost("1")
    const url = new URL(server.url())
    url.searchParams.set("schema", "holdfast")
    const { out, status } = await holdfast(["cancel", idOf(1), "-d", url.href, "--reason", "wrong file"])
    assert.strictEqual(status, 0)
    assert.match(out, /is recorded/)
    assert.strictEqual(
      await one(`SELECT cancel_reason AS value FROM holdfast.holdfast_runs WHERE run_id = '${idOf(1)}'`),
      "wrong file"
    )
  })
})

describe("a Postgres that cannot be used", () => {
  const elsewhere = (change: (url: URL) => void) => () => {
    const url = new URL(urlOf("reader"))
    change(url)
    return url.href
  }
  const given: ReadonlyArray<readonly [string, string, () => string, RegExp]> = [
    [
      "a server that is not there",
      "runs",
      elsewhere((url) => {
        url.port = "1"
      }),
      /127\.0\.0\.1.* cannot be opened: .*ECONNREFUSED.*Check that the server is up/
    ],
    [
      "a wrong password",
      "doctor",
      elsewhere((url) => {
        url.password = "s3cretive"
      }),
      /password authentication failed for user "reader"\. Check the user and the password/
    ],
    [
      "a database that is not there",
      "doctor",
      elsewhere((url) => {
        url.pathname = "/nothere"
      }),
      /database "nothere" does not exist\. Check the name/
    ],
    [
      "tables that are in another schema",
      "runs",
      () => urlOf("reader", "empty"),
      /no tables of Holdfast.*: add \?schema=/
    ],
    ["tables of a newer version", "runs", () => urlOf("reader", "newer"), /are at version 99.*Use a newer holdfast/],
    ["no right to read", "doctor", () => urlOf("nobody"), /permission denied for table \w+\. Reading takes USAGE/]
  ]
  for (const [what, command, urlOfCase, sentence] of given) {
    it(`${command}, ${what}: one sentence without the password, and exit 2`, async () => {
      const { error, out, status } = await holdfast([command, "-d", urlOfCase()])
      assert.strictEqual(status, 2, `${error}${out}`)
      assert.strictEqual(out, "")
      assert.match(error, sentence)
      assert.notMatch(error, /^\s+at |s3cret/m)
      assert.strictEqual(error.trim().split("\n").length, 1)
    })
  }

  it("a role that may not write: the cancel is refused, with what it takes", async () => {
    await leaveDeadHost("1")
    const { error, out, status } = await holdfast(["cancel", idOf(1), "-d", urlOf("reader")])
    assert.deepStrictEqual([status, out], [2, ""])
    assert.match(error, /permission denied for table holdfast_runs.*cancel takes UPDATE/)
    assert.notMatch(error, /s3cret/)
  })

  it("an id that is not there: the database is named without user and password", async () => {
    const { error, status } = await holdfast(["show", idOf(7), "-d", urlOf("reader")])
    assert.strictEqual(status, 2)
    assert.match(error, /^"postgres:\/\/127\.0\.0\.1:\d+\/\w+\?schema=holdfast" has no run/)
  })
})
