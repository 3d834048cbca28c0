import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as fc from "fast-check"
import { type Facts, type Verdict, verdict } from "../../src/internal/runs/verdict.js"
import { codecNone, fromExit, sanitize, type WorkEnd } from "../../src/internal/runs/workEnd.js"
import { isTerminal, RunStatus } from "../../src/RunStatus.js"

const ends: ReadonlyArray<WorkEnd> = [
  { _tag: "Succeeded", result: "1" },
  { _tag: "ResultNotEncodable", message: "no" },
  { _tag: "Failed", error: { reason: "WorkFailed", message: "boom" } },
  { _tag: "Failed", error: { reason: "WorkDied", message: "boom" } },
  { _tag: "Interrupted" },
  { _tag: "NotStarted", reason: "StartAbandoned", message: "no" },
  { _tag: "NotStarted", reason: "PayloadNotDecodable", message: "no" }
]
const booleans = [false, true]

/** Every combination of what may have happened: there are few enough to take them all. */
const combinations: ReadonlyArray<Facts> = booleans.flatMap((owned) =>
  booleans.flatMap((cancelled) =>
    booleans.flatMap((timedOut) =>
      booleans.flatMap((leaseLost) =>
        booleans.flatMap((shuttingDown) =>
          booleans.flatMap((restarts) =>
            ends.map((end) => ({ owned, cancelled, timedOut, leaseLost, shuttingDown, restarts, end }))
          )
        )
      )
    )
  )
)

/** The table of the design, written a second time and another way: first row that fits. */
const table = (facts: Facts): string => {
  const { end } = facts
  const rows: ReadonlyArray<readonly [boolean, string]> = [
    [!facts.owned, "superseded"],
    [facts.cancelled, "cancelled"],
    [end._tag === "NotStarted" && end.reason === "StartAbandoned", "failed StartAbandoned notStarted"],
    [end._tag === "NotStarted" && end.reason === "PayloadNotDecodable", "failed PayloadNotDecodable notStarted"],
    [end._tag === "Succeeded", "completed succeeded"],
    [end._tag === "ResultNotEncodable", "failed ResultNotEncodable succeeded"],
    [facts.timedOut, "failed RunTimedOut interrupted"],
    [facts.restarts && (facts.leaseLost || facts.shuttingDown), "released interrupted"],
    [facts.leaseLost, "failed LeaseLost interrupted"],
    [facts.shuttingDown, "failed HostShutdown interrupted"],
    [end._tag === "Failed" && end.error.reason === "WorkFailed", "failed WorkFailed failed"],
    [end._tag === "Failed", "failed WorkDied failed"],
    [true, "failed WorkInterrupted interrupted"]
  ]
  return rows.find(([fits]) => fits)?.[1] ?? "none"
}

const described = (decided: Verdict): string => {
  if (decided._tag === "Superseded") return "superseded"
  if (decided._tag === "Release") return `released ${decided.workOutcome}`
  if (decided.status === "cancelled") return "cancelled"
  return [decided.status, decided.error?.reason, decided.workOutcome].filter((part) => part !== undefined).join(" ")
}

describe("the verdict", () => {
  it(`is the first row that fits, in all ${combinations.length} combinations`, () => {
    for (const facts of combinations) assert.strictEqual(described(verdict(facts)), table(facts), JSON.stringify(facts))
  })

  it("keeps what the work did beside a cancel", () => {
    const outcomes = {
      Succeeded: "succeeded",
      ResultNotEncodable: "succeeded",
      Failed: "failed",
      Interrupted: "interrupted",
      NotStarted: "notStarted"
    }
    for (const facts of combinations.filter(({ cancelled, owned }) => cancelled && owned)) {
      const decided = verdict(facts)
      assert.strictEqual<unknown>(decided._tag === "Settle" && decided.workOutcome, outcomes[facts.end._tag])
    }
  })

  it("stores an error beside a cancel only where the work itself failed", () => {
    for (const facts of combinations.filter(({ cancelled, owned }) => cancelled && owned)) {
      const decided = verdict(facts)
      assert.strictEqual(decided._tag === "Settle" && decided.error !== undefined, facts.end._tag === "Failed")
    }
  })

  it("says in words why the kernel itself stopped the work", () => {
    const none = {
      owned: true,
      cancelled: false,
      timedOut: false,
      leaseLost: false,
      shuttingDown: false,
      restarts: false
    }
    const message = (fact: Partial<Facts>) => {
      const decided = verdict({ ...none, end: { _tag: "Interrupted" }, ...fact })
      return decided._tag === "Settle" ? decided.error?.message : undefined
    }
    assert.match(message({ timedOut: true }) ?? "", /timeout passed/)
    assert.match(message({ leaseLost: true }) ?? "", /lease ran out/)
    assert.match(message({ shuttingDown: true }) ?? "", /host shut down/)
    assert.match(message({}) ?? "", /interrupted, and by nobody/)
  })

  it("is terminal, or gives the run back, and completed only with a result that the work gave", () => {
    fc.assert(
      fc.property(fc.constantFrom(...combinations), (facts) => {
        const decided = verdict(facts)
        if (decided._tag === "Superseded") return !facts.owned
        if (decided._tag === "Release") return facts.restarts && !facts.cancelled && !facts.timedOut
        return isTerminal(decided.status) && (decided.status !== "completed" || facts.end._tag === "Succeeded")
      })
    )
  })
})

describe("statuses", () => {
  it("are active or terminal, and nothing else", () => {
    assert.deepStrictEqual(
      RunStatus.literals.map((status) => [status, isTerminal(status)]),
      [
        ["pending", false],
        ["running", false],
        ["completed", true],
        ["failed", true],
        ["cancelled", true]
      ]
    )
  })
})

describe("the end of work, read from its exit", () => {
  const end = (exit: Exit.Exit<unknown, unknown>) => fromExit(exit, codecNone)
  const interrupt = Cause.interrupt(FiberId.none)

  it.effect("a failure beside an interruption is a failure", () =>
    Effect.gen(function* () {
      const read = yield* end(Exit.failCause(Cause.sequential(Cause.fail("boom"), interrupt)))
      assert.deepStrictEqual(read, { _tag: "Failed", error: { reason: "WorkFailed", message: "boom" } })
    })
  )

  it.effect("a defect beside an interruption is a defect", () =>
    Effect.gen(function* () {
      const read = yield* end(Exit.failCause(Cause.parallel(interrupt, Cause.die(new Error("boom")))))
      assert.deepStrictEqual(read, { _tag: "Failed", error: { reason: "WorkDied", message: "boom" } })
    })
  )

  it.effect("an interruption alone says nothing of a cancel", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* end(Exit.failCause(interrupt)), { _tag: "Interrupted" })
    })
  )

  it.effect("a result that does not encode is an end of its own, also where encoding throws", () =>
    Effect.gen(function* () {
      const throwing = { ...codecNone, encodeResult: () => Effect.sync(() => JSON.stringify({ big: 1n })) }
      assert.strictEqual((yield* fromExit(Exit.succeed(1), throwing))._tag, "ResultNotEncodable")
      const failing = { ...codecNone, encodeResult: () => Effect.fail("cannot") }
      assert.deepStrictEqual(yield* fromExit(Exit.succeed(1), failing), {
        _tag: "ResultNotEncodable",
        message: "cannot"
      })
    })
  )

  it.effect("an error that does not encode is stored as its text", () =>
    Effect.gen(function* () {
      const codec = { ...codecNone, encodeError: () => Effect.die(new Error("cannot")) }
      assert.deepStrictEqual(yield* fromExit(Exit.fail(new Error("boom")), codec), {
        _tag: "Failed",
        error: { reason: "WorkFailed", message: "boom" }
      })
    })
  )
})

describe("what is stored of an error", () => {
  it("has no control characters, no absolute paths and a bounded length", () => {
    const home = ["", "home", "user", "app", "index.js"].join("/")
    assert.strictEqual(sanitize(`a\u0000b\u001b[31mc at ${home}:3:1`), "ab[31mc at <path>:3:1")
    assert.strictEqual(sanitize("C:\\Users\\me\\app.js failed"), "<path> failed")
    assert.strictEqual(sanitize("日本語の本文 1/2"), "日本語の本文 1/2")
    assert.strictEqual(sanitize("see https://example.org/a/b"), "see https://example.org/a/b")
    assert.isAtMost(sanitize("あ".repeat(10_000)).length, 4_000)
    assert.isTrue(sanitize("あ".repeat(10_000)).endsWith("[cut]"))
  })

  it("is well-formed text, whatever it was made of", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        (text) => sanitize(text).isWellFormed() && sanitize(text).length <= 4_000
      )
    )
  })
})
