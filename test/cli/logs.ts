/**
 * Logs as kernels write them, made line by line: sound ones, ones with planted violations, and long ones.
 */
import { closeSync, openSync, writeSync } from "node:fs"

export type Draft = Readonly<Record<string, unknown>> & { readonly _tag: string }

export const host = "0198c5a4-0000-7000-8000-0000000000aa"
export const other = "0198c5a4-0000-7000-8000-0000000000bb"
export const idOf = (number: number): string => `0198c5a4-7e1f-7c3a-9d58-${number.toString(16).padStart(12, "0")}`

const beginning = 1_760_000_000_000

/** One entry of a JSON logger; `at` counts from the beginning of the log. */
export const entry = (at: number, draft: Draft): string =>
  JSON.stringify({
    message: { hostId: host, ...draft, holdfast: 1, at: beginning + at },
    logLevel: "INFO",
    annotations: {}
  })

/** Each line ten milliseconds after the one before. */
export const logOf = (...drafts: ReadonlyArray<Draft>): string =>
  drafts.map((draft, index) => `${entry(10 * index, draft)}\n`).join("")

export const hostStarted: Draft = {
  _tag: "HostStarted",
  parkAfterMillis: 1_000,
  attemptTimeoutMillis: 500,
  delayMaxMillis: 100
}
export const hostStopped: Draft = { _tag: "HostStopped", unwritten: 0 }

/** The lines that are told of a run, by number. */
export const run = (number: number) => {
  const runId = idOf(number)
  return {
    started: (more = {}): Draft => ({ _tag: "RunStarted", runId, name: "import", attempt: 1, ...more }),
    ended: (outcome = "succeeded", more = {}): Draft => ({ _tag: "WorkEnded", runId, outcome, ...more }),
    written: (status = "completed", more = {}): Draft => ({
      _tag: "VerdictWritten",
      runId,
      outcome: "Applied",
      status,
      workOutcome: "succeeded",
      attempts: 1,
      ...more
    }),
    settled: (status = "completed", more = {}): Draft => ({
      _tag: "Settled",
      runId,
      status,
      workOutcome: "succeeded",
      attempts: 1,
      ...more
    }),
    told: (_tag: string, more = {}): Draft => ({ _tag, runId, ...more })
  }
}

export const completed = (number: number, more = {}): ReadonlyArray<Draft> => {
  const { ended, settled, started, written } = run(number)
  return [started(more), ended(), written(), settled()]
}

export const failure = { operation: "settle", class: "transient", message: "database is locked", inDoubt: false }

const settlement = {
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

/** Ten violations, each of another guarantee: what is planted, and in which run it is to be found. */
export const planted: ReadonlyArray<readonly [string, number, ReadonlyArray<Draft>]> = [
  ["G1", 1, [run(1).started(), run(1).ended(), run(1).written("failed"), run(1).settled("failed")]],
  ["G2", 2, [...completed(2), run(2).told("CancelAnswered", { answer: "AlreadyTerminal", status: "failed" })]],
  ["G3", 3, [...completed(3), run(3).settled("failed", { hostId: other })]],
  ["G4", 4, [run(4).started(), run(4).ended(), run(4).settled(), run(4).written()]],
  ["G5", 5, [run(5).started()]],
  ["G6", 6, [run(6).started(), run(6).ended(), run(6).told("VerdictLost", { settlement })]],
  [
    "G7",
    7,
    [
      run(7).told("StartFailed", { name: "import", error: "StoreFailure", message: "", abandoned: true }),
      run(7).started(),
      run(7).ended("notStarted"),
      run(7).written("failed", { workOutcome: "notStarted", reason: "StartAbandoned" }),
      run(7).settled("failed", { workOutcome: "notStarted" })
    ]
  ],
  ["G8", 9, [run(8).started({ key: "k" }), ...completed(9, { key: "k" }), ...completed(8).slice(1)]],
  [
    "G9",
    10,
    [1, 2].map(() => run(10).told("RunRecovered", { name: "import", status: "failed", previousHostId: other }))
  ],
  [
    "G12",
    12,
    [
      run(12).started(),
      run(12).told("StopRequested", { stop: "shutdown" }),
      run(12).ended("interrupted"),
      run(12).written("failed", { workOutcome: "interrupted", reason: "RunTimedOut" }),
      run(12).settled("failed", { workOutcome: "interrupted" })
    ]
  ]
]

/** The violations among sound runs. */
export const plantedLog = (): string =>
  logOf(
    hostStarted,
    ...planted.flatMap(([, number, drafts]) => [
      ...completed(100 + 2 * number),
      ...drafts,
      ...completed(101 + 2 * number)
    ]),
    hostStopped
  )

/** Writes a sound log of at least so many bytes, a hundred runs being active at a time; gives how many runs it has. */
export const writeLongLog = (file: string, bytes: number): number => {
  const descriptor = openSync(file, "w")
  let written = writeSync(descriptor, `${entry(0, hostStarted)}\n`)
  const overlap = 100
  let number = 0
  for (; written < bytes; number++) {
    const begins = number % 3 === 0 ? { key: `k${number % 500}` } : {}
    const lines = [entry(number, run(1_000_000 + number).started(begins))]
    if (number >= overlap) {
      const before = run(1_000_000 + number - overlap)
      lines.push(...[before.ended(), before.written(), before.settled()].map((draft) => entry(number, draft)))
    }
    written += writeSync(descriptor, `${lines.join("\n")}\n`)
  }
  for (let left = Math.max(0, number - overlap); left < number; left++) {
    const { ended, settled, written } = run(1_000_000 + left)
    for (const draft of [ended(), written(), settled()]) writeSync(descriptor, `${entry(number, draft)}\n`)
  }
  writeSync(descriptor, `${entry(number, hostStopped)}\n`)
  closeSync(descriptor)
  return number
}
