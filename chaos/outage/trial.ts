/**
 * One trial: a host in an outage is killed at a moment that the seed says, or while it shuts down; the host that follows
 * may be killed as well, in the middle of its replay; the last one comes to its end. Then every verdict that was said to be
 * journaled must be in its row, and every row that says what its work did must say what it did.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { runOf } from "../../src/internal/store/runRow.js"
import { type SqlRow, storedRun } from "../../src/internal/store/sqlRows.js"
import * as RunHistory from "../../src/RunHistory.js"
import type { StoredRun } from "../../src/RunStore.js"
import type { HostProgram } from "../crash/hostProgram.js"
import { fraction } from "../internal/decisionHash.js"
import * as FullDisk from "./fullDisk.js"
import { files, type HostInput } from "./hostInput.js"

export interface Trial {
  readonly seed: number
  /** Processes that died by SIGKILL. */
  readonly kills: number
  /** Works that recorded their end. */
  readonly ended: number
  /** Verdicts that the log says are in the journal. */
  readonly journaled: number
  /** Replays that wrote one, and all replays. */
  readonly applied: number
  readonly replayed: number
  /** Rows that recovery settled: of work that had not ended, or whose verdict had not been journaled. */
  readonly lost: number
  /** Appends that the disk of the journal refused. */
  readonly refused: number
  /** What does not hold; empty where all does. */
  readonly findings: ReadonlyArray<string>
}

/** Of real time, for the last life. */
const lifeLimit = "30 seconds"

export interface TrialOptions {
  readonly host: HostProgram
  /** Where its directory is made. */
  readonly parent: string
  readonly seed: number
  /** Between two lives, in milliseconds. */
  readonly pauseMillis: number
  /** The first life may make no file larger than this, in KiB; its results are such that its journal would be. Defaults to no limit. */
  readonly fileMaxKib?: number | undefined
}

export const trial = (options: TrialOptions): Effect.Effect<Trial> =>
  Effect.gen(function* () {
    const { fileMaxKib, host, parent, pauseMillis, seed } = options
    const directory = join(parent, String(seed))
    yield* Effect.sync(() => mkdirSync(directory))
    const drawn = (what: string) => fraction(what, seed)
    let kills = 0
    const killed = (input: HostInput, afterMillis: number, kib?: number) =>
      Effect.map(lived(host, input, afterMillis, kib), (end) => {
        if (end === "SIGKILL") kills++
      })
    const input: HostInput = { directory, seed, life: "outage" }
    if (fileMaxKib === undefined) {
      const isClosed = drawn("closed") < 0.3
      // Its works end over 700 ms, and are parked and journaled some 100 ms after that.
      yield* killed({ ...input, ...(isClosed ? { closeAfterMillis: 300 } : {}) }, drawn("kill") * 1_200)
    } else {
      // A third each: killed, closed, and alive when the database comes back.
      const fate = fates[seed % fates.length]
      const full = { ...input, resultLength: FullDisk.resultLength, ...fate }
      const killAfter = fate === killedLater ? 700 + drawn("kill") * 1_500 : 30_000
      yield* killed(full, killAfter, fileMaxKib)
    }
    yield* Effect.sleep(pauseMillis)
    // From its start on, so that some are killed while they replay.
    if (drawn("again") < 0.4) yield* killed({ directory, seed, life: "healthy" }, 150 + drawn("second kill") * 250)
    const end = yield* Effect.timeoutOption(lived(host, { directory, seed, life: "healthy" }), lifeLimit)
    const findings = Option.getOrUndefined(end) === "0" ? [] : [`the last life ended with ${JSON.stringify(end)}`]
    return yield* Effect.sync(() => judged(options, directory, kills, findings))
  })

const killedLater = {}
const fates: ReadonlyArray<Partial<HostInput>> = [killedLater, { closeAfterMillis: 2_500 }, { healAfterMillis: 2_000 }]

/** The signal that it died of, or its exit code with what it said. An outage counts the time to its kill from when it is up. */
const lived = (
  { path }: HostProgram,
  input: HostInput,
  killAfterMillis?: number,
  fileMaxKib?: number
): Effect.Effect<string> =>
  Effect.async((resume) => {
    const [command, ...given] = FullDisk.limited(fileMaxKib, [process.execPath, path, JSON.stringify(input)])
    const child = spawn(command, given, { stdio: ["ignore", "pipe", "pipe"] })
    const kill = Effect.sync(() => child.kill("SIGKILL"))
    const killLater = () => {
      if (killAfterMillis !== undefined) Effect.runFork(Effect.delay(kill, killAfterMillis))
    }
    let said = ""
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString("utf8")
    })
    if (input.life === "outage") child.stdout.once("data", killLater)
    else killLater()
    child.on("error", (error) => resume(Effect.die(error)))
    child.on("close", (code, signal) => resume(Effect.succeed(signal ?? `${code}${said}`)))
    return kill
  })

// -- judging ------------------------------------------------------------------------------------------

const textOf = (directory: string, file: string): string =>
  existsSync(join(directory, file)) ? readFileSync(join(directory, file), "utf8") : ""

const rowsIn = (directory: string): ReadonlyArray<StoredRun> => {
  const database = new Sqlite(join(directory, files.database), { readonly: true })
  try {
    return (database.prepare("SELECT * FROM holdfast_runs").all() as ReadonlyArray<SqlRow>).map(storedRun)
  } finally {
    database.close()
  }
}

const isJson = (line: string): boolean => {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

const judged = (
  { fileMaxKib, seed }: TrialOptions,
  directory: string,
  kills: number,
  before: ReadonlyArray<string>
): Trial => {
  const rows = rowsIn(directory)
  const byId = new Map<string, StoredRun>(rows.map((row) => [row.id, row]))
  const ends = new Map<string, string>(
    textOf(directory, files.ends)
      .split("\n")
      .filter((line) => line.endsWith("}"))
      .map((line) => JSON.parse(line) as { readonly id: string; readonly outcome: string })
      .map(({ id, outcome }) => [id, outcome])
  )
  const lines = textOf(directory, files.log).split("\n")
  const torn = lines.filter((line) => line !== "" && !isJson(line))
  // The last line of a process that was killed may be cut off, and no other.
  const history = RunHistory.fromLog(lines.filter((line) => torn.length > kills || !torn.includes(line)).join("\n"))
  const linesOf = <Tag extends (typeof history.lines)[number]["_tag"]>(tag: Tag) =>
    history.lines.flatMap((line) => (line._tag === tag ? [line as Extract<typeof line, { readonly _tag: Tag }>] : []))
  const journaled = new Map(linesOf("VerdictJournaled").map((line) => [line.runId as string, line]))
  const replayed = linesOf("VerdictReplayed")
  const wrong = [...journaled].flatMap(([id, { verdict, workOutcome }]) => {
    const row = byId.get(id)
    return row?.status === verdict && row.workOutcome === workOutcome
      ? []
      : [`run ${id} was journaled as ${verdict}, ${workOutcome}, and its row says ${row?.status}, ${row?.workOutcome}`]
  })
  const unlike = rows.flatMap(({ id, status, workOutcome }) => {
    const end = ends.get(id)
    if (workOutcome === "unknown" || workOutcome === "interrupted" || workOutcome === end) return []
    return [`run ${id} ${end ?? "did not end"}, and its row says ${status}, ${workOutcome}`]
  })
  const active = rows.filter(({ finishedAt }) => finishedAt === null).map(({ id }) => `run ${id} is active for ever`)
  const isFull = fileMaxKib !== undefined
  // Without room in the journal a host that is closed loses verdicts, and says so.
  const saidLost = new Set<string>(isFull ? linesOf("VerdictLost").map(({ runId }) => runId) : [])
  const violations = RunHistory.check(history, { rows: rows.map(runOf) })
    .filter(({ guarantee, runId = "" }) => guarantee !== "G6" || !saidLost.has(runId))
    .map(RunHistory.render)
  const unsaid = isFull ? FullDisk.unsaid(history) : []
  return {
    seed,
    kills,
    ended: ends.size,
    journaled: journaled.size,
    applied: replayed.filter(({ outcome }) => outcome === "Applied").length,
    replayed: replayed.length,
    lost: rows.filter(({ workOutcome }) => workOutcome === "unknown").length,
    refused: linesOf("JournalFailed").filter(({ operation }) => operation === "append").length,
    findings: [...before, ...wrong, ...unlike, ...active, ...violations, ...unsaid]
  }
}
