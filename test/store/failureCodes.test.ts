/** Codes and errors at the edges of what `sqlFailure` knows. */
import { assert, describe, it } from "@effect/vitest"
import { refusesValue, toStoreFailure } from "../../src/internal/store/sqlFailure.js"
import type { FailureClass, StoreFailure } from "../../src/RunError.js"

const failureOf = (error: unknown): StoreFailure => toStoreFailure("settle", "autocommit", error)
const coded = (code: unknown, fields: object = {}) => Object.assign(new Error("made up"), { code }, fields)

const classes: { readonly [Class in FailureClass]?: ReadonlyArray<string> } = {
  transient: ["EAI_AGAIN", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH", "EBUSY", "EMFILE", "ENFILE"],
  wholeTransaction: ["SQLITE_ABORT", "40002"],
  connection: ["57P05", "ECONNABORTED", "CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED"],
  slow: ["ENOSPC", "ENOMEM"],
  permanent: ["EACCES", "EPERM", "EROFS", "EISDIR", "ENOTDIR", "ENOENT", "SQLITE_NOLFS", "08004"],
  unknown: ["SQLITE_NOTICE_RECOVER_WAL", "SQLITE_WARNING"]
}

describe("a code", () => {
  for (const [failureClass, codes] of Object.entries(classes)) {
    for (const code of codes) {
      it(`${code} is ${failureClass}`, () => {
        assert.strictEqual(failureOf(coded(code)).class, failureClass)
      })
    }
  }

  const unlisted: ReadonlyArray<readonly [string, FailureClass]> = [
    ["08099", "connection"],
    ["40099", "wholeTransaction"],
    ["53099", "slow"],
    ["22099", "permanent"],
    ["23099", "permanent"],
    ["28099", "permanent"],
    ["42099", "permanent"],
    ["XX099", "fatal"],
    ["99099", "unknown"]
  ]
  for (const [code, failureClass] of unlisted) {
    it(`${code}, which is in no table, has the class of its first two characters: ${failureClass}`, () => {
      assert.strictEqual(failureOf(coded(code)).class, failureClass)
    })
  }

  for (const code of [
    "2200",
    "220010",
    "22001_x",
    "22_22001",
    "22p05",
    "xUNKNOWN_SQLITE_ERROR_5",
    "UNKNOWN_SQLITE_ERROR_5x"
  ]) {
    it(`${code} only looks like one that we know`, () => {
      const failure = failureOf(coded(code))
      assert.deepStrictEqual([failure.class, failure.code, refusesValue(failure)], ["unknown", code, false])
    })
  }

  it("that is no text, or empty, is none", () => {
    for (const code of [5, "", null, undefined]) {
      const failure = failureOf(coded(code, { message: "the connection is busy" }))
      assert.strictEqual(failure.class, "transient")
      assert.isUndefined(failure.code)
    }
  })

  it("is found on whatever can have one", () => {
    assert.strictEqual(failureOf(Object.assign(() => 1, { code: "SQLITE_BUSY" })).class, "transient")
    assert.strictEqual(failureOf({ code: "SQLITE_BUSY" }).class, "transient")
  })
})

describe("an error without a code", () => {
  it("is told by its message only where that is text", () => {
    const message = { toString: () => "the connection is not open" }
    assert.strictEqual(failureOf(Object.assign(new Error(""), { message })).class, "unknown")
  })
})

describe("a chain of causes", () => {
  it("gives the innermost code, and the error that has it", () => {
    const inner = coded("SQLITE_FULL")
    const failure = failureOf(coded("SQLITE_BUSY", { cause: inner }))
    assert.strictEqual(failure.code, "SQLITE_FULL")
    assert.strictEqual(failure.cause, inner)
  })

  it("gives the code that it has, though an error without one is behind it", () => {
    const outer = coded("SQLITE_BUSY", { cause: new Error("inner") })
    const failure = failureOf(outer)
    assert.strictEqual(failure.code, "SQLITE_BUSY")
    assert.strictEqual(failure.cause, outer)
  })

  it("gives the innermost error where none has a code", () => {
    const inner = new Error("inner")
    assert.strictEqual(failureOf(new Error("outer", { cause: inner })).cause, inner)
  })

  it("ends where there is no cause, and where it is null", () => {
    const error = Object.assign(new Error("made up"), { cause: null })
    assert.strictEqual(failureOf(error).cause, error)
  })

  it("is followed sixteen errors deep", () => {
    const chain = (depth: number): unknown =>
      depth === 1 ? coded("SQLITE_BUSY") : new Error(`at ${depth}`, { cause: chain(depth - 1) })
    assert.strictEqual(failureOf(chain(16)).code, "SQLITE_BUSY")
    assert.isUndefined(failureOf(chain(17)).code)
  })
})

describe("a machine that is out of something", () => {
  it("has undone its statement, and not its commit, unless it failed at an I/O", () => {
    const doubts = ["53100", "58030"].map((code) =>
      (["autocommit", "commit"] as const).map((phase) => toStoreFailure("settle", phase, coded(code)).inDoubt)
    )
    assert.deepStrictEqual(doubts, [
      [false, true],
      [true, true]
    ])
  })
})
