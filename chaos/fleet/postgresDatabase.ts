/**
 * A Postgres of our own, the way of each host to it, and all that can be done to both.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type SqlRow, storedRun } from "../../src/internal/store/sqlRows.js"
import { startEmbedded } from "../postgres/embedded.js"
import { operator } from "../postgres/operator.js"
import type { Adversity } from "./adversity.js"
import { changeOf, columns, type FleetDatabase } from "./database.js"
import * as Proxy from "./proxy.js"

const schema = "fleet"

/** A run that takes a key over has waited for the commit that freed it, so the sequence has them in that order. */
const audit: ReadonlyArray<string> = [
  `CREATE TABLE ${schema}.fleet_audit (
    sequence BIGSERIAL PRIMARY KEY, is_insert INTEGER, run_id TEXT, name TEXT, run_key TEXT, status TEXT, host_id TEXT,
    attempt INTEGER
  )`,
  `CREATE FUNCTION ${schema}.fleet_audit() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO ${schema}.fleet_audit (is_insert, run_id, name, run_key, status, host_id, attempt)
    VALUES ((TG_OP = 'INSERT')::int, NEW.run_id, NEW.name, NEW.run_key, NEW.status, NEW.host_id, NEW.attempt);
    RETURN NULL;
  END $$`,
  `CREATE TRIGGER fleet_audit AFTER INSERT OR UPDATE ON ${schema}.holdfast_runs
   FOR EACH ROW EXECUTE FUNCTION ${schema}.fleet_audit()`
]

export const make = (hosts: number): Effect.Effect<FleetDatabase, never, Scope.Scope> =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => startEmbedded([])),
      ({ remove }) => Effect.promise(remove)
    )
    const client = yield* operator(server.url)
    const sql = (text: string) => patiently(client.unsafe<SqlRow>(text))
    yield* sql(`CREATE SCHEMA ${schema}`)
    const proxies = yield* Effect.forEach(Array.from({ length: hosts }), () => Proxy.make(server.url))
    const permit = Effect.unsafeMakeSemaphore(1)

    const away = (mode: "fast" | "immediate", millis: number) =>
      Effect.promise(() => server.stop(mode)).pipe(
        Effect.zipRight(Effect.sleep(millis)),
        Effect.ensuring(Effect.promise(server.start)),
        permit.withPermits(1)
      )
    const cut = ({ forMillis, slot }: Adversity, traffic: Proxy.Traffic) =>
      Effect.suspend(() => {
        const proxy = proxies[slot]
        if (proxy === undefined) return Effect.void
        proxy.set(traffic)
        if (traffic._tag === "refuse") proxy.drop()
        return Effect.ensuring(
          Effect.sleep(forMillis),
          Effect.sync(() => proxy.set({ _tag: "pass" }))
        )
      })
    // Of every third run: its host has others to settle meanwhile. A server that goes away takes the locks with it.
    const locked = (millis: number) =>
      client
        .withTransaction(
          Effect.zipRight(
            client.unsafe(
              `SELECT run_id FROM ${schema}.holdfast_runs WHERE finished_at IS NULL AND hashtext(run_id) % 3 = 0 FOR UPDATE SKIP LOCKED`
            ),
            Effect.sleep(millis)
          )
        )
        .pipe(Effect.sandbox, Effect.ignore)
    const harm = (adversity: Adversity): Effect.Effect<void> => {
      const { direction, forMillis, kind, slot } = adversity
      switch (kind) {
        case "terminate":
          return Effect.asVoid(
            sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'host ${slot}'`)
          )
        case "stopServer":
          return away("fast", forMillis)
        case "crashServer":
          return away("immediate", forMillis)
        case "drop":
          return cut(adversity, { _tag: "refuse" })
        case "silence":
          return cut(adversity, { _tag: "silent", direction })
        case "delay":
          return cut(adversity, { _tag: "late", direction })
        case "lockRows":
          return locked(forMillis)
        case "kill":
        case "restart":
        case "freeze":
        case "fullDisk":
        case "lock":
          return Effect.void
      }
    }
    return {
      kind: "postgres",
      of: (slot) => ({ _tag: "Postgres", url: proxies[slot]?.url ?? server.url, schema }),
      watch: Effect.forEach(audit, sql, { discard: true }),
      activeCount: Effect.map(
        sql(`SELECT COUNT(*) AS count FROM ${schema}.holdfast_runs WHERE finished_at IS NULL`),
        ([row]) => Number(row?.["count"])
      ),
      changesAfter: (sequence) =>
        Effect.map(
          sql(`SELECT ${columns} FROM ${schema}.fleet_audit WHERE sequence > ${sequence} ORDER BY sequence`),
          (rows) => rows.map(changeOf)
        ),
      rows: Effect.map(sql(`SELECT * FROM ${schema}.holdfast_runs`), (rows) => rows.map(storedRun)),
      forget: (finishedBefore, sequence) =>
        Effect.zipRight(
          sql(`DELETE FROM ${schema}.holdfast_runs WHERE finished_at < ${Math.floor(finishedBefore)}`),
          sql(`DELETE FROM ${schema}.fleet_audit WHERE sequence <= ${sequence}`)
        ),
      harm
    }
  })

/** The server may be on its way up, and a connection of the pool may be one of its former life. */
const patiently = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A> =>
  Effect.orDie(Effect.retry(effect, Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(200))))
