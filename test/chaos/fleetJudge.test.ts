/**
 * A judge that cannot condemn is a defect: a collection in which everything holds, and the same with one thing changed,
 * of which the judge says what is wrong.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import type { Freeze } from "../../chaos/fleet/atWork.js"
import type { Change } from "../../chaos/fleet/database.js"
import { type Evidence, judge } from "../../chaos/fleet/judge.js"
import { Ledger } from "../../chaos/fleet/ledger.js"
import { toStopMillis } from "../../chaos/fleet/times.js"
import type { Told, Unstamped } from "../../chaos/fleet/told.js"
import type { HostId, RunId } from "../../src/RunId.js"
import type { StoredRun } from "../../src/RunStore.js"

const a = "00000000-0000-7000-8000-000000000001" as RunId
const b = "00000000-0000-7000-8000-000000000002" as RunId
const first = "00000000-0000-7000-8000-0000000000aa" as HostId
const second = "00000000-0000-7000-8000-0000000000bb" as HostId

const row = (id: RunId, more: Partial<StoredRun> = {}): StoredRun => ({
  id,
  name: "work",
  key: null,
  idempotencyKey: null,
  payload: null,
  payloadHash: null,
  status: "completed",
  hostId: first,
  attempt: 1,
  attemptMax: 9,
  onHostExit: "restart",
  restartDeadline: null,
  cancelRequestedAt: null,
  cancelReason: null,
  createdAt: 1,
  startedAt: 1,
  finishedAt: 2,
  workOutcome: "succeeded",
  result: null,
  error: null,
  settleToken: `${more.hostId ?? first}:${more.attempt ?? 1}`,
  progressCurrent: null,
  progressTotal: null,
  progressStep: null,
  ...more
})

let sequence = 0
const change = (id: RunId, more: Partial<Change> = {}): Change => ({
  sequence: ++sequence,
  isInsert: false,
  id,
  name: "work",
  key: null,
  status: "running",
  hostId: first,
  attempt: 1,
  ...more
})
const inserted = (id: RunId, more: Partial<Change> = {}) => change(id, { isInsert: true, ...more })

const says = (slot: number, at: number, line: Unstamped): Told => ({ ...line, slot, life: slot + 1, at }) as Told
const began = (slot: number, at: number, id: RunId, attempt = 1) => says(slot, at, { _tag: "Began", id, attempt })
const beat = (slot: number, at: number, id: RunId, attempt = 1) => says(slot, at, { _tag: "Beat", id, attempt })
const ended = (slot: number, at: number, id: RunId, attempt = 1, outcome: "succeeded" | "interrupted" = "succeeded") =>
  says(slot, at, { _tag: "Ended", id, attempt, outcome })

const evidence = (more: Partial<Evidence> & { readonly stored?: ReadonlyArray<StoredRun> } = {}): Evidence => ({
  told: more.told ?? [],
  changes: more.changes ?? [],
  rows: new Map((more.stored ?? []).map((one) => [one.id, one])),
  freezes: more.freezes ?? []
})

/** One run from its start to its end, on one host. */
const whole = (id: RunId) => ({
  stored: [row(id)],
  changes: [inserted(id), change(id, { status: "completed" })],
  told: [
    says(0, 1, { _tag: "Started", id, intent: "i", isNew: true }),
    began(0, 2, id),
    beat(0, 42, id),
    ended(0, 82, id)
  ]
})

/** One run that a second host takes over at 1,000, from a first one that was at work until `until`. */
const takenOver = (until: ReadonlyArray<Told>, freezes: ReadonlyArray<Freeze> = []) =>
  evidence({
    stored: [row(a, { hostId: second, attempt: 2 })],
    changes: [
      inserted(a),
      change(a, { hostId: second, attempt: 2 }),
      change(a, { hostId: second, attempt: 2, status: "completed" })
    ],
    told: [began(0, 900, a), beat(0, 940, a), ...until, began(1, 1_000, a, 2), ended(1, 1_100, a, 2)],
    freezes
  })

const findings = (given: Evidence): ReadonlyArray<string> => judge(new Ledger(), given).findings

const condemns = (name: string, given: Evidence, expected: RegExp) =>
  it(`condemns ${name}`, () => {
    const found = findings(given)
    assert.lengthOf(found, 1, found.join("\n"))
    assert.match(found[0] ?? "", expected)
  })

describe("the judge of a fleet", () => {
  it("finds nothing where everything holds", () => {
    assert.deepStrictEqual(findings(evidence(whole(a))), [])
    assert.deepStrictEqual(findings(takenOver([beat(0, 980, a), ended(0, 1_020, a, 1, "interrupted")])), [])
  })

  condemns(
    "a run that never ends",
    evidence({ stored: [row(a, { status: "running", workOutcome: null, finishedAt: null })], changes: [inserted(a)] }),
    /is running for ever/
  )
  condemns("a row that has gone", evidence({ changes: [inserted(a)] }), /has no row any more/)
  condemns(
    "two terminal writes",
    evidence({ ...whole(a), changes: [...whole(a).changes, change(a, { status: "completed" })] }),
    /was changed after its end/
  )
  condemns(
    "a run that is inserted twice",
    evidence({ ...whole(a), changes: [inserted(a), ...whole(a).changes] }),
    /was inserted a second time/
  )
  condemns(
    "a run that goes back to an earlier attempt",
    evidence({ ...whole(a), changes: [inserted(a, { attempt: 2 }), change(a, { status: "completed" })] }),
    /went back to an earlier attempt/
  )
  condemns(
    "a run that changes hands in one attempt",
    evidence({ ...whole(a), changes: [inserted(a, { hostId: second }), change(a, { status: "completed" })] }),
    /changed hands in one attempt/
  )
  condemns(
    "two active runs of a key",
    evidence({
      stored: [row(a), row(b)],
      changes: [
        inserted(a, { key: "k" }),
        inserted(b, { key: "k" }),
        change(a, { key: "k", status: "completed" }),
        change(b, { key: "k", status: "completed" })
      ],
      told: [began(0, 2, a), ended(0, 82, a), began(0, 2, b), ended(0, 82, b)]
    }),
    /had two active runs/
  )
  condemns(
    "two hosts at work on one run at the same time",
    takenOver([beat(0, 980, a), beat(0, 1_020, a)]),
    /two hosts were at work on run .* for 20 ms after attempt 2 had begun/
  )
  condemns(
    "work that goes on after the two steps of a process that was woken",
    takenOver([beat(0, 1_020, a), beat(0, 1_060, a), beat(0, 1_100, a)], [{ life: 1, from: 950, to: 1_010 }]),
    /two hosts were at work on run .* for 100 ms/
  )
  condemns(
    "a second step that comes later than a process that was woken has to stop its work",
    takenOver([beat(0, 1_020, a), beat(0, 1_011 + toStopMillis, a)], [{ life: 1, from: 950, to: 1_010 }]),
    /two hosts were at work on run/
  )
  condemns(
    "an attempt that begins when the next one is at work, and nothing was frozen",
    takenOver([beat(0, 1_050, a)]),
    /two hosts were at work on run/
  )
  condemns(
    "an attempt that two processes begin",
    evidence({ ...whole(a), told: [...whole(a).told, began(1, 90, a)] }),
    /attempt 1 of run .* began on host 0 .* and on host 1/
  )
  condemns(
    "an acknowledged cancel that is undone",
    evidence({
      ...whole(a),
      told: [
        ...whole(a).told,
        says(1, 50, { _tag: "CancelAsked", id: a, ask: "c" }),
        says(1, 60, { _tag: "CancelAnswered", id: a, ask: "c", answer: "Requested", durable: true })
      ]
    }),
    /a cancel of run .* was acknowledged, and the row says completed/
  )
  condemns(
    "a cancel that found another end than there was",
    evidence({
      ...whole(a),
      told: [
        ...whole(a).told,
        says(1, 60, { _tag: "CancelAnswered", id: a, ask: "c", answer: "AlreadyTerminal", status: "failed" })
      ]
    }),
    /found it failed, and the row says completed/
  )
  condemns(
    "a cancel that is never answered",
    evidence({ ...whole(a), told: [...whole(a).told, says(1, 60, { _tag: "CancelAsked", id: a, ask: "c" })] }),
    /the cancel c of run .* was never answered/
  )
  condemns(
    "an end that was told and is not the row's",
    evidence({
      ...whole(a),
      told: [...whole(a).told, says(0, 90, { _tag: "Settled", id: a, status: "cancelled", workOutcome: "succeeded" })]
    }),
    /was told to be cancelled, succeeded, and the row says completed/
  )
  condemns(
    "a subscriber who is told the end twice",
    evidence({
      ...whole(a),
      told: [
        ...whole(a).told,
        says(0, 90, {
          _tag: "Followed",
          id: a,
          events: ["Snapshot", "Settled", "Settled"],
          status: "completed",
          workOutcome: "succeeded"
        })
      ]
    }),
    /was told Settled 2 times/
  )
  condemns(
    "a start that succeeded and left no row",
    evidence({ told: [says(0, 1, { _tag: "Started", id: a, intent: "i", isNew: true })] }),
    /the start of run .* succeeded, and there is no row/
  )
  condemns(
    "an idempotency key that made two runs",
    evidence({
      ...whole(a),
      stored: [row(a), row(b)],
      told: [...whole(a).told, says(0, 5, { _tag: "Started", id: b, intent: "i", isNew: true })]
    }),
    /the start i made two runs/
  )
  condemns(
    "a row that says what its work did not do",
    evidence({ ...whole(a), told: [began(0, 2, a), ended(0, 82, a, 1, "interrupted")] }),
    /in attempt 1 that is not what it did/
  )
  condemns(
    "work that completed and is failed",
    evidence({
      ...whole(a),
      stored: [row(a, { status: "failed" })],
      changes: [inserted(a), change(a, { status: "failed" })]
    }),
    /is failed, though its work succeeded/
  )
  condemns(
    "a cancel that nobody asked for",
    evidence({
      ...whole(a),
      stored: [row(a, { status: "cancelled" })],
      changes: [inserted(a), change(a, { status: "cancelled" })]
    }),
    /nobody asked for it/
  )
  condemns(
    "a run that its former owner has settled",
    evidence({ ...whole(a), stored: [row(a, { settleToken: `${second}:1` })] }),
    /was settled by/
  )
  condemns(
    "work in an attempt that its row never had",
    evidence({ ...whole(a), told: [...whole(a).told, began(1, 90, a, 2)] }),
    /at work in attempt 2, and the row ends with attempt 1/
  )
})

describe("one step of work whose process stood still", () => {
  it("is counted and not held against it, after a freeze", () => {
    const judged = judge(new Ledger(), takenOver([beat(0, 1_020, a)], [{ life: 1, from: 950, to: 1_010 }]))
    assert.deepStrictEqual(judged, { findings: [], stepsAfterWaking: 1, stepsAfterStalls: 0 })
  })

  it("is counted and not held against it, after a freeze in the middle of its timers, which gives it two", () => {
    const steps = [beat(0, 1_020, a), beat(0, 1_060, a)]
    const judged = judge(new Ledger(), takenOver(steps, [{ life: 1, from: 950, to: 1_010 }]))
    assert.deepStrictEqual(judged, { findings: [], stepsAfterWaking: 2, stepsAfterStalls: 0 })
  })

  it("is counted and not held against it, where it was about to begin", () => {
    const { told, ...others } = takenOver([], [{ life: 1, from: 950, to: 1_010 }])
    const late = [began(0, 1_020, a), ended(0, 1_030, a, 1, "interrupted"), ...told.filter(({ slot }) => slot === 1)]
    const judged = judge(new Ledger(), { ...others, told: late })
    assert.deepStrictEqual(judged, { findings: [], stepsAfterWaking: 1, stepsAfterStalls: 0 })
  })

  it("is counted and not held against it, after a silence that is longer than a host has to stop", () => {
    const judged = judge(new Ledger(), takenOver([beat(0, 941 + toStopMillis, a)]))
    assert.deepStrictEqual(judged, { findings: [], stepsAfterWaking: 0, stepsAfterStalls: 1 })
  })
})
