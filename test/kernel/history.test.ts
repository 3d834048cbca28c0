/**
 * A check that cannot fail is a defect: for each guarantee a log that keeps it and logs that break it,
 * each in one way, and what the check says of them.
 */
import { assert, describe, it } from "@effect/vitest"
import { RunHistory, type RunId } from "../../src/index.js"

const hostId = "00000000-0000-7000-8000-0000000000aa" as RunId.HostId
const other = "00000000-0000-7000-8000-0000000000bb" as RunId.HostId
const a = "00000000-0000-7000-8000-000000000001" as RunId.RunId
const b = "00000000-0000-7000-8000-000000000002" as RunId.RunId
const c = "00000000-0000-7000-8000-000000000003" as RunId.RunId

type Draft = Readonly<Record<string, unknown>>

/** An NDJSON log as a logger writes it; each line a millisecond after the one before, unless it says its own time. */
const log = (...drafts: ReadonlyArray<Draft>): string =>
  drafts
    .map((draft, index) => JSON.stringify({ message: { holdfast: 1, at: index, hostId, ...draft }, logLevel: "INFO" }))
    .join("\n")

const host = { _tag: "HostStarted", parkAfterMillis: 1_000, attemptTimeoutMillis: 500, delayMaxMillis: 100 }
const stopped = { _tag: "HostStopped", unwritten: 0 }
const started = (runId: string, more = {}) => ({ _tag: "RunStarted", runId, name: "import", attempt: 1, ...more })
const ended = (runId: string, outcome = "succeeded", more = {}) => ({ _tag: "WorkEnded", runId, outcome, ...more })
const written = (runId: string, status: string, more = {}) => ({
  _tag: "VerdictWritten",
  runId,
  outcome: "Applied",
  status,
  workOutcome: "succeeded",
  attempts: 1,
  ...more
})
const settled = (runId: string, status = "completed", more = {}) => ({
  _tag: "Settled",
  runId,
  status,
  workOutcome: "succeeded",
  attempts: 1,
  ...more
})
const takenOver = (runId: string, attempt: number, more = {}) => ({
  _tag: "RunTakenOver",
  runId,
  name: "import",
  attempt,
  ...more
})
const cancelRequested = (runId: string) => ({ _tag: "CancelRequested", runId })
const cancelAnswered = (runId: string, more: object) => ({ _tag: "CancelAnswered", runId, ...more })

const completed = (runId: string, more = {}) => [
  started(runId, more),
  ended(runId),
  written(runId, "completed"),
  settled(runId)
]

const broken = (text: string, options?: RunHistory.CheckOptions): ReadonlyArray<string> => [
  ...new Set(RunHistory.check(RunHistory.fromLog(text), options).map(({ guarantee }) => guarantee))
]

describe("RunHistory", () => {
  it("finds nothing in a run that was given back, taken over, and is followed by its first host, which takes it again", () => {
    const there = { hostId: other }
    const text = log(
      host,
      { ...host, ...there },
      started(a, { key: "k" }),
      { _tag: "StopRequested", runId: a, stop: "lease" },
      ended(a, "interrupted"),
      { _tag: "RunReleased", runId: a, attempt: 1, attempts: 1 },
      takenOver(a, 2, there),
      started(a, { attempt: 2, key: "k", ...there }),
      { _tag: "StopRequested", runId: a, stop: "shutdown", ...there },
      ended(a, "interrupted", there),
      { _tag: "RunReleased", runId: a, attempt: 2, attempts: 1, ...there },
      { ...stopped, ...there },
      takenOver(a, 3),
      started(a, { attempt: 3, key: "k" }),
      ended(a),
      written(a, "completed"),
      settled(a),
      // To those who had subscribed to the first attempt.
      settled(a, "completed", { attempts: 0 }),
      stopped
    )
    assert.deepStrictEqual(RunHistory.check(RunHistory.fromLog(text), { isFinal: true }), [])
  })

  it("finds nothing in a key that another host finds free before the one that freed it has said so", () => {
    const there = { hostId: other }
    const text = log(
      host,
      { ...host, ...there },
      started(a, { key: "k" }),
      ended(a),
      started(b, { key: "k", ...there }),
      // Of another run: it says nothing of that key.
      started(c),
      written(a, "completed"),
      settled(a),
      ...completed(c).slice(1),
      ended(b, "succeeded", there),
      written(b, "completed", there),
      settled(b, "completed", there),
      stopped,
      { ...stopped, ...there }
    )
    assert.deepStrictEqual(RunHistory.check(RunHistory.fromLog(text), { isFinal: true }), [])
  })

  it("finds nothing in a verdict that is cancelled when it is replayed, since another host had recorded a cancel", () => {
    const there = { hostId: other }
    const text = log(
      host,
      started(a),
      ended(a),
      { ...host, ...there },
      cancelAnswered(a, { answer: "Requested", durable: true, ...there }),
      {
        _tag: "VerdictReplayed",
        runId: a,
        previousHostId: hostId,
        verdict: "completed",
        outcome: "Applied",
        status: "cancelled",
        workOutcome: "succeeded",
        attempts: 1,
        ...there
      }
    )
    assert.deepStrictEqual(RunHistory.check(RunHistory.fromLog(text)), [])
  })

  it("finds nothing in a log that keeps every guarantee", () => {
    const text = log(
      host,
      ...completed(a, { key: "k" }),
      started(b, { key: "k" }),
      cancelRequested(b),
      cancelAnswered(b, { answer: "Requested", durable: true }),
      ended(b, "interrupted"),
      written(b, "cancelled", { workOutcome: "interrupted" }),
      settled(b, "cancelled", { workOutcome: "interrupted" }),
      stopped
    )
    assert.deepStrictEqual(RunHistory.check(RunHistory.fromLog(text), { isFinal: true }), [])
  })

  const cases: ReadonlyArray<readonly [string, RunHistory.Guarantee, string, RunHistory.CheckOptions?]> = [
    [
      "a success that was written as failed",
      "G1",
      log(started(a), ended(a), written(a, "failed"), settled(a, "failed"))
    ],
    [
      "a failure that was written as completed",
      "G1",
      log(started(a), ended(a, "failed"), written(a, "completed", { workOutcome: "failed" }), settled(a))
    ],
    ["a run that is cancelled though nobody asked", "G1", log(started(a), ended(a), written(a, "cancelled"))],
    [
      "a work outcome other than what the work did",
      "G1",
      log(started(a), ended(a, "failed"), written(a, "failed", { workOutcome: "interrupted" }))
    ],
    [
      "a cancel that was accepted while the work ran, and a run that completed",
      "G2",
      log(started(a), cancelRequested(a), ended(a), written(a, "completed"))
    ],
    [
      "a cancel that was acknowledged, and a run that is told as completed",
      "G2",
      log(
        started(a),
        ended(a),
        cancelAnswered(a, { answer: "Requested", durable: true }),
        written(a, "completed"),
        settled(a)
      )
    ],
    [
      "a cancel that was told another end",
      "G2",
      log(
        started(a),
        ended(a),
        written(a, "completed"),
        settled(a),
        cancelAnswered(a, { answer: "AlreadyTerminal", status: "failed" })
      )
    ],
    ["two writes that made the row terminal", "G3", log(...completed(a), written(a, "completed"))],
    ["two hosts that tell two ends", "G3", log(...completed(a), settled(a, "failed", { hostId: other }))],
    ["Settled before its write was acknowledged", "G4", log(started(a), ended(a), settled(a), written(a, "completed"))],
    ["Settled twice", "G4", log(...completed(a), settled(a))],
    [
      "Parked after Settled",
      "G4",
      log(...completed(a), {
        _tag: "VerdictParked",
        runId: a,
        verdict: "completed",
        attempts: 1,
        failure: { operation: "settle", class: "transient", message: "busy", inDoubt: false }
      })
    ],
    [
      "silence for longer than parkAfter",
      "G4",
      log(host, started(a), ended(a), { ...written(a, "completed"), at: 2_500 }, { ...settled(a), at: 2_500 })
    ],
    ["Settled that the row contradicts", "G4", log(...completed(a)), { rows: [] }],
    ["a run that never ends, though its host has stopped", "G5", log(host, started(a), stopped)],
    ["a run that never ends, at the end of everything", "G5", log(host, started(a)), { isFinal: true }],
    [
      "a verdict that was lost at exit",
      "G6",
      log(started(a), ended(a), {
        _tag: "VerdictLost",
        runId: a,
        settlement: {
          attempt: 1,
          status: "completed",
          workOutcome: "succeeded",
          finishedAt: 1,
          result: null,
          error: null,
          cancelRequestedAt: null,
          cancelReason: null,
          token: "t"
        }
      })
    ],
    [
      "work of a start that failed",
      "G7",
      log(
        { _tag: "StartFailed", runId: a, name: "import", error: "StoreFailure", message: "", abandoned: true },
        started(a)
      )
    ],
    [
      "a key that is taken while the settle of its holder has certainly failed",
      "G8",
      log(
        started(a, { key: "k" }),
        ended(a),
        {
          _tag: "WriteFailed",
          failure: { operation: "settle", class: "transient", message: "busy", inDoubt: false },
          rows: 1,
          runIds: [a],
          attempt: 1,
          retryInMillis: 50
        },
        started(b, { key: "k" })
      )
    ],
    ["two active runs of one key", "G8", log(started(a, { key: "k" }), started(b, { key: "k" }))],
    [
      "a run whose key another host takes while its own still speaks",
      "G8",
      log(started(a, { key: "k" }), started(b, { key: "k", hostId: other }), ended(a))
    ],
    [
      "a run whose key another host takes before the write of its end has certainly failed",
      "G8",
      log(started(a, { key: "k" }), ended(a), started(b, { key: "k", hostId: other }), {
        _tag: "WriteFailed",
        failure: { operation: "settle", class: "transient", message: "busy", inDoubt: false },
        rows: 1,
        runIds: [a],
        attempt: 1,
        retryInMillis: 50
      })
    ],
    [
      "a run whose key another host takes, and whose own host stops without a word of it",
      "G8",
      log(started(a, { key: "k" }), ended(a), started(b, { key: "k", hostId: other }), stopped)
    ],
    [
      "a run whose key another host takes after its own has stopped, and never said how it ended",
      "G8",
      log(started(a, { key: "k" }), stopped, started(b, { key: "k", hostId: other }))
    ],
    [
      "two hosts that recover one run",
      "G9",
      log(
        { _tag: "RunRecovered", runId: a, name: "import", status: "failed", previousHostId: other },
        { _tag: "RunRecovered", runId: a, name: "import", status: "failed", previousHostId: other }
      )
    ],
    [
      "work that begins again, and nobody took it over",
      "G9",
      log(started(a), started(a, { attempt: 2, hostId: other }))
    ],
    [
      "an attempt that two hosts begin",
      "G9",
      log(started(a), takenOver(a, 2), started(a, { attempt: 2 }), started(a, { attempt: 2, hostId: other }))
    ],
    [
      "an attempt that is settled otherwise than its own work ended",
      "G1",
      log(
        started(a),
        ended(a),
        takenOver(a, 2, { hostId: other }),
        started(a, { attempt: 2, hostId: other }),
        ended(a, "failed", { hostId: other }),
        written(a, "completed", { hostId: other }),
        settled(a, "completed", { hostId: other })
      )
    ],
    [
      "a no-op that was tried again",
      "G10",
      log(
        started(a),
        ended(a),
        written(a, "completed", { outcome: "NoOp" }),
        written(a, "completed", { outcome: "AlreadyApplied" }),
        settled(a)
      )
    ],
    [
      "a row that was not found, told as settled",
      "G10",
      log(started(a), ended(a), { ...written(a, "completed"), outcome: "NotFound" }, settled(a))
    ],
    ["text that is not JSON", "G11", `${log(host)}\n{"message": {"holdfast"`],
    ["a line that lacks a field", "G11", log({ _tag: "RunStarted", runId: a })],
    ["a line with a tag that nobody writes", "G11", log({ _tag: "Nonsense", runId: a })],
    [
      "a timeout that never passed",
      "G12",
      log(
        started(a),
        ended(a, "interrupted"),
        written(a, "failed", { workOutcome: "interrupted", reason: "RunTimedOut" })
      )
    ],
    [
      "a shutdown that is told as the work's own interruption",
      "G12",
      log(
        started(a),
        { _tag: "StopRequested", runId: a, stop: "shutdown" },
        ended(a, "interrupted"),
        written(a, "failed", { workOutcome: "interrupted", reason: "WorkInterrupted" })
      )
    ]
  ]

  for (const [what, guarantee, text, options] of cases) {
    it(`${guarantee}: finds ${what}`, () => {
      assert.include(broken(text, options), guarantee)
    })
  }

  it("lets a key be free from a settle on whose answer was lost", () => {
    const lost = {
      _tag: "WriteFailed",
      failure: { operation: "settle", class: "unknown", message: "no answer", inDoubt: true },
      rows: 1,
      runIds: [a],
      attempt: 1,
      retryInMillis: 50
    }
    const text = log(
      started(a, { key: "k" }),
      ended(a),
      lost,
      started(b, { key: "k" }),
      written(a, "completed", { outcome: "AlreadyApplied" }),
      settled(a)
    )
    assert.deepStrictEqual(broken(text), [])
  })

  const failedWrite = (operation: string, inDoubt: boolean, more = {}) => ({
    _tag: "WriteFailed",
    failure: { operation, class: inDoubt ? "unknown" : "transient", message: "no answer", inDoubt },
    rows: 1,
    runIds: [a],
    attempt: 1,
    retryInMillis: 50,
    ...more
  })

  it("lets a key be free from a settle on that was on its way, and whose answer is only lost when another host has the key", () => {
    const story = (inDoubt: boolean) =>
      log(
        started(a, { key: "k" }),
        ended(a),
        started(b, { key: "k", hostId: other }),
        failedWrite("settle", inDoubt),
        failedWrite("settle", false, { attempt: 2 })
      )
    assert.deepStrictEqual(broken(story(true)), [])
    assert.deepStrictEqual(broken(story(false)), ["G8"])
  })

  it("lets a key be free whose holder was given back, and then cancelled in doubt", () => {
    const given = [
      started(a, { key: "k" }),
      { _tag: "StopRequested", runId: a, stop: "shutdown" },
      ended(a, "interrupted"),
      { _tag: "RunReleased", runId: a, attempt: 1, attempts: 1 }
    ]
    const elsewhere = { hostId: other }
    const taken = started(b, { key: "k", ...elsewhere })
    const doubtful = failedWrite("cancel", true, elsewhere)
    assert.notInclude(broken(log(...given, doubtful, taken, stopped)), "G8")
    assert.notInclude(broken(log(...given, taken, doubtful, stopped)), "G8")
    assert.notInclude(broken(log(...given, stopped, taken, doubtful)), "G8")
    assert.include(broken(log(...given, failedWrite("cancel", false, elsewhere), taken, stopped)), "G8")
    assert.include(broken(log(...given, stopped, taken, takenOver(a, 2, elsewhere))), "G8")
    const working = [started(a, { key: "k" }), doubtful, started(b, { key: "k", ...elsewhere }), ended(a)]
    assert.include(broken(log(...working)), "G8", "a cancel does not end what is at work")
  })

  it("lets a key be free whose holder's host was killed before it could say so", () => {
    const text = log(host, started(a, { key: "k" }), ended(a), started(b, { key: "k", hostId: other }))
    assert.deepStrictEqual(broken(text), [])
  })

  it("lets a key be free whose holder was given back, and then cancelled by a host that did not have it", () => {
    const released = { _tag: "RunReleased", runId: a, attempt: 1, attempts: 1 }
    const asked = (durable: boolean) => cancelAnswered(a, { answer: "Requested", durable, hostId: other })
    const story = (durable: boolean) => [
      started(a, { key: "k" }),
      { _tag: "StopRequested", runId: a, stop: "shutdown" },
      ended(a, "interrupted"),
      released,
      asked(durable),
      started(b, { key: "k", hostId: other }),
      stopped
    ]
    assert.notInclude(broken(log(...story(true))), "G8")
    assert.include(broken(log(...story(false))), "G8")
  })

  it("names each guarantee that it checks in a case of this file", () => {
    assert.deepStrictEqual(
      RunHistory.Guarantee.literals.filter((guarantee) => !cases.some((one) => one[1] === guarantee)),
      []
    )
  })

  it("leaves the host's own lines out, and says which line is malformed", () => {
    const history = RunHistory.fromLog(`{"message":"hello","logLevel":"INFO"}\nnot json\n${log(host)}\n`)
    assert.deepStrictEqual([history.lines.length, history.malformed.map(({ lineNumber }) => lineNumber)], [1, [2]])
  })

  it("shows a violation with its run, what was expected, what was found and the lines that led there", () => {
    const [violation] = RunHistory.check(RunHistory.fromLog(log(started(a), ended(a), settled(a))))
    const text = violation === undefined ? "" : RunHistory.render(violation)
    assert.include(text, `G4 (run ${a}): expected Settled after the write was acknowledged; found before it`)
    assert.include(text, '"_tag":"Settled"')
  })

  it("reads back every line as it was written", () => {
    const lines = RunHistory.fromLog(log(host, ...completed(a), stopped)).lines
    assert.deepStrictEqual(
      lines.map(({ _tag }) => _tag),
      ["HostStarted", "RunStarted", "WorkEnded", "VerdictWritten", "Settled", "HostStopped"]
    )
  })
})
