/**
 * What a fleet leaves behind, collected round by round: the files of its processes from where they were read last, and the
 * rows with all their versions.
 *
 * @since 0.1.0
 */
import { closeSync, openSync, readSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { runOf } from "../../src/internal/store/runRow.js"
import * as RunHistory from "../../src/RunHistory.js"
import type { RunId } from "../../src/RunId.js"
import * as RunLog from "../../src/RunLog.js"
import type { StoredRun } from "../../src/RunStore.js"
import type { Freeze } from "./atWork.js"
import type { FleetDatabase } from "./database.js"
import { files } from "./hostInput.js"
import { type Judgement, judge } from "./judge.js"
import { Ledger } from "./ledger.js"
import { parse, type Told } from "./told.js"

/** Of a file that grows: what came since the last time, up to the last whole line. */
class Tail {
  private offset = 0

  constructor(private readonly path: string) {}

  /** Costs nothing where nothing came: the process that reads is also the way of the hosts to their database. */
  read(): string {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0
    if (size <= this.offset) return ""
    const descriptor = openSync(this.path, "r")
    try {
      const buffer = Buffer.allocUnsafe(size - this.offset)
      const length = readSync(descriptor, buffer, 0, buffer.length, this.offset)
      const whole = buffer.subarray(0, buffer.subarray(0, length).lastIndexOf(10) + 1)
      this.offset += whole.length
      return whole.toString("utf8")
    } finally {
      closeSync(descriptor)
    }
  }
}

/** Runs whose end the checker of the log keeps, for what may yet be said of them: those of some rounds. */
const endedMax = 1_000

/** Everything is late where processes are frozen for seconds; what is promised of times is measured elsewhere. */
const toleranceMillis = 60_000

export class Collector {
  readonly ledger = new Ledger()
  private readonly rows = new Map<RunId, StoredRun>()
  private readonly tails = new Map<number, Tail>()
  private readonly log: Tail
  private readonly checker = RunHistory.makeChecker({ endedMax, toleranceMillis })
  private freezes: Array<Freeze> = []
  /** Of this round, for whoever wants to see what led to a finding. */
  readonly told: Array<Told> = []
  readonly lines: Array<RunLog.Line> = []

  constructor(private readonly directory: string) {
    this.log = new Tail(join(directory, files.log))
  }

  readonly froze = (freeze: Freeze): void => void this.freezes.push(freeze)

  /** What the processes have told since the last time. */
  readTold(lives: number): ReadonlyArray<Told> {
    for (let life = 1; life <= lives; life++) {
      const tail = this.tails.get(life) ?? new Tail(join(this.directory, files.toldOf(life)))
      this.tails.set(life, tail)
      this.told.push(...parse(tail.read()))
    }
    return this.told
  }

  /** Judges all that came since the last time. */
  readonly judged = (database: FleetDatabase, lives: number): Effect.Effect<Judgement> =>
    Effect.gen(this, function* () {
      const changes = yield* database.changesAfter(this.ledger.sequence)
      for (const row of yield* database.rows) this.rows.set(row.id, row)
      this.readTold(lives)
      const { rows, told } = this
      const found = judge(this.ledger, { told, changes, rows, freezes: this.freezes })
      return { ...found, findings: [...found.findings, ...this.ofLog()] }
    })

  /** The next round begins: what was told of this one has been judged. */
  next(): void {
    this.told.length = 0
    this.lines.length = 0
    this.freezes = []
  }

  /** There is no more of the log. */
  end(): ReadonlyArray<string> {
    this.checker.end()
    return this.ofTimelines()
  }

  private ofLog(): ReadonlyArray<string> {
    const found: Array<string> = []
    for (const text of this.log.read().split("\n")) {
      if (text === "") continue
      const parsed = RunLog.parse(text)
      if (parsed._tag === "Malformed") found.push(`the log has a line that nobody can read: ${parsed.problem}`)
      if (parsed._tag !== "Kernel") continue
      this.lines.push(parsed.line)
      found.push(...this.checker.add(parsed.line).map(RunHistory.render))
    }
    return [...found, ...this.ofTimelines()]
  }

  private ofTimelines(): ReadonlyArray<string> {
    return this.checker
      .take()
      .filter(({ runId }) => !this.checker.scattered.has(runId))
      .flatMap((timeline) => {
        const row = this.rows.get(timeline.runId)
        const stored = { row: row === undefined ? undefined : runOf(row) }
        const problems = this.checker
          .judge(timeline, stored)
          .map((found) => RunHistory.render({ ...found, evidence: [] }))
        // Of several hosts, so it takes all of it to see what happened.
        return problems.length === 0 ? [] : [[...problems, ...timeline.lines.map(indented)].join("\n")]
      })
  }
}

const indented = (line: RunLog.Line): string => `    ${JSON.stringify(line)}`
