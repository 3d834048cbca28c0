/**
 * Gathers a report while a log is read. What it keeps of single runs is bounded: all are counted, and the
 * remarkable ones are the last to be left out.
 *
 * @since 0.1.0
 */
import type { Guarantee, Violation } from "../../RunHistory.js"
import type { HostId, RunId } from "../../RunId.js"
import type { Line } from "../../RunLog.js"
import type { Collector, Faults, Finding, Host, Options, Quote, Report } from "../../RunReport.js"
import * as Latencies from "./latencies.js"
import { type Entry, entryOf, type State } from "./runEntry.js"

const hostsMax = 1_000
const faultKindsMax = 200

/** @internal */
export const collector = (options: Options = {}): Collector => {
  const { entryMax = 20_000, findingMax = 1_000, placeOf = () => undefined, title = "Holdfast" } = options
  const lines = lineTally()
  const entries = entryShelf(entryMax)
  const findings = findingShelf(findingMax)
  const states: Partial<Record<State, number>> = {}
  const work = Latencies.makeCounter()
  const settling = Latencies.makeCounter()
  let runCount = 0

  const count = (entry: Entry) => {
    runCount += 1
    states[entry.state] = (states[entry.state] ?? 0) + 1
    if (entry.workEndedAt === undefined) return
    work.add(entry.workEndedAt - entry.beganAt)
    if (entry.settledAt !== undefined) settling.add(entry.settledAt - entry.workEndedAt)
  }

  const quotesOf = (violation: Violation): ReadonlyArray<Quote> =>
    violation.evidence.map((line) => ({ place: placeOf(line), text: JSON.stringify(line) }))

  return {
    addLine: lines.add,
    addRun: (timeline, violations, isAgain = false) => {
      const entry = entryOf(timeline)
      if (isAgain) findings.retract(timeline.runId)
      else count(entry)
      for (const violation of violations) findings.add(violation, () => quotesOf(violation))
      entries.add(entry, violations.length > 0)
    },
    addViolation: (violation, quotes) => findings.add(violation, () => quotes ?? quotesOf(violation)),
    report: (): Report => ({
      title,
      ...lines.read(),
      runCount,
      states: { ...states },
      work: work.read(),
      settling: settling.read(),
      ...findings.read(),
      entries: entries.read()
    })
  }
}

// -- parts -------------------------------------------------------------------------------------------------

const lineTally = () => {
  const hosts = new Map<HostId, Host>()
  const faults = new Map<string, Faults>()
  let lineCount = 0
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY

  const addFault = ({ failure }: Extract<Line, { readonly _tag: "WriteFailed" | "LeaseFailed" }>) => {
    const { class: failureClass, code, operation } = failure
    const kind = JSON.stringify([operation, failureClass, code])
    const before = faults.get(kind)
    if (before === undefined && faults.size >= faultKindsMax) return
    faults.set(kind, { operation, class: failureClass, code, count: (before?.count ?? 0) + 1 })
  }

  const add = (line: Line) => {
    lineCount += 1
    from = Math.min(from, line.at)
    to = Math.max(to, line.at)
    if (line._tag === "WriteFailed" || line._tag === "LeaseFailed") addFault(line)
    if (line._tag === "HostStarted" && hosts.size < hostsMax) {
      hosts.set(line.hostId, { hostId: line.hostId, startedAt: line.at, stoppedAt: undefined, unwritten: undefined })
    }
    const host = line._tag === "HostStopped" ? hosts.get(line.hostId) : undefined
    if (host !== undefined && line._tag === "HostStopped") {
      hosts.set(line.hostId, { ...host, stoppedAt: line.at, unwritten: line.unwritten })
    }
  }

  return {
    add,
    read: (): Pick<Report, "lineCount" | "span" | "hosts" | "faults"> => ({
      lineCount,
      span: lineCount === 0 ? undefined : { from, to },
      hosts: [...hosts.values()],
      faults: [...faults.values()].sort((a, b) => b.count - a.count)
    })
  }
}

/** Keeps runs in detail: first those that broke a guarantee, then those to which something happened, then others. */
const entryShelf = (entryMax: number) => {
  const violating = evenShelf(entryMax)
  const eventful = evenShelf(entryMax)
  const plain = evenShelf(entryMax)
  return {
    add: (entry: Entry, isViolating: boolean) => {
      for (const shelf of [violating, eventful, plain]) shelf.remove(entry.id)
      const isEventful = entry.marks.some(({ kind }) => kind !== "settled") || entry.settledAt === undefined
      const shelf = isViolating ? violating : isEventful ? eventful : plain
      shelf.add(entry)
    },
    read: (): ReadonlyArray<Entry> => {
      const kept: Array<Entry> = []
      for (const shelf of [violating, eventful, plain]) kept.push(...evenly(shelf.read(), entryMax - kept.length))
      return kept.sort((a, b) => a.beganAt - b.beganAt)
    }
  }
}

/** All that is put on it as long as there is room, then every second one, every fourth, and so on: over the whole time. */
const evenShelf = (sizeMax: number) => {
  let entries = new Map<RunId, Entry>()
  let step = 1
  let count = 0
  return {
    add: (entry: Entry) => {
      count += 1
      if (count % step !== 0) return
      entries.set(entry.id, entry)
      if (entries.size <= sizeMax) return
      entries = new Map([...entries].filter((_, index) => index % 2 === 0))
      step *= 2
    },
    remove: (id: RunId) => entries.delete(id),
    read: (): ReadonlyArray<Entry> => [...entries.values()]
  }
}

/** So many of them, over their whole order. */
const evenly = (entries: ReadonlyArray<Entry>, many: number): ReadonlyArray<Entry> =>
  entries.length <= many
    ? entries
    : Array.from({ length: many }, (_, index) => entries[Math.floor((index * entries.length) / many)] as Entry)

const findingShelf = (findingMax: number) => {
  const counts: Partial<Record<Guarantee, number>> = {}
  let findings: Array<Finding> = []
  const countUp = (guarantee: Guarantee, by: number) => {
    counts[guarantee] = (counts[guarantee] ?? 0) + by
    if (counts[guarantee] === 0) delete counts[guarantee]
  }
  return {
    add: ({ expected, found, guarantee, runId }: Violation, quotes: () => ReadonlyArray<Quote>) => {
      countUp(guarantee, 1)
      if (findings.length < findingMax) findings.push({ guarantee, runId, expected, found, quotes: quotes() })
    },
    /** Takes back what a run by itself was found to break. A key that was taken too early stays taken. */
    retract: (id: RunId) => {
      const isTaken = ({ guarantee, runId }: Finding) => runId === id && guarantee !== "G8"
      if (!findings.some(isTaken)) return
      for (const finding of findings) if (isTaken(finding)) countUp(finding.guarantee, -1)
      findings = findings.filter((finding) => !isTaken(finding))
    },
    read: (): Pick<Report, "violationCounts" | "findings"> => ({
      violationCounts: { ...counts },
      findings: [...findings].sort((a, b) => Number(a.guarantee.slice(1)) - Number(b.guarantee.slice(1)))
    })
  }
}
