/**
 * The seam at a database client: its connection is taken through `reserve`, each of the five ways to
 * execute a statement is led through the gate, and a client is rebuilt around it, so that BEGIN, COMMIT,
 * ROLLBACK and savepoints pass too (a statement transformer sees none of them). A session is one such
 * connection; it knows whether a transaction is open, since losing the connection must really roll it
 * back.
 *
 * @since 0.1.0
 */
import type * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FaultEngine } from "./faultEngine.js"
import type { ErrorFault } from "./faultErrors.js"
import { sqlError } from "./faultErrors.js"
import { pass } from "./faultGate.js"
import type { LateStatement, LateStatements } from "./lateStatements.js"
import { makeCompilerPg } from "./pgCompiler.js"
import { labelOf, runsOf } from "./statementLabel.js"

export interface ClientOptions {
  readonly compiler: Statement.Compiler | undefined
  readonly transformRows: (<A extends object>(rows: ReadonlyArray<A>) => ReadonlyArray<A>) | undefined
  readonly beginTransaction: string | undefined
  readonly spanAttributes: ReadonlyArray<readonly [string, unknown]> | undefined
}

/** One wrapped connection. */
export interface Session {
  readonly raw: Connection
  inTransaction: boolean
  isLost: boolean
}

/** What all sessions of one layer share. */
export interface Seam {
  readonly engine: FaultEngine
  readonly late: LateStatements<Session>
  readonly yields: boolean
  /** Told of each new session, so that late statements find one and healing can reach them. */
  readonly opened: (session: Session) => void
}

const control = new Set(["BEGIN", "COMMIT", "ROLLBACK", "ROLLBACK TO", "SAVEPOINT", "RELEASE"])

/**
 * A client like this one, with every statement led through the gate. Each call makes sessions of its
 * own, so that what was lost stays lost and what is opened anew is new.
 */
export const wrapClient = (
  seam: Seam,
  client: SqlClient.SqlClient,
  options: ClientOptions
): Effect.Effect<SqlClient.SqlClient, never, Reactivity.Reactivity> => {
  // One wrapper for each connection: code tells by identity whether it runs in its own transaction.
  const wrappers = new WeakMap<object, Connection>()
  // Before the one connection is asked for, and after it is given back (finalizers run in reverse): a
  // yield while holding it lets nobody in, and a single one is too short for a waiter to be woken.
  const apart = Effect.zipRight(
    Effect.yieldNow(),
    Effect.addFinalizer(() => Effect.yieldNow())
  )
  const reserve = seam.yields ? Effect.zipRight(apart, client.reserve) : client.reserve
  const acquirer = Effect.map(reserve, (raw) => {
    const identity = identityOf(raw)
    const known = wrappers.get(identity)
    if (known !== undefined) {
      return known
    }
    const session: Session = { raw, inTransaction: false, isLost: false }
    const wrapper = wrapConnection(seam, session)
    wrappers.set(identity, wrapper)
    seam.opened(session)
    return wrapper
  })
  const dialect = dialectOf(client)
  const compiler = options.compiler ?? dialect?.compiler()
  if (compiler === undefined) {
    return Effect.dieMessage(
      "Chaos wraps a client that is neither SQLite's nor Postgres', and was given no compiler. Pass the client's own as options.compiler."
    )
  }
  return SqlClient.make({
    acquirer,
    transactionAcquirer: acquirer,
    compiler,
    beginTransaction: options.beginTransaction ?? dialect?.beginWriting ?? "BEGIN",
    spanAttributes: options.spanAttributes ?? dialect?.spanAttributes ?? [],
    transformRows: options.transformRows,
    reactiveMailbox: client.reactiveMailbox
  })
}

/** A pool of `@effect/sql-pg` gives the same connection in another object each time. */
const identityOf = (raw: Connection): object => {
  const { pg } = raw as Connection & { readonly pg?: unknown }
  return typeof pg === "object" && pg !== null ? pg : raw
}

interface Dialect {
  readonly compiler: () => Statement.Compiler
  /** Begins a transaction that will write. */
  readonly beginWriting: string
  readonly spanAttributes: ReadonlyArray<readonly [string, unknown]>
}

// A client does not show its compiler; one of another dialect would write placeholders that it does not read.
const dialectOf = (client: SqlClient.SqlClient): Dialect | undefined =>
  client.onDialectOrElse<Dialect | undefined, Dialect, Dialect>({
    sqlite: () => ({
      compiler: () => Statement.makeCompilerSqlite(),
      beginWriting: "BEGIN IMMEDIATE",
      spanAttributes: [["db.system.name", "sqlite"]]
    }),
    pg: () => ({
      compiler: makeCompilerPg,
      beginWriting: "BEGIN",
      spanAttributes: [["db.system.name", "postgresql"]]
    }),
    orElse: () => undefined
  })

const wrapConnection = (seam: Seam, session: Session): Connection => {
  const { raw } = session
  const gated = <A>(
    sql: string,
    params: ReadonlyArray<unknown>,
    execute: (connection: Connection) => Effect.Effect<A, SqlError>,
    drain: (connection: Connection) => Effect.Effect<unknown, SqlError> = execute
  ): Effect.Effect<A, SqlError> => Effect.suspend(() => gate(seam, session, sql, params, execute, drain))

  const gates: Connection = {
    execute: (sql, params, transformRows) => gated(sql, params, (to) => to.execute(sql, params, transformRows)),
    executeRaw: (sql, params) => gated(sql, params, (to) => to.executeRaw(sql, params)),
    executeValues: (sql, params) => gated(sql, params, (to) => to.executeValues(sql, params)),
    executeUnprepared: (sql, params, transformRows) =>
      gated(sql, params, (to) => to.executeUnprepared(sql, params, transformRows)),
    executeStream: (sql, params, transformRows) =>
      Stream.unwrap(
        gated(
          sql,
          params,
          (to) => Effect.sync(() => to.executeStream(sql, params, transformRows)),
          (to) => Stream.runDrain(to.executeStream(sql, params, transformRows))
        )
      )
  }
  // What a driver's connection offers besides (an export, a backup) stays reachable.
  return Object.assign(Object.create(raw) as Connection, gates)
}

const gate = <A>(
  seam: Seam,
  session: Session,
  sql: string,
  params: ReadonlyArray<unknown>,
  execute: (connection: Connection) => Effect.Effect<A, SqlError>,
  drain: (connection: Connection) => Effect.Effect<unknown, SqlError>
): Effect.Effect<A, SqlError> => {
  const label = labelOf(sql)
  // Suspended, since a driver may throw where it prepares.
  const real = <B>(run: (connection: Connection) => Effect.Effect<B, SqlError>): Effect.Effect<B, SqlError> =>
    Effect.tap(
      Effect.suspend(() => run(session.raw)),
      () => Effect.sync(() => follow(session, label))
    )
  return pass(seam.engine, seam.yields, {
    label,
    runIds: runsOf(label, params),
    perform: real(execute),
    apply: real(drain),
    arrive: Effect.suspend(() => (session.isLost ? Effect.void : seam.late.land(session, "operation"))),
    unreachable: () => (session.isLost ? sqlError("connectionLost") : undefined),
    fail: (fault) => Effect.zipRight(consequences(session, fault), Effect.fail(sqlError(fault))),
    die: Effect.die,
    defer: (decision) => Effect.suspend(() => seam.late.add(lateStatement(session, label, drain), decision))
  })
}

const follow = (session: Session, label: string): void => {
  if (label === "BEGIN") {
    session.inTransaction = true
  } else if (label === "COMMIT" || label === "ROLLBACK") {
    session.inTransaction = false
  }
}

const consequences = (session: Session, fault: ErrorFault): Effect.Effect<void> => {
  if (fault === "full") {
    return rollBack(session)
  }
  return fault === "connectionLost"
    ? Effect.zipRight(
        rollBack(session),
        Effect.sync(() => {
          session.isLost = true
        })
      )
    : Effect.void
}

// Real, on the connection below: another connection must see what a real loss leaves behind. Where the
// database has rolled back by itself meanwhile, there is nothing left to do, and its refusal says so.
const rollBack = (session: Session): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (!session.inTransaction) {
      return Effect.void
    }
    session.inTransaction = false
    return Effect.asVoid(Effect.exit(Effect.suspend(() => session.raw.executeUnprepared("ROLLBACK", [], undefined))))
  })

/**
 * A statement that was given up inside a transaction belongs to it and is dropped with it; any other
 * may land on any session, outside every transaction.
 */
const lateStatement = (
  origin: Session,
  label: string,
  execute: (connection: Connection) => Effect.Effect<unknown, SqlError>
): LateStatement<Session> => {
  const isBound = origin.inTransaction || control.has(label)
  return {
    judge: (target, occasion) => {
      if (!isBound) {
        return target.inTransaction || target.isLost ? "wait" : "apply"
      }
      const opens = label === "BEGIN"
      // A BEGIN that lands with nobody there to end it is the start of nothing.
      if (origin.isLost || origin.inTransaction === opens || (opens && occasion === "alone")) {
        return "drop"
      }
      return target === origin ? "apply" : "wait"
    },
    apply: (target) =>
      Effect.tap(
        Effect.suspend(() => execute(target.raw)),
        () => Effect.sync(() => follow(target, label))
      )
  }
}
