/**
 * What waits in a verdict journal: the verdicts of processes that are gone, what was set aside, and lines that nobody
 * can read. With the database at hand each verdict is put beside its row, as its replay would do it. Reads only.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type { StoreFailure } from "../RunError.js"
import type { RunId } from "../RunId.js"
import type { StoredRun } from "../RunStore.js"
import * as VerdictJournal from "../VerdictJournal.js"
import type { Finding } from "./diagnosis.js"
import { plural } from "./printing.js"
import { Unusable } from "./unusable.js"

/** Rows by their ids, from the database. */
export type RowsOf = (ids: ReadonlyArray<RunId>) => Effect.Effect<ReadonlyArray<StoredRun>, StoreFailure>

export const diagnoseJournal = (
  directory: string,
  rowsOf: RowsOf | undefined
): Effect.Effect<ReadonlyArray<Finding>, Unusable | StoreFailure, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const files = yield* Effect.mapError(VerdictJournal.readDirectory(directory), (error) => {
      const isMissing = error._tag === "SystemError" && error.reason === "NotFound"
      const problem = isMissing
        ? `There is no directory "${directory}". Name the one that the host gives to VerdictJournal.layerFile; it is made when a host first uses it.`
        : error.message.includes("ENOTDIR")
          ? `"${directory}" is a file. Name the directory that the host gives to VerdictJournal.layerFile.`
          : `The journal "${directory}" cannot be read: ${error.message}`
      return new Unusable({ problem })
    })
    return (yield* Effect.forEach(files, (file) => fileFindings(file, rowsOf))).flat()
  })

type JournalFile = VerdictJournal.JournalFile
type Entry = VerdictJournal.Entry

const fileFindings = (file: JournalFile, rowsOf: RowsOf | undefined) =>
  Effect.gen(function* () {
    if (file.kind === "foreign") return [foreignFile(file)]
    const lines = file.unusable.length === 0 ? [] : [unusableLines(file)]
    // What is being written now looks torn.
    const torn = file.isTorn && file.writer?.isGone !== false ? [tornLine(file)] : []
    if (file.entries.length === 0) return [...lines, ...torn]
    if (rowsOf === undefined) return [...lines, ...torn, verdicts(file, { state: "unknown", entries: file.entries })]
    const groups = groupsOf(file.entries, yield* rowsByIds(file.entries, rowsOf))
    return [...lines, ...torn, ...groups.map((group) => verdicts(file, group))]
  })

/** Rows that are asked for at once. */
const chunkMax = 1_000

const rowsByIds = (entries: ReadonlyArray<Entry>, rowsOf: RowsOf) =>
  Effect.gen(function* () {
    const rows = new Map<RunId, StoredRun>()
    for (let from = 0; from < entries.length; from += chunkMax) {
      const ids = new Set(entries.slice(from, from + chunkMax).map(({ settlement }) => settlement.id))
      for (const row of yield* rowsOf([...ids])) rows.set(row.id, row)
    }
    return rows
  })

// -- verdicts beside their rows ----------------------------------------------------------------------------

/** What a replay will meet: nothing is known; its row waits for it, or has it, or says something else. */
type State = "unknown" | "waiting" | "stored" | "contradicted"

interface Group {
  readonly state: State
  readonly entries: ReadonlyArray<Entry>
  /** Where it is contradicted: what the row says. */
  readonly row?: string
}

/** One for each state; of contradictions one for each pair of what is said. */
const groupsOf = (entries: ReadonlyArray<Entry>, rows: ReadonlyMap<RunId, StoredRun>): ReadonlyArray<Group> => {
  const groups = new Map<string, Group & { readonly entries: Array<Entry> }>()
  for (const entry of entries) {
    const met = meets(entry, rows.get(entry.settlement.id))
    const key = met.row === undefined ? met.state : `${entry.settlement.status} ${met.row}`
    const group = groups.get(key) ?? { ...met, entries: [] }
    group.entries.push(entry)
    groups.set(key, group)
  }
  return [...groups.values()]
}

const meets = ({ _tag, settlement }: Entry, row: StoredRun | undefined): Omit<Group, "entries"> => {
  // A tombstone is inserted where there is no row.
  if (row === undefined) return _tag === "Tombstone" ? { state: "waiting" } : { state: "contradicted", row: "no row" }
  if (row.status === "pending" || row.status === "running") {
    const isItsOwn = row.hostId === settlement.hostId && row.attempt === settlement.attempt
    const by = row.hostId === null ? "nobody" : `host ${row.hostId}`
    return isItsOwn
      ? { state: "waiting" }
      : { state: "contradicted", row: `${row.status}, attempt ${row.attempt} of ${by}` }
  }
  // With its token it is the verdict itself, or the cancel that somebody had asked for.
  return row.settleToken === settlement.token || row.status === settlement.status
    ? { state: "stored" }
    : { state: "contradicted", row: row.status }
}

const verdicts = (file: JournalFile, { entries, row, state }: Group): Finding => {
  const count = plural(entries.length, "verdict")
  const where = `${count} in ${file.path}, ${ownerText(file)}`
  const rest = { file: file.path, runIds: entries.map(({ settlement }) => settlement.id) }
  if (state === "stored") return { ...rest, ...stored(file, where) }
  if (state === "contradicted")
    return { ...rest, ...contradicted(file, where, entries[0]?.settlement.status ?? "", row ?? "") }
  if (file.kind === "rejected") return { ...rest, ...setAside(where) }
  return { ...rest, ...(file.writer?.isGone === false ? live(where) : parked(where, state)) }
}

const ownerText = ({ kind, writer }: JournalFile): string => {
  if (kind === "rejected") return "which were set aside"
  if (writer === undefined) return "which its host closed in good order"
  return writer.isGone ? `whose process ${writer.pid} is gone` : `whose process ${writer.pid} is running`
}

type Told = Pick<Finding, "kind" | "weight" | "found" | "means" | "todo">

const parked = (found: string, state: State): Told => ({
  kind: "parkedJournal",
  weight: "problem",
  found: state === "waiting" ? `${found}, and their rows wait for them` : found,
  means:
    "These runs had ended when their host went away, and the database had not taken it. What their rows say is not the end of it.",
  todo: "Start a host with this journal and this database, before another host judges the runs to be lost: it writes them into the rows at its start."
})

const live = (found: string): Told => ({
  kind: "liveJournal",
  weight: "note",
  found,
  means:
    "The host keeps what the database does not take, and goes on trying. Of what was written since, some may still stand there.",
  todo: "Look at the WriteFailed lines of its log, and at the database, if this does not pass."
})

const setAside = (found: string): Told => ({
  kind: "setAside",
  weight: "problem",
  found,
  means: "A replay could not write them, since the rows said something else, and nobody has looked at them yet.",
  todo: "Compare each with its row: --database does it. A terminal row refuses every change, so correct it where it is shown; then remove the file."
})

const stored = ({ kind, writer }: JournalFile, found: string): Told => ({
  kind: "storedVerdicts",
  weight: "note",
  found: `${found}, and their rows have them`,
  means: "They were written, and the journal was not tidied up any more.",
  todo:
    kind === "rejected"
      ? "Nothing; the file may be removed when nothing else is in it."
      : writer?.isGone === false
        ? "Nothing: its host forgets them."
        : "Nothing: the next host with this journal forgets them."
})

const contradicted = ({ kind }: JournalFile, where: string, verdict: string, row: string): Told => ({
  kind: "contradictedVerdict",
  weight: "problem",
  found: `${where}: ${verdict} there, and ${row} in the database`,
  means:
    row === "no row"
      ? "The row was deleted, or this is the journal of another database."
      : "Another host has settled the run, or goes on with it. The verdict is what the work did, and the row is what everybody was told.",
  todo:
    kind === "rejected"
      ? "Decide which is right. A terminal row refuses every change, so correct it where it is shown; then remove the file."
      : "The row stands: a replay says VerdictOverruled and sets the verdict aside. Decide which is right, and correct it where it is shown."
})

// -- lines and files ---------------------------------------------------------------------------------------

/** Of the lines that cannot be read, those that are named. */
const linesMax = 5

const unusableLines = ({ kind, path, unusable }: JournalFile): Finding => {
  const named = unusable.slice(0, linesMax).map(({ lineNumber, reason }) => `line ${lineNumber}: ${reason}`)
  const more = unusable.length > linesMax ? `; and ${unusable.length - linesMax} more` : ""
  return {
    kind: "unusableLines",
    weight: "problem",
    file: path,
    found: `${plural(unusable.length, "line")} of ${path} cannot be used: ${named.join("; ")}${more}`,
    means:
      "Each may have been a verdict. Somebody else wrote into the file, another version of Holdfast did, or the disk is ill.",
    todo:
      kind === "rejected"
        ? "Look at them, and at the log of the host around that time; then remove the file."
        : "Look at them. The next host with this journal keeps them in a file that ends with .rejected.",
    runIds: []
  }
}

const tornLine = ({ kind, path }: JournalFile): Finding => ({
  kind: "tornLine",
  weight: "note",
  file: path,
  found: `The last line of ${path} is cut off in the middle`,
  means:
    kind === "rejected"
      ? "The process was killed while it set something aside; what it was about is still in its journal."
      : "The process was killed while it wrote. That line had not been promised to anybody.",
  todo: "Nothing.",
  runIds: []
})

const foreignFile = ({ path }: JournalFile): Finding => ({
  kind: "foreignFile",
  weight: "note",
  file: path,
  found: `${path} is no file of a journal`,
  means: "Somebody else put it there. No host reads or changes it.",
  todo: "Nothing, or keep it elsewhere.",
  runIds: []
})
