/**
 * The completing write meets a SQLSTATE, once: raised by a trigger in the database itself, or by what
 * really ends a session. A sequence counts, since it alone remembers a statement that was rolled back.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as PgRunStore from "../../src/PgRunStore.js"
import { startEmbedded } from "../postgres/embedded.js"
import { operator } from "../postgres/operator.js"
import type { Case } from "./cases.js"

/** One server for all cases: the one of `DATABASE_URL`, or one of our own. */
export const server: Effect.Effect<string, Error, Scope.Scope> = Effect.suspend(() => {
  const given = process.env.DATABASE_URL
  if (given !== undefined) return Effect.succeed(given)
  return Effect.map(
    Effect.acquireRelease(
      Effect.tryPromise({ try: () => startEmbedded([]), catch: (error) => error as Error }),
      (embedded) => Effect.promise(embedded.remove)
    ),
    ({ url }) => url
  )
})

/** The next completing write of this schema fails so. */
const trap = (schema: string, raise: string): string => `
  CREATE SEQUENCE ${schema}.completions;
  CREATE FUNCTION ${schema}.trap() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF nextval('${schema}.completions') = 1 THEN ${raise}; END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER trap BEFORE UPDATE ON ${schema}.holdfast_runs FOR EACH ROW
  WHEN (NEW.status = 'completed') EXECUTE FUNCTION ${schema}.trap()`

const met = (url: string, name: string, fault: string, raise: string): Case => ({
  database: "Postgres",
  fault,
  ground: Effect.gen(function* () {
    const schema = `headline_${process.pid}_${name}`.toLowerCase()
    const client = yield* operator(url)
    yield* client.unsafe(`CREATE SCHEMA ${schema}`)
    yield* Effect.addFinalizer(() => Effect.ignore(client.unsafe(`DROP SCHEMA ${schema} CASCADE`)))
    return { store: PgRunStore.layer({ url, schema }), breakIt: client.unsafe(trap(schema, raise)) }
  })
})

/** Each as it would be met, and what it means. */
const states = [
  ["40001", "serialization failure"],
  ["40P01", "deadlock"],
  ["57014", "statement cancelled"],
  ["25006", "read-only, as after a failover"],
  ["53300", "too many connections"],
  ["55P03", "lock not available"],
  ["53100", "disk full"],
  ["57P03", "cannot connect now"],
  ["08006", "connection failure"]
] as const

export const postgresCodes = (url: string): ReadonlyArray<Case> => [
  ...states.map(([code, meaning]) =>
    met(url, code, `${code}: ${meaning}`, `RAISE EXCEPTION 'on purpose' USING ERRCODE = '${code}'`)
  ),
  met(url, "57P01", "57P01: its session is terminated for real", "PERFORM pg_terminate_backend(pg_backend_pid())")
]
