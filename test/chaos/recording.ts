/**
 * Histories by hand: each method adds what one thing that happens leaves behind, so that a test reads as
 * the story that it tells.
 */
import type { History } from "../../chaos/index.js"
import { Run, RunId, type RunLog, type RunStatus } from "../../src/index.js"
import { runOf } from "../../src/internal/store/runRow.js"
import type { StoredRun } from "../../src/RunStore.js"

type Entries = Array<History.Entry>
type RunIdType = RunId.RunId

const id = (last: number): RunIdType => RunId.RunId.make(`01900000-0000-7000-8000-00000000000${last}`)
export const runA: RunIdType = id(1)
export const runB: RunIdType = id(2)
export const stranger: RunIdType = id(9)

const hostIds: Readonly<Record<string, RunId.HostId>> = {
  first: RunId.HostId.make("01900000-0000-7000-9000-000000000001"),
  second: RunId.HostId.make("01900000-0000-7000-9000-000000000002")
}

export const hostIdOf = (host: "first" | "second"): RunId.HostId => hostIds[host] as RunId.HostId

export class Recording {
  private readonly entries: Entries = []
  private readonly rows = new Map<RunIdType, StoredRun>()
  private now = 0
  private calls = 0
  private host = "first"

  get history(): History.History {
    return {
      settings: {
        delayMaxMillis: 2_000,
        attemptTimeoutMillis: 2_000,
        parkAfterMillis: 6_000,
        leaseMillis: 20_000,
        shutdownGraceMillis: 8_000
      },
      entries: this.entries
    }
  }

  private add(happening: History.Happening): this {
    this.entries.push({ ...happening, sequence: this.entries.length, at: this.now })
    return this
  }

  private get hostId(): RunId.HostId {
    return hostIds[this.host] as RunId.HostId
  }

  at(millis: number): this {
    this.now = millis
    return this
  }
  mark(mark: History.Mark): this {
    return this.add({ _tag: "Marked", mark })
  }
  open(host = "first"): this {
    this.host = host
    const bounds = { parkAfterMillis: 6_000, attemptTimeoutMillis: 2_000, delayMaxMillis: 2_000 }
    return this.log({ _tag: "HostStarted", ...bounds }).mark({ _tag: "Opened", host })
  }
  /** What follows is of this host, which is open already. */
  on(host: "first" | "second"): this {
    this.host = host
    return this
  }
  shutdown(): this {
    return this.mark({ _tag: "ShutdownRequested", host: this.host })
  }
  closed(): this {
    return this.mark({ _tag: "Closed", host: this.host })
  }
  healed(): this {
    return this.mark({ _tag: "Healed" })
  }
  over(): this {
    return this.mark({ _tag: "Over" })
  }

  call(operation: History.Operation): number {
    const call = this.calls++
    this.add({ _tag: "Called", call, host: this.host, operation })
    return call
  }
  answered(call: number, answer: History.Answer): this {
    return this.add({ _tag: "Answered", call, answer })
  }
  told(call: number, event: Run.RunEvent): this {
    return this.add({ _tag: "Told", call, event })
  }
  /** With its snapshot. */
  subscribe(runId: RunIdType): number {
    const call = this.call({ _tag: "Subscribe", runId })
    this.told(call, { _tag: "Snapshot", sequence: 0, run: this.read(runId) })
    return call
  }
  /** The row as somebody reads it; `changes` make a lie of it. */
  read(runId: RunIdType, changes: Partial<Run.Run> = {}): Run.Run {
    return new Run.Run({ ...runOf(this.rows.get(runId) ?? newRow(runId, this.hostId)), ...changes })
  }

  /** With the line that the kernel writes of it. */
  cancelAnswered(runId: RunIdType, call: number, answer: Run.CancelAnswer | History.CallError): this {
    if ("tag" in answer) {
      return this.log({ _tag: "CancelAnswered", runId, answer: "Failed" }).answered(call, {
        _tag: "Failed",
        error: answer
      })
    }
    const { _tag, ...rest } = answer
    return this.log({ _tag: "CancelAnswered", runId, answer: _tag, ...rest }).answered(call, {
      _tag: "Ok",
      value: { _tag: "Cancelled", answer }
    })
  }

  /** A line; `hostId`, `at` and the version are added. */
  log(line: { readonly _tag: RunLog.Line["_tag"] } & Readonly<Record<string, unknown>>): this {
    // Lines that break their schema are part of what is tested.
    const whole = { holdfast: 1, at: Math.floor(this.now), hostId: this.hostId, ...line } as unknown as RunLog.Line
    return this.add({ _tag: "Logged", host: this.host, line: whole })
  }

  row(runId: RunIdType, changes: Partial<StoredRun> = {}): this {
    const before = this.rows.get(runId) ?? { ...newRow(runId, this.hostId), createdAt: this.now, startedAt: this.now }
    const row = { ...before, ...changes }
    this.rows.set(runId, row)
    return this.add({ _tag: "RowChanged", row })
  }
  deleted(runId: RunIdType): this {
    return this.add({ _tag: "RowDeleted", runId })
  }

  /** A start from its call to the beginning of its work. */
  start(
    runId: RunIdType,
    options: { readonly key?: string; readonly idempotencyKey?: string; readonly timeoutMillis?: number } = {}
  ): this {
    const { idempotencyKey, key } = options
    const start = this.call({ _tag: "Start", name: "work", ...options })
    return this.row(runId, { key: key ?? null, idempotencyKey: idempotencyKey ?? null })
      .started(runId)
      .answered(start, { _tag: "Ok", value: { _tag: "Started", runId, isNew: true } })
      .workBegan(runId, start)
  }
  started(runId: RunIdType, attempt = 1): this {
    return this.log({ _tag: "RunStarted", runId, name: "work", attempt })
  }
  workBegan(runId: RunIdType, start: number | undefined, attempt = 1): this {
    return this.add({ _tag: "WorkBegan", runId, host: this.host, attempt, start })
  }
  /** With the line that the kernel writes of it, which `logged` makes a lie of. */
  workEnded(runId: RunIdType, exit: History.WorkExit, logged?: RunStatus.WorkOutcome, attempt = 1): this {
    const outcome = logged ?? outcomes[exit._tag]
    return this.add({ _tag: "WorkEnded", runId, host: this.host, attempt, exit }).log({
      _tag: "WorkEnded",
      runId,
      outcome
    })
  }

  /** The row, then the lines. */
  settle(
    runId: RunIdType,
    status: RunStatus.TerminalStatus,
    workOutcome: RunStatus.WorkOutcome,
    reason?: RunStatus.FailureReason
  ): this {
    const row = this.rows.get(runId) ?? newRow(runId, this.hostId)
    return this.row(runId, {
      status,
      workOutcome,
      finishedAt: Math.floor(this.now),
      error: reason === undefined ? null : JSON.stringify({ reason, message: "" }),
      settleToken: `${row.hostId}:${row.attempt}`
    })
      .log({ _tag: "VerdictWritten", runId, outcome: "Applied", status, workOutcome, attempts: 1 })
      .log({ _tag: "Settled", runId, status, workOutcome, attempts: 1 })
  }

  /** By the host that is open now. */
  recover(runId: RunIdType, changes: Partial<StoredRun> = {}): this {
    const error = JSON.stringify({ reason: "HostLost", message: "" })
    const settleToken = `${this.hostId}:recovery`
    const previousHostId = this.rows.get(runId)?.hostId
    return this.row(runId, {
      status: "failed",
      workOutcome: "unknown",
      finishedAt: this.now,
      error,
      settleToken,
      ...changes
    }).log({ _tag: "RunRecovered", runId, name: "work", status: changes.status ?? "failed", previousHostId })
  }

  verdictLost(
    runId: RunIdType,
    status: RunStatus.TerminalStatus,
    workOutcome: RunStatus.WorkOutcome,
    attempt = 1
  ): this {
    return this.log({
      _tag: "VerdictLost",
      runId,
      settlement: {
        attempt,
        status,
        workOutcome,
        finishedAt: Math.floor(this.now),
        result: null,
        error: null,
        cancelRequestedAt: null,
        cancelReason: null,
        token: `${this.hostId}:${attempt}`
      }
    })
  }
}

const outcomes = { Succeeded: "succeeded", Failed: "failed", Died: "failed", Interrupted: "interrupted" } as const

export const recording = (): Recording => new Recording()

/** A run that succeeds, and of which everybody is told the truth. */
export const healthy = (history: Recording, { isOver = true } = {}): Recording => {
  history.open().start(runA)
  const listens = history.subscribe(runA)
  const waits = history.call({ _tag: "Settled", runId: runA })
  const settled = { status: "completed", workOutcome: "succeeded" } as const
  history.at(1_000).workEnded(runA, { _tag: "Succeeded", encodes: true }).settle(runA, "completed", "succeeded")
  history.told(listens, { _tag: "Settled", sequence: 1, attempts: 1, ...settled })
  history.answered(listens, { _tag: "Ok", value: { _tag: "Done" } })
  history.answered(waits, { _tag: "Ok", value: { _tag: "Settled", ...settled } }).healed()
  return isOver ? history.at(10_000).over() : history
}

const newRow = (runId: RunIdType, hostId: RunId.HostId): StoredRun => ({
  id: runId,
  name: "work",
  key: null,
  idempotencyKey: null,
  payload: null,
  payloadHash: null,
  status: "running",
  hostId,
  attempt: 1,
  attemptMax: 1,
  onHostExit: "fail",
  restartDeadline: null,
  cancelRequestedAt: null,
  cancelReason: null,
  createdAt: 0,
  startedAt: 0,
  finishedAt: null,
  workOutcome: null,
  result: null,
  error: null,
  settleToken: null,
  progressCurrent: null,
  progressTotal: null,
  progressStep: null
})
