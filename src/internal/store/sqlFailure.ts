/**
 * Turns whatever a database operation failed with into a `StoreFailure`: pure and total, so that no
 * caller ever looks at a driver's error. The class depends on the driver's code alone; whether the
 * operation is in doubt depends on the class and on the phase it failed in. One table per code
 * family: another database is another table, not another function.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Option from "effect/Option"
import { type FailureClass, StoreFailure } from "../../RunError.js"

/**
 * Where an operation failed. Only `commit` and `autocommit` can leave it in doubt: a read changes
 * nothing, an open or a begin has sent nothing yet, and what a body did is undone without its commit.
 *
 * @internal
 */
export type Phase = "open" | "begin" | "body" | "commit" | "autocommit" | "read"

/**
 * What the cause's chain says: the error to show, and the driver's own code.
 *
 * @internal
 */
export interface Origin {
  readonly error: unknown
  readonly code: string | undefined
  /** A pool found no connection for the statement, so that nothing of it was sent. */
  readonly isUnsent: boolean
}

/**
 * The `StoreFailure` for this cause. A cause that is one already is passed on as it is.
 *
 * @internal
 */
export const toStoreFailure = (operation: string, phase: Phase, cause: unknown): StoreFailure => {
  const { error, code, isUnsent } = originOf(cause)
  if (error instanceof StoreFailure) return error
  const failureClass = classOf(error, code, isUnsent ? "open" : phase)
  return new StoreFailure({
    operation,
    // The rows that are waiting are not to blame for a connection that a pool is refused for good.
    class: isUnsent && phase !== "open" && failureClass === "permanent" ? "connection" : failureClass,
    ...(code === undefined ? {} : { code }),
    inDoubt: !isUnsent && isInDoubt(failureClass, code, phase),
    cause: error
  })
}

/**
 * Whether the database refuses that very value for good (too big, wrong type, not encodable): writing
 * the same row again is hopeless, another value in it may do.
 *
 * @internal
 */
export const refusesValue = (failure: StoreFailure): boolean => {
  if (failure.code === undefined) return isNamed(failure.cause, "RangeError")
  const code = primaryOf(failure.code)
  return code === "SQLITE_TOOBIG" || code === "SQLITE_MISMATCH" || (isSqlState(code) && code.startsWith("22"))
}

// -- the driver's error in the chain ---------------------------------------------------------------

/** The chain of causes is followed this far; a longer one is a cycle. */
const depthMax = 16

/**
 * Follows `cause` inwards. The innermost error that carries a code wins, else the innermost error:
 * `SqlError`, `MigrationError` and their like only say that something failed.
 *
 * @internal
 */
export const originOf = (cause: unknown): Origin => {
  let found: Origin = { error: cause, code: undefined, isUnsent: false }
  let current = unwrapCause(cause)
  for (let depth = 0; depth < depthMax; depth++) {
    if (current instanceof StoreFailure) return { error: current, code: current.code, isUnsent: false }
    const code = codeIn(current)
    const isUnsent = found.isUnsent || isAcquisition(current)
    found = code !== undefined || found.code === undefined ? { error: current, code, isUnsent } : { ...found, isUnsent }
    const inner = causeIn(current)
    if (inner === undefined || inner === null) return found
    current = unwrapCause(inner)
  }
  return found
}

// A typed failure says more than the defect that a rollback left beside it.
const unwrapCause = (cause: unknown): unknown => {
  if (!Cause.isCause(cause)) return cause
  return Option.getOrElse(Cause.failureOption(cause), () => Cause.squash(cause))
}

const property = (value: unknown, name: string): unknown => {
  try {
    return (value as { readonly [key: string]: unknown } | null | undefined)?.[name]
  } catch {
    // A getter of a foreign error that throws tells nothing; the classifier has to stay total.
    return undefined
  }
}

const codeIn = (value: unknown): string | undefined => {
  const code = property(value, "code")
  return typeof code === "string" && code.length > 0 ? code : undefined
}

const causeIn = (value: unknown): unknown => property(value, "cause")

/** `@effect/sql-pg` says by this message alone that it was at its pool, and not at the statement. */
const isAcquisition = (value: unknown): boolean =>
  property(value, "_tag") === "SqlError" && messageIn(value).startsWith("Failed to acquire connection")

const isNamed = (value: unknown, name: string): boolean => property(value, "name") === name

const messageIn = (value: unknown): string => {
  const message = property(value, "message")
  return typeof message === "string" ? message : ""
}

// -- classes ------------------------------------------------------------------------------------------

const classOf = (error: unknown, code: string | undefined, phase: Phase): FailureClass => {
  // Where connecting failed nothing was sent; that a socket is not there (ENOENT) says that a server is not up.
  if (property(error, "syscall") === "connect") return "transient"
  const byCode = code === undefined ? classWithoutCode(error) : classOfCode(primaryOf(code))
  // After a COMMIT that failed nobody knows, unless the database says that it undid the transaction.
  return phase === "commit" && byCode === "transient" ? "unknown" : byCode
}

const isInDoubt = (failureClass: FailureClass, code: string | undefined, phase: Phase): boolean => {
  if (phase !== "commit" && phase !== "autocommit") return false
  switch (failureClass) {
    case "unknown":
    case "connection":
    case "fatal":
      return true
    case "transient":
    case "wholeTransaction":
    case "permanent":
      return false
    case "slow":
      // Out of space or memory undoes the statement; an I/O error may have come after the commit record.
      return phase === "commit" || code === "SQLITE_IOERR_NOMEM" || code === "58030"
  }
}

/** The drivers throw plain errors for what they check themselves; only their wording tells them apart. */
const classWithoutCode = (error: unknown): FailureClass => {
  const message = messageIn(error)
  if (/connection timeout|when trying to connect|timeout expired|connection timed out/i.test(message))
    return "transient"
  if (/connection terminated|not queryable|after calling end on the pool/i.test(message)) return "connection"
  if (/server does not support SSL/i.test(message)) return "permanent"
  if (/connection is not open/i.test(message)) return "connection"
  if (/connection is busy/i.test(message)) return "transient"
  if (isNamed(error, "RangeError") || isNamed(error, "TypeError")) return "permanent"
  return "unknown"
}

const classOfCode = (code: string): FailureClass => {
  const exact = sqliteCodes.get(code) ?? nodeCodes.get(code)
  if (exact !== undefined) return exact
  if (code.startsWith("SQLITE_")) {
    return sqliteCodes.get(code.split("_", 2).join("_")) ?? "unknown"
  }
  if (isSqlState(code)) return sqlStates.get(code) ?? sqlStateClasses.get(code.slice(0, 2)) ?? "unknown"
  return "unknown"
}

const isSqlState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code)

/** A code that better-sqlite3 does not list still has its primary code in the low byte. */
const primaryOf = (code: string): string => {
  const unknown = /^UNKNOWN_SQLITE_ERROR_(\d+)_?$/.exec(code)
  if (unknown === null) return code
  const name = sqlitePrimaryNames[Number(unknown[1]) & 0xff]
  return name === undefined ? code : `SQLITE_${name}`
}

const sqlitePrimaryNames: ReadonlyArray<string> = (
  "OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN " +
  "PROTOCOL EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB NOTICE WARNING"
).split(" ")

const table = (rows: { readonly [Class in FailureClass]?: string }): ReadonlyMap<string, FailureClass> =>
  new Map(
    (Object.entries(rows) as ReadonlyArray<[FailureClass, string]>).flatMap(([failureClass, codes]) =>
      codes.split(" ").map((code): [string, FailureClass] => [code, failureClass])
    )
  )

// An extended code that is not here has the class of its primary code.
const sqliteCodes = table({
  transient:
    "SQLITE_BUSY SQLITE_LOCKED SQLITE_PROTOCOL SQLITE_SCHEMA SQLITE_ERROR_RETRY SQLITE_INTERRUPT SQLITE_IOERR_LOCK " +
    "SQLITE_IOERR_RDLOCK SQLITE_IOERR_SHMLOCK SQLITE_IOERR_BLOCKED SQLITE_CANTOPEN SQLITE_READONLY_RECOVERY " +
    "SQLITE_READONLY_CANTLOCK SQLITE_READONLY_CANTINIT",
  wholeTransaction: "SQLITE_BUSY_SNAPSHOT SQLITE_ABORT SQLITE_ABORT_ROLLBACK SQLITE_ERROR_SNAPSHOT",
  unknown: "SQLITE_IOERR",
  slow: "SQLITE_FULL SQLITE_NOMEM SQLITE_IOERR_NOMEM",
  permanent:
    "SQLITE_CONSTRAINT SQLITE_ERROR SQLITE_MISMATCH SQLITE_TOOBIG SQLITE_RANGE SQLITE_MISUSE SQLITE_AUTH SQLITE_PERM " +
    "SQLITE_READONLY SQLITE_NOLFS",
  fatal:
    "SQLITE_CORRUPT SQLITE_NOTADB SQLITE_FORMAT SQLITE_INTERNAL SQLITE_IOERR_CORRUPTFS SQLITE_IOERR_DATA " +
    "SQLITE_READONLY_DBMOVED"
})

const nodeCodes = table({
  transient: "ECONNREFUSED EAI_AGAIN ENOTFOUND EHOSTUNREACH ENETUNREACH EBUSY EMFILE ENFILE",
  connection: "ECONNRESET EPIPE ETIMEDOUT ECONNABORTED CONNECTION_CLOSED CONNECTION_ENDED CONNECTION_DESTROYED",
  slow: "ENOSPC ENOMEM",
  permanent:
    "EACCES EPERM EROFS EISDIR ENOTDIR ENOENT DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN " +
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE CERT_HAS_EXPIRED ERR_TLS_CERT_ALTNAME_INVALID"
})

// A state that is not here has the class of its first two characters.
const sqlStates = table({
  transient: "55006 57P03 53300 08001",
  wholeTransaction: "40001 40P01 55P03 57014 25P02 25006 40002",
  unknown: "08007 40003",
  connection: "08000 08003 08006 57P01 57P02 57P04 57P05 25P03 25P04",
  slow: "53000 53100 53200 53400 58030",
  permanent: "08P01 08004"
})

const sqlStateClasses = table({
  connection: "08",
  wholeTransaction: "40",
  slow: "53",
  permanent: "0A 21 22 23 28 3D 3F 42 44 54 P0",
  fatal: "XX"
})
