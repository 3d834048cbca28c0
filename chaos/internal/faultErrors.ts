/**
 * What each fault looks like to the code above it: the very shape that the driver gives (an `SqlError`
 * whose cause has the name and the code), or, for a store, the failure that a SQL store would have made
 * of it. Codes are those of better-sqlite3 and the SQLSTATEs of Postgres.
 *
 * @since 0.1.0
 */
import { SqlError } from "@effect/sql/SqlError"
import type { FailureClass } from "../../src/RunError.js"
import { StoreFailure } from "../../src/RunError.js"
import type { Fault } from "./fault.js"

/**
 * Faults that a call answers with an error. The others do something else: they die, wait or kill.
 */
export type ErrorFault = Exclude<Fault, "defect" | "hang" | "latency" | "crash">

interface Look {
  readonly origin: "sqlite" | "postgres" | "node"
  /** Absent where the driver gives none: a closed database is a bare TypeError. */
  readonly code?: string
  readonly message: string
  readonly class: FailureClass
}

const looks: Readonly<Record<ErrorFault, Look>> = {
  busy: { origin: "sqlite", code: "SQLITE_BUSY", message: "database is locked", class: "transient" },
  locked: { origin: "sqlite", code: "SQLITE_LOCKED", message: "database table is locked", class: "transient" },
  busySnapshot: {
    origin: "sqlite",
    code: "SQLITE_BUSY_SNAPSHOT",
    message: "database is locked",
    class: "wholeTransaction"
  },
  ioError: { origin: "sqlite", code: "SQLITE_IOERR_WRITE", message: "disk I/O error", class: "unknown" },
  full: { origin: "sqlite", code: "SQLITE_FULL", message: "database or disk is full", class: "slow" },
  readonly: {
    origin: "sqlite",
    code: "SQLITE_READONLY",
    message: "attempt to write a readonly database",
    class: "permanent"
  },
  corrupt: { origin: "sqlite", code: "SQLITE_CORRUPT", message: "database disk image is malformed", class: "fatal" },
  cantOpen: { origin: "sqlite", code: "SQLITE_CANTOPEN", message: "unable to open database file", class: "transient" },
  constraint: {
    origin: "sqlite",
    code: "SQLITE_CONSTRAINT_CHECK",
    message: "CHECK constraint failed: chaos",
    class: "permanent"
  },
  connectionLost: { origin: "sqlite", message: "The database connection is not open", class: "connection" },
  lateApply: { origin: "node", code: "ETIMEDOUT", message: "read ETIMEDOUT", class: "connection" },
  serialization: {
    origin: "postgres",
    code: "40001",
    message: "could not serialize access due to concurrent update",
    class: "wholeTransaction"
  },
  deadlock: { origin: "postgres", code: "40P01", message: "deadlock detected", class: "wholeTransaction" },
  queryCanceled: {
    origin: "postgres",
    code: "57014",
    message: "canceling statement due to statement timeout",
    class: "wholeTransaction"
  },
  adminShutdown: {
    origin: "postgres",
    code: "57P01",
    message: "terminating connection due to administrator command",
    class: "connection"
  },
  readOnlyTransaction: {
    origin: "postgres",
    code: "25006",
    message: "cannot execute UPDATE in a read-only transaction",
    class: "wholeTransaction"
  },
  tooManyConnections: {
    origin: "postgres",
    code: "53300",
    message: "sorry, too many clients already",
    class: "transient"
  }
}

/**
 * The error that the driver would have thrown.
 */
export const driverError = (fault: ErrorFault): Error => {
  const look = looks[fault]
  if (look.code === undefined) {
    return new TypeError(look.message)
  }
  const error = new Error(look.message)
  error.name = look.origin === "sqlite" ? "SqliteError" : look.origin === "postgres" ? "error" : "Error"
  return Object.assign(error, { code: look.code })
}

/**
 * The failure of a statement.
 */
export const sqlError = (fault: ErrorFault): SqlError =>
  new SqlError({ cause: driverError(fault), message: "Failed to execute statement" })

const doubtful: ReadonlySet<FailureClass> = new Set(["unknown", "connection", "fatal"])

const changesNothing: ReadonlySet<string> = new Set(["open", "read", "list", "check"])

/**
 * The failure of a `RunStore`'s operation, or of opening a connection (`open`). What changes nothing is
 * never in doubt.
 */
export const storeFailure = (fault: ErrorFault, operation: string): StoreFailure => {
  const look = looks[fault]
  return new StoreFailure({
    operation,
    class: look.class,
    ...(look.code === undefined ? {} : { code: look.code }),
    inDoubt: !changesNothing.has(operation) && doubtful.has(look.class),
    cause: driverError(fault)
  })
}

/**
 * What the `defect` fault dies with: like a driver's own slip, it has no code.
 */
export const defect = (): Error => new Error("chaos: the driver threw a defect")

/**
 * A defect met while opening: the port of `SqlConnector` promises a failure in its place.
 */
export const openingDefect = (cause: Error): StoreFailure =>
  new StoreFailure({ operation: "open", class: "unknown", cause })
