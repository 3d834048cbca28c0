import { MigrationError } from "@effect/sql/Migrator"
import { SqlError } from "@effect/sql/SqlError"
import * as Cause from "effect/Cause"
import * as FiberId from "effect/FiberId"
import fc from "fast-check"
import { assert, describe, it } from "vitest"
import { type Phase, refusesValue, toStoreFailure } from "../../src/internal/store/sqlFailure.js"
import { type FailureClass, StoreFailure } from "../../src/RunError.js"

const coded = (code: string, message = "what the driver says"): SqlError =>
  new SqlError({ cause: Object.assign(new Error(message), { code }), message: "Failed to execute statement" })

const uncoded = (error: Error): SqlError => new SqlError({ cause: error, message: "Failed to prepare statement" })

const phases: ReadonlyArray<Phase> = ["open", "begin", "body", "commit", "autocommit", "read"]

const codes: { readonly [Class in FailureClass]: ReadonlyArray<string> } = {
  transient: [
    "SQLITE_BUSY",
    "SQLITE_BUSY_RECOVERY",
    "SQLITE_BUSY_TIMEOUT",
    "SQLITE_LOCKED",
    "SQLITE_LOCKED_SHAREDCACHE",
    "SQLITE_PROTOCOL",
    "SQLITE_SCHEMA",
    "SQLITE_ERROR_RETRY",
    "SQLITE_INTERRUPT",
    "SQLITE_IOERR_LOCK",
    "SQLITE_IOERR_RDLOCK",
    "SQLITE_IOERR_SHMLOCK",
    "SQLITE_IOERR_BLOCKED",
    "SQLITE_CANTOPEN",
    "SQLITE_CANTOPEN_ISDIR",
    "SQLITE_READONLY_RECOVERY",
    "SQLITE_READONLY_CANTLOCK",
    "SQLITE_READONLY_CANTINIT",
    "55006",
    "57P03",
    "53300",
    "08001",
    "ECONNREFUSED"
  ],
  wholeTransaction: [
    "SQLITE_BUSY_SNAPSHOT",
    "SQLITE_ABORT_ROLLBACK",
    "SQLITE_ERROR_SNAPSHOT",
    "40001",
    "40P01",
    "55P03",
    "57014",
    "25P02",
    "25006"
  ],
  unknown: ["SQLITE_IOERR", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "08007", "40003", "NOT_A_CODE", "99999"],
  slow: ["SQLITE_FULL", "SQLITE_NOMEM", "SQLITE_IOERR_NOMEM", "53000", "53100", "53200", "53400", "58030"],
  connection: ["08000", "08003", "08006", "57P01", "57P02", "25P03", "ECONNRESET", "EPIPE", "ETIMEDOUT"],
  permanent: [
    "SQLITE_CONSTRAINT",
    "SQLITE_CONSTRAINT_UNIQUE",
    "SQLITE_CONSTRAINT_TRIGGER",
    "SQLITE_ERROR",
    "SQLITE_MISMATCH",
    "SQLITE_TOOBIG",
    "SQLITE_RANGE",
    "SQLITE_MISUSE",
    "SQLITE_AUTH",
    "SQLITE_PERM",
    "SQLITE_READONLY",
    "SQLITE_READONLY_DIRECTORY",
    "22P05",
    "23505",
    "42P01",
    "28P01",
    "08P01"
  ],
  fatal: [
    "SQLITE_CORRUPT",
    "SQLITE_CORRUPT_INDEX",
    "SQLITE_NOTADB",
    "SQLITE_FORMAT",
    "SQLITE_INTERNAL",
    "SQLITE_IOERR_CORRUPTFS",
    "SQLITE_IOERR_DATA",
    "SQLITE_READONLY_DBMOVED",
    "XX000",
    "XX001",
    "XX002"
  ]
}

describe("sqlFailure: classes", () => {
  for (const [failureClass, list] of Object.entries(codes)) {
    it.each(list)(`%s is ${failureClass}, and keeps its code`, (code) => {
      const failure = toStoreFailure("settle", "autocommit", coded(code))
      assert.strictEqual(failure.class, failureClass)
      assert.strictEqual(failure.code, code)
      assert.strictEqual(failure.operation, "settle")
      assert.include(failure.message, "what the driver says")
    })
  }

  it.each([
    [261, "transient"],
    [517 + 0x10000, "transient"],
    [10 + 99 * 256, "unknown"],
    [11 + 99 * 256, "fatal"],
    [13 + 99 * 256, "slow"],
    [19 + 99 * 256, "permanent"],
    [250, "unknown"]
  ] as const)("a code that the driver has no name for (%i) has the class of its primary code, %s", (code, expected) => {
    const name = `UNKNOWN_SQLITE_ERROR_${code}`
    const failure = toStoreFailure("settle", "autocommit", coded(name))
    assert.strictEqual(failure.class, expected)
    assert.strictEqual(failure.code, name)
  })

  it("a closed database is a lost connection, in doubt for a write", () => {
    const failure = toStoreFailure(
      "settle",
      "autocommit",
      uncoded(new TypeError("The database connection is not open"))
    )
    assert.include(failure, { class: "connection", inDoubt: true })
    assert.isUndefined(failure.code)
  })

  it.each([
    [new TypeError("SQLite3 can only bind numbers, strings, bigints, buffers, and null"), "permanent"],
    [new TypeError("Cannot open database because the directory does not exist"), "permanent"],
    [new TypeError("This database connection is busy executing a query"), "transient"],
    [new RangeError("The bound string, buffer, or bigint is too big"), "permanent"],
    [new Error("nobody knows"), "unknown"]
  ] as const)("%s, which has no code, is told by what it is: %s", (error, expected) => {
    assert.strictEqual(toStoreFailure("settle", "autocommit", uncoded(error)).class, expected)
  })
})

describe("sqlFailure: doubt", () => {
  it("nothing that happens at a read, an open, a begin or in a body is in doubt", () => {
    for (const phase of phases.filter((one) => one !== "commit" && one !== "autocommit")) {
      for (const code of Object.values(codes).flat()) {
        assert.isFalse(toStoreFailure("x", phase, coded(code)).inDoubt, `${phase} ${code}`)
      }
    }
  })

  it.each([
    ["unknown", true],
    ["connection", true],
    ["fatal", true],
    ["transient", false],
    ["wholeTransaction", false],
    ["permanent", false]
  ] as const)("an autocommit write that failed as %s is in doubt: %s", (failureClass, expected) => {
    for (const code of codes[failureClass]) {
      assert.strictEqual(toStoreFailure("x", "autocommit", coded(code)).inDoubt, expected, code)
    }
  })

  it("a full disk undoes its statement; an I/O error may come after it", () => {
    assert.isFalse(toStoreFailure("x", "autocommit", coded("SQLITE_FULL")).inDoubt)
    assert.isTrue(toStoreFailure("x", "autocommit", coded("SQLITE_IOERR_NOMEM")).inDoubt)
    assert.isTrue(toStoreFailure("x", "commit", coded("SQLITE_FULL")).inDoubt)
  })

  it("a commit that was busy is unknown, one that the database took back is not in doubt", () => {
    assert.include(toStoreFailure("x", "commit", coded("SQLITE_BUSY")), { class: "unknown", inDoubt: true })
    assert.include(toStoreFailure("x", "commit", coded("40001")), { class: "wholeTransaction", inDoubt: false })
    assert.include(toStoreFailure("x", "commit", coded("23505")), { class: "permanent", inDoubt: false })
  })

  it("a write that timed out, died or was interrupted by its driver is unknown and in doubt", () => {
    for (const cause of [
      new Cause.TimeoutException("too slow"),
      Cause.die("a string"),
      Cause.die(new Error("defect")),
      Cause.empty,
      Cause.fail(undefined),
      Cause.interrupt(FiberId.none)
    ]) {
      assert.include(toStoreFailure("x", "autocommit", cause), { class: "unknown", inDoubt: true })
      assert.isFalse(toStoreFailure("x", "read", cause).inDoubt)
    }
  })
})

describe("sqlFailure: what it looks through", () => {
  it("finds the driver's error in a migration's defect, in a cause, behind a generic message", () => {
    const migration = new MigrationError({ reason: "failed", message: "failed", cause: coded("SQLITE_BUSY", "locked") })
    const failure = toStoreFailure("migrate", "body", Cause.die(migration))
    assert.include(failure, { class: "transient", code: "SQLITE_BUSY" })
    assert.include(failure.message, "locked")
  })

  it("prefers the failure to the defect that a rollback left beside it", () => {
    const cause = Cause.sequential(Cause.fail(coded("SQLITE_FULL")), Cause.die(coded("SQLITE_ERROR")))
    assert.strictEqual(toStoreFailure("x", "body", cause).code, "SQLITE_FULL")
  })

  it("passes a StoreFailure on as it is", () => {
    const failure = new StoreFailure({ operation: "open", class: "slow", cause: new Error("x") })
    assert.strictEqual(toStoreFailure("settle", "autocommit", failure), failure)
    assert.strictEqual(toStoreFailure("settle", "autocommit", Cause.fail(failure)), failure)
  })

  it("answers for anything at all, also for what throws when it is looked at and what is its own cause", () => {
    const cyclic: { cause?: unknown } = {}
    cyclic.cause = cyclic
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("do not look")
        }
      }
    )
    for (const value of [cyclic, hostile, null, undefined, Symbol("x"), () => 1]) {
      assert.strictEqual(toStoreFailure("x", "autocommit", value).class, "unknown")
    }
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...phases), (value, phase) => {
        assert.instanceOf(toStoreFailure("x", phase, value), StoreFailure)
      })
    )
  })
})

describe("sqlFailure: refused values", () => {
  it.each([
    coded("SQLITE_TOOBIG"),
    coded("SQLITE_MISMATCH"),
    coded("22P05"),
    coded("22001"),
    uncoded(new RangeError("x"))
  ])("%s refuses the value for good", (error) =>
    assert.isTrue(refusesValue(toStoreFailure("settle", "autocommit", error)))
  )

  it.each([coded("SQLITE_CONSTRAINT_UNIQUE"), coded("SQLITE_BUSY"), coded("23505"), uncoded(new TypeError("x"))])(
    "%s does not",
    (error) => assert.isFalse(refusesValue(toStoreFailure("settle", "autocommit", error)))
  )
})
