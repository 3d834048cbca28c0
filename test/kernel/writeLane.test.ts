/** One lane of the writer by itself: what it sends, to whom it tells what, and when. */
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as Backoff from "../../src/internal/writing/backoff.js"
import type { Job } from "../../src/internal/writing/laneQueue.js"
import { type LaneOptions, WriteLane } from "../../src/internal/writing/writeLane.js"
import { type FailureClass, StoreFailure } from "../../src/RunError.js"
import type { RunId } from "../../src/RunId.js"
import { runId } from "../store/contract/fixtures.js"

type Name = "a" | "b" | "c" | "d"

const ids: Readonly<Record<Name, RunId>> = { a: runId(1), b: runId(2), c: runId(3), d: runId(4) }
const nameOf = (id: RunId): string => Object.entries(ids).find(([, other]) => other === id)?.[0] ?? "?"

/** Each row begins with the name of its run. */
const runOf = (row: string): string => row.slice(0, 1)

const failure = (failureClass: FailureClass) =>
  new StoreFailure({ operation: "settle", class: failureClass, cause: new Error("made up") })

/** Told by the statements before it: of another class than any that the tests answer with. */
const behind = new StoreFailure({ operation: "settle", class: "unknown", cause: new Error("behind") })

/** What the store answers, by the rows that it is sent. */
type Answer = (rows: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<string>, StoreFailure>

const takes: Answer = (rows) => Effect.succeed(rows.map((row) => `took ${row}`))
const fails =
  (failureClass: FailureClass): Answer =>
  () =>
    Effect.fail(failure(failureClass))
/** As a database does that refuses some rows, or of which somebody has locked them. */
const failsWith =
  (failureClass: FailureClass, ...bad: ReadonlyArray<string>): Answer =>
  (rows) =>
    rows.some((row) => bad.includes(row)) ? Effect.fail(failure(failureClass)) : takes(rows)
const refuses = (...bad: ReadonlyArray<string>): Answer => failsWith("permanent", ...bad)

/** A lane whose store answers as the test says, and all that has happened, in order. */
const stage = (options: Partial<LaneOptions<string, string>> = {}) => {
  const seen: Array<string> = []
  const state = { answer: takes }
  const lane = new WriteLane<string, string>({
    operation: "settle",
    write: (rows, sent) =>
      Effect.suspend(() => {
        seen.push(`sent ${rows.join(" ")}`)
        assert.deepStrictEqual(sent.map(nameOf), rows.map(runOf))
        return state.answer(rows)
      }),
    makeBackoff: () => Backoff.make(Schedule.exponential("100 millis"), Duration.millis(1_000)),
    batchMax: 10,
    attemptsMax: Number.POSITIVE_INFINITY,
    delayMaxMillis: 1_000,
    isRetried: true,
    failed: (error, sent, attempt, retryInMillis) =>
      Effect.sync(
        () => void seen.push(`failed ${sent.map(nameOf).join(" ")}: ${error.class} at ${attempt}, in ${retryInMillis}`)
      ),
    fatal: (error) => Effect.sync(() => void seen.push(`fatal: ${error.class}`)),
    giveWay: Effect.void,
    waitedBehind: () => behind,
    ...options
  })
  const job = (name: Name, over: Partial<Job<string, string>> = {}): Job<string, string> => ({
    id: ids[name],
    row: () => name,
    answered: (outcome, attempts) => Effect.sync(() => void seen.push(`${name} ${outcome} at ${attempts}`)),
    overdue: (error, attempts) =>
      Effect.sync(() => void seen.push(`${name} overdue: ${error === behind ? "behind" : error.class} at ${attempts}`)),
    budgetUntil: Number.POSITIVE_INFINITY,
    ...over
  })
  return {
    lane,
    job,
    submit: (...names: ReadonlyArray<Name>) => {
      for (const name of names) lane.submit(job(name))
    },
    answers: (answer: Answer) => {
      state.answer = answer
    },
    /** What has happened since the last time. */
    seen: () => seen.splice(0)
  }
}

describe("a lane in which nothing waits", () => {
  it.effect("sends nothing, and waits for nothing", () =>
    Effect.gen(function* () {
      const { lane, seen } = stage()
      yield* lane.flush
      yield* lane.tellOverdue
      assert.deepStrictEqual(seen(), [])
      assert.deepStrictEqual(
        [lane.size, lane.nextAttemptAt(), lane.nextBudgetAt()],
        [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
      )
    })
  )
})

describe("a batch", () => {
  it.effect("lets those who were answered go on, every few of them, and tells all of what the database has said", () =>
    Effect.gen(function* () {
      const told: Array<number> = []
      let ways = 0
      const giveWay = Effect.suspend(() => {
        ways++
        return Effect.yieldNow()
      })
      const { lane, job } = stage({
        batchMax: 40,
        giveWay,
        write: (rows) => Effect.succeed(rows)
      })
      for (let number = 1; number <= 40; number++) {
        lane.submit({ ...job("a"), id: runId(number), answered: () => Effect.sync(() => void told.push(number)) })
      }
      const flushing = yield* Effect.fork(lane.flush)
      while (ways === 0) yield* Effect.yieldNow()
      assert.deepStrictEqual(told.length, 8)
      yield* Fiber.interrupt(flushing)
      assert.deepStrictEqual([told.length, ways, lane.size], [40, 5, 0])
    })
  )

  it.effect("is all that waits, in the order in which it came, and each job gets its own answer", () =>
    Effect.gen(function* () {
      const { lane, seen, submit } = stage()
      submit("b", "a")
      assert.deepStrictEqual([lane.size, lane.nextAttemptAt()], [2, 0])
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent b a", "b took b at 1", "a took a at 1"])
      assert.strictEqual(lane.size, 0)
      yield* lane.flush
      assert.deepStrictEqual(seen(), [])
    })
  )

  it.effect("takes no more than batchMax; the others are the next", () =>
    Effect.gen(function* () {
      const { lane, seen, submit } = stage({ batchMax: 2 })
      submit("a", "b", "c")
      yield* lane.flush
      assert.deepStrictEqual(seen().slice(0, 1), ["sent a b"])
      assert.strictEqual(lane.size, 1)
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent c", "c took c at 1"])
    })
  )

  it.effect("has one row for a run: a later job replaces the one that waits", () =>
    Effect.gen(function* () {
      const { job, lane, seen } = stage()
      lane.submit(job("a", { row: () => "a, old" }))
      lane.submit(job("a", { row: () => "a, new" }))
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a, new", "a took a, new at 1"])
    })
  )

  it.effect("leaves out who was withdrawn, and who has nothing left to write, and forgets both", () =>
    Effect.gen(function* () {
      const { job, lane, seen, submit } = stage()
      submit("a", "b")
      lane.submit(job("c", { row: () => undefined }))
      lane.withdraw(ids.a)
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent b", "b took b at 1"])
      assert.strictEqual(lane.size, 0)
      lane.submit(job("c", { row: () => undefined }))
      yield* lane.flush
      assert.deepStrictEqual([seen(), lane.size], [[], 0])
    })
  )

  it.effect("does not take away a job of the same run that came while it was in flight", () =>
    Effect.gen(function* () {
      const { answers, job, lane, seen, submit } = stage()
      answers((rows) => {
        if (rows.includes("a")) lane.submit(job("a", { row: () => "a, next" }))
        return takes(rows)
      })
      submit("a")
      yield* lane.flush
      assert.strictEqual(lane.size, 1)
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "a took a at 1", "sent a, next", "a took a, next at 1"])
    })
  )
})

describe("after a failure", () => {
  for (const failureClass of ["transient", "connection"] as const) {
    it.effect(`of class ${failureClass} all of the batch is sent again after the schedule's delay, not before`, () =>
      Effect.gen(function* () {
        const { answers, lane, seen, submit } = stage()
        answers(fails(failureClass))
        submit("a", "b")
        yield* lane.flush
        assert.deepStrictEqual(seen(), ["sent a b", `failed a b: ${failureClass} at 1, in 100`])
        assert.strictEqual(lane.nextAttemptAt(), 100)
        yield* TestClock.adjust("99 millis")
        yield* lane.flush
        assert.deepStrictEqual(seen(), [])
        answers(takes)
        yield* TestClock.adjust("1 millis")
        yield* lane.flush
        assert.deepStrictEqual(seen(), ["sent a b", "a took a at 2", "b took b at 2"])
      })
    )
  }

  for (const failureClass of ["wholeTransaction", "unknown"] as const) {
    it.effect(
      `of class ${failureClass} half of the batch is sent after the schedule's delay, until its row is found`,
      () =>
        Effect.gen(function* () {
          const { answers, lane, seen, submit } = stage()
          answers(failsWith(failureClass, "b"))
          submit("a", "b", "c", "d")
          const flushed = (after: number) =>
            Effect.gen(function* () {
              assert.strictEqual(lane.nextAttemptAt(), after)
              yield* TestClock.setTime(after)
              yield* lane.flush
              return seen()
            })
          const failed = (rows: string, attempt: number, delay: number) => [
            `sent ${rows}`,
            `failed ${rows}: ${failureClass} at ${attempt}, in ${delay}`
          ]
          assert.deepStrictEqual(yield* flushed(0), failed("a b c d", 1, 100))
          assert.deepStrictEqual(yield* flushed(100), failed("a b", 2, 200))
          // They have gone behind the other two, which do not wait for them.
          assert.deepStrictEqual(yield* flushed(300), ["sent c d", "c took c at 2", "d took d at 2"])
          assert.deepStrictEqual(yield* flushed(300), ["sent a", "a took a at 3"])
          assert.deepStrictEqual(yield* flushed(300), failed("b", 3, 100))
          assert.deepStrictEqual(yield* flushed(400), failed("b", 4, 100))
          assert.deepStrictEqual(yield* flushed(500), failed("b", 5, 200))
          answers(takes)
          assert.deepStrictEqual(yield* flushed(700), ["sent b", "b took b at 6"])
          assert.strictEqual(lane.size, 0)
        })
    )
  }

  it.effect("half of a batch goes with nobody else, whoever comes before it or after it", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage()
      answers((rows) => {
        // While the two are on their way, so that it stands before them.
        if (rows.includes("a")) submit("c")
        return Effect.fail(failure("unknown"))
      })
      submit("a", "b")
      yield* lane.flush
      answers(takes)
      submit("d")
      assert.deepStrictEqual(seen(), ["sent a b", "failed a b: unknown at 1, in 100"])
      yield* TestClock.setTime(100)
      yield* lane.flush
      assert.include(seen(), "sent c d")
      submit("c")
      const sent: Array<string> = []
      while (lane.size > 0) {
        yield* lane.flush
        sent.push(...seen().filter((event) => event.startsWith("sent")))
      }
      assert.deepStrictEqual(sent, ["sent a", "sent b", "sent c"])
    })
  )

  for (const [rows, expected] of [
    [["a"], ["sent a, next"]],
    [
      ["a", "b"],
      ["sent a, next", "sent b"]
    ]
  ] as const) {
    it.effect(`of ${rows.join(" and ")}, what came for one of them meanwhile takes its place`, () =>
      Effect.gen(function* () {
        const { answers, job, lane, seen, submit } = stage()
        answers(() => {
          lane.submit(job("a", { row: () => "a, next" }))
          return Effect.fail(failure("unknown"))
        })
        submit(...rows)
        yield* lane.flush
        seen()
        answers(takes)
        const sent: Array<string> = []
        while (lane.size > 0) {
          yield* TestClock.setTime(lane.nextAttemptAt())
          yield* lane.flush
          sent.push(...seen().filter((event) => event.startsWith("sent")))
        }
        assert.deepStrictEqual<ReadonlyArray<string>>(sent, expected)
      })
    )
  }

  it.effect("of those that go together, whoever goes alone waits for his turn", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage()
      answers(failsWith("unknown", "a"))
      submit("a")
      yield* lane.flush
      seen()
      answers(fails("transient"))
      submit("b")
      yield* TestClock.setTime(100)
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent b", "failed b: transient at 1, in 200"])
    })
  )

  it.effect("of a row by itself it stays alone, and its delays grow though others are written meanwhile", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage()
      answers(failsWith("unknown", "a"))
      submit("a")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "failed a: unknown at 1, in 100"])
      for (const [attempt, delay] of [100, 200, 400, 800, 1_000, 1_000].entries()) {
        submit("b")
        const events: Array<string> = []
        while (events.length < 4) {
          yield* TestClock.setTime(lane.nextAttemptAt())
          yield* lane.flush
          events.push(...seen())
        }
        const expected = ["sent b", "b took b at 1", "sent a", `failed a: unknown at ${attempt + 2}, in ${delay}`]
        assert.deepStrictEqual(events, expected)
      }
      answers(takes)
      yield* TestClock.setTime(lane.nextAttemptAt())
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "a took a at 8"])
    })
  )

  it.effect("the row is built anew for each attempt", () =>
    Effect.gen(function* () {
      const { answers, job, lane, seen } = stage()
      let built = 0
      lane.submit(job("a", { row: () => `a${++built}` }))
      answers(fails("transient"))
      yield* lane.flush
      answers(takes)
      yield* TestClock.adjust("100 millis")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a1", "failed a: transient at 1, in 100", "sent a2", "a took a2 at 2"])
    })
  )

  it.effect("the delays grow, and start from the beginning after a success", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage()
      const failTwice = Effect.gen(function* () {
        answers(fails("transient"))
        submit("a")
        yield* lane.flush
        yield* TestClock.adjust("100 millis")
        yield* lane.flush
        yield* TestClock.adjust("200 millis")
        answers(takes)
        yield* lane.flush
      })
      const expected = [
        "sent a",
        "failed a: transient at 1, in 100",
        "sent a",
        "failed a: transient at 2, in 200",
        "sent a",
        "a took a at 3"
      ]
      yield* failTwice
      assert.deepStrictEqual(seen(), expected)
      yield* failTwice
      assert.deepStrictEqual(seen(), expected)
    })
  )

  it.effect("that is slow the longest delay passes, and the schedule is not asked", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage()
      answers(fails("slow"))
      submit("a")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "failed a: slow at 1, in 1000"])
      yield* TestClock.adjust("1 second")
      answers(fails("transient"))
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "failed a: transient at 2, in 100"])
    })
  )

  it.effect("that is fatal the lane backs off, and says so to its owner", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage()
      answers(fails("fatal"))
      submit("a")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "failed a: fatal at 1, in 100", "fatal: fatal"])
      assert.deepStrictEqual([lane.size, lane.nextAttemptAt()], [1, 100])
    })
  )

  it.effect("a report names the most attempts that one of the batch has had", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage()
      answers(fails("transient"))
      submit("a")
      yield* lane.flush
      yield* TestClock.adjust("100 millis")
      submit("b")
      yield* lane.flush
      assert.deepStrictEqual(seen().at(-1), "failed a b: transient at 2, in 200")
    })
  )

  it.effect("a lane that does not repeat forgets what it has sent, and tells nobody", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage({ isRetried: false, attemptsMax: 1 })
      answers(fails("transient"))
      submit("a", "b")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a b", "failed a b: transient at 1, in 100"])
      assert.strictEqual(lane.size, 0)
    })
  )
})

describe("a job is told that it is overdue", () => {
  it.effect("after as many attempts as it was given, once, and is sent on", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage({ attemptsMax: 2 })
      answers(fails("transient"))
      submit("a")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "failed a: transient at 1, in 100"])
      yield* TestClock.adjust("100 millis")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "failed a: transient at 2, in 200", "a overdue: transient at 2"])
      yield* TestClock.adjust("200 millis")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "failed a: transient at 3, in 400"])
      answers(takes)
      yield* TestClock.adjust("400 millis")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "a took a at 4"])
    })
  )

  it.effect("at a failure at or after the end of its budget, and not before it", () =>
    Effect.gen(function* () {
      const { answers, job, lane, seen } = stage()
      answers(fails("transient"))
      lane.submit(job("a", { budgetUntil: 100 }))
      lane.submit(job("b", { budgetUntil: 101 }))
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a b", "failed a b: transient at 1, in 100"])
      yield* TestClock.adjust("100 millis")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a b", "failed a b: transient at 2, in 200", "a overdue: transient at 2"])
    })
  )

  it.effect("when its budget passes while it waits, with what it waited behind, and once", () =>
    Effect.gen(function* () {
      const { job, lane, seen } = stage()
      lane.submit(job("a", { budgetUntil: 50 }))
      lane.submit(job("b", { budgetUntil: 80 }))
      lane.submit(job("c", { budgetUntil: 90 }))
      assert.strictEqual(lane.nextBudgetAt(), 50)
      yield* TestClock.adjust("49 millis")
      yield* lane.tellOverdue
      assert.deepStrictEqual(seen(), [])
      yield* TestClock.adjust("1 millis")
      yield* lane.tellOverdue
      assert.deepStrictEqual(seen(), ["a overdue: behind at 0"])
      assert.strictEqual(lane.nextBudgetAt(), 80)
      yield* TestClock.adjust("30 millis")
      yield* lane.tellOverdue
      yield* lane.tellOverdue
      assert.deepStrictEqual(seen(), ["b overdue: behind at 0"])
      assert.strictEqual(lane.nextBudgetAt(), 90)
      yield* TestClock.adjust("10 millis")
      yield* lane.tellOverdue
      assert.deepStrictEqual(seen(), ["c overdue: behind at 0"])
      assert.strictEqual(lane.nextBudgetAt(), Number.POSITIVE_INFINITY)
    })
  )

  it.effect("with its own last failure, where it has been sent", () =>
    Effect.gen(function* () {
      const { answers, job, lane, seen } = stage()
      answers(fails("connection"))
      lane.submit(job("a", { budgetUntil: 50 }))
      yield* lane.flush
      yield* TestClock.adjust("50 millis")
      yield* lane.tellOverdue
      assert.deepStrictEqual(seen().at(-1), "a overdue: connection at 1")
    })
  )

  it.effect("together with all that wait, where the database is damaged", () =>
    Effect.gen(function* () {
      const { lane, seen, submit } = stage()
      submit("a", "b")
      yield* lane.tellAll(failure("fatal"))
      yield* lane.tellAll(failure("fatal"))
      assert.deepStrictEqual(seen(), ["a overdue: fatal at 0", "b overdue: fatal at 0"])
      assert.strictEqual(lane.size, 2)
    })
  )

  it("by the shortest budget of those that wait, also of one that came later", () => {
    const { job, lane } = stage()
    lane.submit(job("a", { budgetUntil: 80 }))
    lane.submit(job("b", { budgetUntil: 50 }))
    assert.strictEqual(lane.nextBudgetAt(), 50)
    lane.withdraw(ids.a)
    lane.withdraw(ids.b)
    assert.strictEqual(lane.nextBudgetAt(), Number.POSITIVE_INFINITY)
    lane.submit(job("c", { budgetUntil: 90 }))
    assert.strictEqual(lane.nextBudgetAt(), 90)
  })
})

describe("a row that the database refuses", () => {
  it.effect("is found by halves, parks alone and at once, and holds up nobody", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage()
      answers(refuses("b"))
      submit("a", "b", "c", "d")
      yield* lane.flush
      assert.deepStrictEqual(seen(), [
        "sent a b c d",
        "failed a b c d: permanent at 1, in 0",
        "sent a b",
        "failed a b: permanent at 1, in 0",
        "sent a",
        "a took a at 1",
        "sent b",
        "failed b: permanent at 1, in 1000",
        "b overdue: permanent at 1",
        "sent c d",
        "c took c at 1",
        "d took d at 1"
      ])
      assert.deepStrictEqual([lane.size, lane.nextAttemptAt()], [1, 1_000])
    })
  )

  it.effect("is tried again after the longest delay, alone, and after those that wait together", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage()
      answers(refuses("b"))
      submit("b")
      yield* lane.flush
      yield* TestClock.adjust("999 millis")
      submit("a")
      assert.strictEqual(lane.nextAttemptAt(), 0)
      seen()
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "a took a at 1"])
      yield* TestClock.adjust("1 millis")
      submit("a")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "a took a at 1", "sent b", "failed b: permanent at 2, in 1000"])
      answers(takes)
      yield* TestClock.adjust("1 second")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent b", "b took b at 3"])
    })
  )

  it.effect("keeps its turn where the statement before it fails for all", () =>
    Effect.gen(function* () {
      const { answers, lane, seen, submit } = stage()
      answers(refuses("a", "b"))
      submit("a", "b")
      yield* lane.flush
      seen()
      answers(fails("transient"))
      yield* TestClock.adjust("1 second")
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "failed a: transient at 2, in 100"])
      assert.strictEqual(lane.nextAttemptAt(), 1_100)
      yield* TestClock.adjust("100 millis")
      answers(takes)
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a", "a took a at 3", "sent b", "b took b at 2"])
    })
  )

  it.effect("is due at the earliest time of those that stand alone", () =>
    Effect.gen(function* () {
      const { answers, lane, submit } = stage()
      answers(refuses("a", "b"))
      submit("a")
      yield* lane.flush
      yield* TestClock.adjust("500 millis")
      submit("b")
      yield* lane.flush
      assert.strictEqual(lane.nextAttemptAt(), 1_000)
    })
  )

  it.effect("is sent at once where there is another row to try, and is told of nothing", () =>
    Effect.gen(function* () {
      const { answers, job, lane, seen } = stage()
      answers(refuses("a, big"))
      let row = "a, big"
      lane.submit(
        job("a", {
          row: () => row,
          reshape: (error) => {
            assert.strictEqual(error.class, "permanent")
            row = "a, small"
            return true
          }
        })
      )
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a, big", "failed a: permanent at 1, in 0"])
      assert.strictEqual(lane.nextAttemptAt(), 0)
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a, small", "a took a, small at 2"])
    })
  )

  it.effect("parks where there is no other row to try", () =>
    Effect.gen(function* () {
      const { answers, job, lane, seen } = stage()
      answers(refuses("a, big"))
      lane.submit(job("a", { row: () => "a, big", reshape: () => false }))
      yield* lane.flush
      assert.deepStrictEqual(seen(), ["sent a, big", "failed a: permanent at 1, in 1000", "a overdue: permanent at 1"])
    })
  )
})
