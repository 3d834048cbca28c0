/**
 * A judge that cannot condemn is a defect: what a host that was really killed, and the life after it,
 * have left holds; the same with one thing changed does not, and the judge says which.
 *
 * @since 0.1.0
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HostProgram from "../../chaos/crash/hostProgram.js"
import { judge } from "../../chaos/crash/judge.js"
import * as Lives from "../../chaos/crash/lives.js"
import type { Told, ToldOf } from "../../chaos/crash/told.js"
import * as FaultPlan from "../../chaos/FaultPlan.js"
import { temporaryDirectory } from "../../chaos/internal/temporaryDirectory.js"
import type { RunId } from "../../src/RunId.js"
import type { StoredRun } from "../../src/RunStore.js"

const stranger = "00000000-0000-7000-8000-000000000001" as RunId

const killed = (script: Lives.Stage["script"], place: Extract<FaultPlan.Place, { label: string }>) =>
  Effect.gen(function* () {
    const host = yield* HostProgram.make([])
    const options = { host, seed: undefined }
    const empty: Lives.Stage = { script, directory: yield* temporaryDirectory, lives: [] }
    const crash = FaultPlan.rule(place, "crash", { phase: "after" })
    const first = yield* Lives.live(empty, [crash], options)
    return yield* Lives.evidenceOf(yield* Lives.live(first, [], options))
  })

/** When a run has completed, another one is cancelled by its row alone, and others are at work. */
const killedAtCancel = killed("ordinary", { label: "cancel" })

/** When verdicts have been journaled, and none is written; others are at work, and a start is in doubt. */
const killedAtJournal = killed("outage", { label: "journal sync", attempt: 4 })

type Change = (evidence: Lives.Evidence) => Lives.Evidence

const changeRow =
  (which: (row: StoredRun) => boolean, change: Partial<StoredRun>): Change =>
  (evidence) =>
    lastSnapshot((after) => {
      const row = [...after.rows.values()].find(which)
      if (row === undefined) throw new Error("there is no such row")
      return { ...after, rows: new Map([...after.rows, [row.id, { ...row, ...change }]]) }
    })(evidence)

const snapshotOf =
  (position: number, change: (after: Lives.Snapshot) => Lives.Snapshot): Change =>
  (evidence) => ({
    ...evidence,
    lives: evidence.lives.map((life, index) => (index === position ? { ...life, after: change(life.after) } : life))
  })

const lastSnapshot =
  (change: (after: Lives.Snapshot) => Lives.Snapshot): Change =>
  (evidence) =>
    snapshotOf(evidence.lives.length - 1, change)(evidence)

const changeTold =
  (change: (told: ReadonlyArray<Told>) => ReadonlyArray<Told>): Change =>
  (evidence) => ({ ...evidence, told: change(evidence.told) })

const firstOf = <Tag extends Told["_tag"]>(told: ReadonlyArray<Told>, tag: Tag): ToldOf<Tag> => {
  const found = told.find((one): one is ToldOf<Tag> => one._tag === tag)
  if (found === undefined) throw new Error(`nobody was told ${tag}`)
  return found
}

const another = <Tag extends Told["_tag"]>(tag: Tag, change: Partial<ToldOf<Tag>>): Change =>
  changeTold((told) => [...told, { ...firstOf(told, tag), ...change } as Told])

const changeLog =
  (change: (lines: ReadonlyArray<string>) => ReadonlyArray<string>): Change =>
  (evidence) => ({ ...evidence, log: change(evidence.log.split("\n")).join("\n") })

const cases: ReadonlyArray<readonly [what: string, change: Change, says: RegExp]> = [
  ["a file that is damaged", lastSnapshot((after) => ({ ...after, integrity: "wrong # of entries" })), /is damaged/],
  ["a row that is active", changeRow(({ name }) => name === "slow", { status: "running" }), /is running for ever/],
  [
    "a host that nobody fenced",
    lastSnapshot((after) => ({ ...after, hosts: new Map([["it", "live"]]) })),
    /is gone and still live/
  ],
  [
    "a row that has changed after its end",
    changeRow(({ name }) => name === "quick", { finishedAt: 0 }),
    /was completed, succeeded after life 1 and is completed/
  ],
  [
    "a caller who was told another end",
    another("Settled", { status: "cancelled" }),
    /is cancelled by .*told in life 1/
  ],
  [
    "a canceller whose cancel is not in the row",
    another("CancelAnswered", { answer: "Requested", durable: true }),
    /is cancelled by .*CancelAnswered/
  ],
  ["a start without a row", another("Started", { id: stranger }), /Started, and has no row/],
  ["work without a row", another("Began", { id: stranger }), /Began, and has no row/],
  [
    "a row that says more than the work did",
    changeTold((told) => told.filter(({ _tag }) => _tag !== "Ended")),
    /never ended, and its row says completed/
  ],
  [
    "a run that was taken for lost",
    changeRow(({ name }) => name === "quick", { status: "failed", workOutcome: "unknown" }),
    /succeeded, and its row says failed, unknown/
  ],
  [
    "a cancel in a lost row that was not kept",
    changeRow(({ name, workOutcome }) => name === "cancelled" && workOutcome === "unknown", { status: "failed" }),
    /of cancelled was left by life 1, with a cancel: failed/
  ],
  [
    "a recovery that the log does not tell",
    changeLog((lines) => lines.filter((line) => !line.includes('"RunRecovered"'))),
    /was recovered 0 times/
  ],
  ["work that was executed twice", changeTold((told) => [...told, firstOf(told, "Began")]), /began twice/],
  [
    "an idempotency key that is two runs",
    another("Started", { idempotencyKey: "import-once" }),
    /starts with one idempotency key were answered with/
  ],
  [
    "a key that is blocked",
    changeTold((told) => told.filter((one) => !(one._tag === "Started" && one.name === "slow" && one.life === 2))),
    /slow with the key b cannot be started again/
  ],
  [
    "a call that failed",
    changeTold((told) => [...told, { _tag: "Failed", life: 2, what: "list", error: "no" }]),
    /life 2: list: no/
  ],
  [
    "a start that failed",
    changeTold((told) => [...told, { _tag: "StartFailed", life: 2, name: "slow", error: "no" }]),
    /life 2 cannot start slow: no/
  ],
  ["a subscriber who was not told the row first", another("Event", { life: 2, event: "Progressed" }), /was told Progr/],
  ["a line that cannot be read", changeLog((lines) => [...lines, '{"message":']), /G11/],
  [
    "a life that ended by itself, and badly",
    (evidence) => ({
      ...evidence,
      lives: evidence.lives.map((life) => ({ ...life, end: { why: "it ended with 1" } }))
    }),
    /life 1: it ended with 1/
  ],
  [
    "a last life that was killed",
    (evidence) => ({ ...evidence, lives: evidence.lives.slice(0, 1) }),
    /the last life did not come to its end/
  ]
]

const lost: Partial<StoredRun> = { status: "failed", workOutcome: "unknown", error: '{"reason":"HostLost"}' }

/** Only of an outage. */
const journalCases: ReadonlyArray<readonly [what: string, change: Change, says: RegExp]> = [
  [
    "a journaled verdict that was taken for lost",
    changeRow(({ name }) => name === "stored", lost),
    /of stored was left by life 1, journaled as completed: failed, unknown/
  ],
  [
    "a journaled verdict of which the log alone tells",
    (evidence) =>
      changeRow(({ name }) => name === "stored", lost)(snapshotOf(0, (after) => ({ ...after, journal: [] }))(evidence)),
    /was journaled as completed, succeeded, and its row says failed, unknown/
  ],
  [
    "a run that was not restarted",
    changeRow(({ name }) => name === "digest", { ...lost, attempt: 1 }),
    /of digest was left by life 1, to be restarted, and is in attempt 1/
  ],
  [
    "a run that was restarted too often",
    changeTold((told) => [
      ...told,
      ...told
        .filter((one): one is ToldOf<"Began"> => one._tag === "Began" && one.attempt === 2)
        .map((one) => ({ ...one, attempt: 3 }))
    ]),
    /of export began 3 times, and may 2/
  ],
  [
    "a tombstone that nobody carried out",
    (evidence) => {
      const [id] = [...(evidence.lives[0]?.after.rows.values() ?? [])].flatMap((row) =>
        row.name === "doubtful" ? [row.id] : []
      )
      const without = (after: Lives.Snapshot): Lives.Snapshot => ({
        ...after,
        rows: new Map([...after.rows].filter(([other]) => other !== id))
      })
      return snapshotOf(1, without)(snapshotOf(0, without)(evidence))
    },
    /was entombed in the journal after life 1, and is no row/
  ]
]

const condemns = (evidence: Lives.Evidence, all: typeof cases): void => {
  assert.deepStrictEqual(judge(evidence), [])
  for (const [what, change, says] of all) assert.match(judge(change(evidence)).join("\n"), says, what)
}

it.scopedLive("the judge finds nothing in what holds, and each thing that does not", () =>
  Effect.map(killedAtCancel, (evidence) => condemns(evidence, cases))
)

it.scopedLive("the judge holds a host to what is in its journal, and to what is to be restarted", () =>
  Effect.map(killedAtJournal, (evidence) => condemns(evidence, journalCases))
)
