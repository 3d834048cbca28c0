/**
 * A history, read: its entries gathered by run and by call, once for all checkers, and the questions
 * that they ask of it. Nothing here judges.
 *
 * @since 0.1.0
 */
import type { HostId, RunId } from "../../../src/RunId.js"
import type { Line } from "../../../src/RunLog.js"
import { type FailureReason, isTerminal, type TerminalStatus } from "../../../src/RunStatus.js"
import type { StoredRun } from "../../../src/RunStore.js"
import type { Entry, History, Operation, Settings, Value } from "../../History.js"

export type EntryOf<Tag extends Entry["_tag"]> = Extract<Entry, { readonly _tag: Tag }>
export type OperationOf<Tag extends Operation["_tag"]> = Extract<Operation, { readonly _tag: Tag }>

/** A call, with what its caller was answered and, of a subscription, told. */
export interface Call<Op extends Operation = Operation> {
  readonly call: number
  readonly host: string
  readonly operation: Op
  readonly called: EntryOf<"Called">
  /** Undefined where none came: the call is unknown. */
  answered: EntryOf<"Answered"> | undefined
  readonly told: Array<EntryOf<"Told">>
}

/** All that concerns one run. */
export interface RunStory {
  readonly runId: RunId
  /** The start that was answered with this run as a new one, or whose work began. */
  start: Call<OperationOf<"Start">> | undefined
  readonly versions: Array<EntryOf<"RowChanged">>
  deleted: EntryOf<"RowDeleted"> | undefined
  readonly begins: Array<EntryOf<"WorkBegan">>
  readonly ends: Array<EntryOf<"WorkEnded">>
  readonly cancels: Array<Call<OperationOf<"Cancel">>>
  /** `Settled` and `Result`. */
  readonly waits: Array<Call<OperationOf<"Settled"> | OperationOf<"Result">>>
  readonly gets: Array<Call<OperationOf<"Get">>>
  readonly subscriptions: Array<Call<OperationOf<"Subscribe">>>
  readonly lines: Array<EntryOf<"Logged">>
}

export interface Story {
  readonly history: History
  readonly settings: Settings
  readonly runs: ReadonlyMap<RunId, RunStory>
  readonly calls: ReadonlyArray<Call>
  readonly starts: ReadonlyArray<Call<OperationOf<"Start">>>
  readonly lines: ReadonlyArray<EntryOf<"Logged">>
  readonly healed: Entry | undefined
  readonly over: Entry | undefined
  readonly opened: ReadonlyMap<string, Entry>
  readonly shutdown: ReadonlyMap<string, Entry>
  readonly closed: ReadonlyMap<string, Entry>
  readonly lost: ReadonlyMap<string, Entry>
  /** Which life of which kernel each registration belongs to. */
  readonly hosts: ReadonlyMap<HostId, string>
  /** The registrations that another host has fenced, with when it said so. */
  readonly fenced: ReadonlyMap<HostId, Entry>
}

// -- gathering ------------------------------------------------------------------------------------------

const newRun = (runId: RunId): RunStory => ({
  runId,
  start: undefined,
  versions: [],
  deleted: undefined,
  begins: [],
  ends: [],
  cancels: [],
  waits: [],
  gets: [],
  subscriptions: [],
  lines: []
})

export const storyOf = (history: History): Story => {
  const runs = new Map<RunId, RunStory>()
  const calls = new Map<number, Call>()
  const starts: Array<Call<OperationOf<"Start">>> = []
  const lines: Array<EntryOf<"Logged">> = []
  const marks = {
    opened: new Map<string, Entry>(),
    shutdown: new Map<string, Entry>(),
    closed: new Map<string, Entry>(),
    lost: new Map<string, Entry>()
  }
  const hosts = new Map<HostId, string>()
  const fenced = new Map<HostId, Entry>()
  let healed: Entry | undefined
  let over: Entry | undefined
  const run = (runId: RunId): RunStory => {
    const known = runs.get(runId)
    if (known !== undefined) return known
    const made = newRun(runId)
    runs.set(runId, made)
    return made
  }
  for (const entry of history.entries) {
    switch (entry._tag) {
      case "Called": {
        const call: Call = { ...entry, called: entry, answered: undefined, told: [] }
        calls.set(entry.call, call)
        if (entry.operation._tag === "Start") starts.push(call as Call<OperationOf<"Start">>)
        else file(call, run)
        break
      }
      case "Answered": {
        const call = calls.get(entry.call)
        if (call === undefined) break
        call.answered = entry
        const value = valueOf(call)
        if (value?._tag === "Started" && value.isNew) run(value.runId).start = call as Call<OperationOf<"Start">>
        break
      }
      case "Told":
        calls.get(entry.call)?.told.push(entry)
        break
      case "WorkBegan": {
        const told = run(entry.runId)
        told.begins.push(entry)
        const start = entry.start === undefined ? undefined : calls.get(entry.start)
        told.start ??= start as Call<OperationOf<"Start">> | undefined
        break
      }
      case "WorkEnded":
        run(entry.runId).ends.push(entry)
        break
      case "RowChanged":
        run(entry.row.id).versions.push(entry)
        break
      case "RowDeleted":
        run(entry.runId).deleted = entry
        break
      case "Logged": {
        const { line } = entry
        lines.push(entry)
        if ("runId" in line && line.runId !== undefined) run(line.runId).lines.push(entry)
        if (line._tag === "HostStarted" || line._tag === "LeaseReplaced") hosts.set(line.hostId, entry.host)
        if (line._tag === "HostFenced") fenced.set(line.fencedHostId, entry)
        break
      }
      case "Marked": {
        const { mark } = entry
        if (mark._tag === "Healed") healed ??= entry
        else if (mark._tag === "Over") over = entry
        else if (mark._tag === "Opened") marks.opened.set(mark.host, entry)
        else if (mark._tag === "ShutdownRequested") marks.shutdown.set(mark.host, entry)
        else if (mark._tag === "Closed") marks.closed.set(mark.host, entry)
        else marks.lost.set(mark.host, entry)
      }
    }
  }
  const { settings } = history
  return { history, settings, runs, calls: [...calls.values()], starts, lines, healed, over, hosts, fenced, ...marks }
}

const file = (call: Call, run: (runId: RunId) => RunStory): void => {
  const { operation } = call
  if (operation._tag === "Cancel") run(operation.runId).cancels.push(call as Call<typeof operation>)
  if (operation._tag === "Get") run(operation.runId).gets.push(call as Call<typeof operation>)
  if (operation._tag === "Subscribe") run(operation.runId).subscriptions.push(call as Call<typeof operation>)
  if (operation._tag === "Settled" || operation._tag === "Result") {
    run(operation.runId).waits.push(call as Call<typeof operation>)
  }
}

// -- answers --------------------------------------------------------------------------------------------

/** What the call gave, where it was answered with a success. */
export const valueOf = (call: Call): Value | undefined =>
  call.answered?.answer._tag === "Ok" ? call.answered.answer.value : undefined

/** What it failed with, where it failed. */
export const errorOf = (call: Call) =>
  call.answered?.answer._tag === "Failed" ? call.answered.answer.error : undefined

/** Nobody knows what came of it: either outcome is right. */
export const isUnknown = (call: Call): boolean =>
  call.answered === undefined || call.answered.answer._tag === "Interrupted"

// -- attempts -------------------------------------------------------------------------------------------

/** One execution of the work of a run: undefined parts were not seen. */
export interface Attempt {
  readonly attempt: number
  readonly began: EntryOf<"WorkBegan"> | undefined
  readonly ended: EntryOf<"WorkEnded"> | undefined
  /** Where it was, or was to be. */
  readonly host: string | undefined
}

export const attemptOf = (story: Story, run: RunStory, attempt: number): Attempt => {
  const began = run.begins.find((entry) => entry.attempt === attempt)
  const ended = run.ends.find((entry) => entry.attempt === attempt)
  const hostId = run.versions.find(({ row }) => row.attempt === attempt && row.hostId !== null)?.row.hostId
  const owner = hostId == null ? undefined : story.hosts.get(hostId)
  return { attempt, began, ended, host: began?.host ?? (attempt === 1 ? run.start?.host : undefined) ?? owner }
}

/** The attempt that a row is about: that of its end, or the latest. */
export const lastAttempt = (story: Story, run: RunStory): Attempt =>
  attemptOf(story, run, endingOf(run)?.row.attempt ?? run.versions.at(-1)?.row.attempt ?? 1)

// -- rows -----------------------------------------------------------------------------------------------

export type TerminalRow = StoredRun & { readonly status: TerminalStatus }
export interface Ending {
  readonly entry: EntryOf<"RowChanged">
  readonly row: TerminalRow
}

const isEnding = (row: StoredRun): row is TerminalRow => isTerminal(row.status)

/** The version that made the row terminal: the first one, whatever came after it. */
export const endingOf = (run: RunStory): Ending | undefined => {
  for (const entry of run.versions) if (isEnding(entry.row)) return { entry, row: entry.row }
  return undefined
}

/** The row as the database had it just before an entry. */
export const rowBefore = (run: RunStory, sequence: number): StoredRun | undefined => {
  if (run.deleted !== undefined && run.deleted.sequence < sequence) return undefined
  let row: StoredRun | undefined
  for (const version of run.versions) {
    if (version.sequence > sequence) break
    row = version.row
  }
  return row
}

/** The rows that the run had between two entries; undefined stands for none. */
export const rowsBetween = (run: RunStory, from: Entry, to: Entry): ReadonlyArray<StoredRun | undefined> => {
  const rows: Array<StoredRun | undefined> = [rowBefore(run, from.sequence)]
  for (const { row, sequence } of run.versions) {
    if (sequence > from.sequence && sequence < to.sequence) rows.push(row)
  }
  if (run.deleted !== undefined && run.deleted.sequence > from.sequence && run.deleted.sequence < to.sequence) {
    rows.push(undefined)
  }
  return rows
}

/** When a host went: it was closed, or is lost. Undefined also where no host is known. */
export const goneOf = (story: Story, host: string | undefined): Entry | undefined =>
  host === undefined ? undefined : (story.lost.get(host) ?? story.closed.get(host))

/** Whether another host had taken the runs of this life over, or may have, by an entry: it is gone, or was fenced. */
export const isLeft = (story: Story, host: string, by: Entry): boolean => {
  const gone = goneOf(story, host)
  if (gone !== undefined && gone.sequence < by.sequence) return true
  for (const [hostId, { sequence }] of story.fenced) {
    if (story.hosts.get(hostId) === host && sequence < by.sequence) return true
  }
  return false
}

/** Whether the host could not renew in time before an entry, and stops its work then. */
export const hasLostLease = (story: Story, host: string, by: Entry): boolean =>
  story.lines.some(
    ({ host: of, line, sequence }) =>
      of === host && line._tag === "LeaseEnded" && line.policy === "stop" && sequence < by.sequence
  )

/** Whether the row was made terminal by the host that owned it, and not by one that recovered it. */
export const isOwnEnding = ({ row }: Ending): boolean => row.settleToken === `${row.hostId}:${row.attempt}`

// -- lines ----------------------------------------------------------------------------------------------

export const linesOf = <Tag extends Line["_tag"]>(
  run: RunStory,
  tag: Tag
): ReadonlyArray<EntryOf<"Logged"> & { readonly line: Extract<Line, { readonly _tag: Tag }> }> =>
  run.lines.filter(
    (entry): entry is EntryOf<"Logged"> & { readonly line: Extract<Line, { readonly _tag: Tag }> } =>
      entry.line._tag === tag
  )

/** Why the row says that the run failed; read without a schema, as a foreign client would read it. */
export const reasonOf = (row: StoredRun): FailureReason | undefined => {
  if (row.error === null) return undefined
  const error: unknown = JSON.parse(row.error)
  return typeof error === "object" && error !== null && "reason" in error ? (error.reason as FailureReason) : undefined
}
