/**
 * Lives of a host, one after the other, on the same files: each a process of its own that is killed by
 * its own fault or comes to its end. After each of them the file is looked at through a copy, since
 * another connection would recover it before the next life could.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { keyOf, read } from "../../src/internal/journal/journalLines.js"
import { type SqlRow, storedRun } from "../../src/internal/store/sqlRows.js"
import type { RunId } from "../../src/RunId.js"
import type { StoredRun } from "../../src/RunStore.js"
import type { Entry } from "../../src/VerdictJournal.js"
import type { Rule } from "../FaultPlan.js"
import type { HostProgram } from "./hostProgram.js"
import { files, type LifeInput, type ScriptName } from "./lifeInput.js"
import * as Told from "./told.js"

/** What the file says after a life. */
export interface Snapshot {
  readonly rows: ReadonlyMap<RunId, StoredRun>
  /** The state of each host's row. */
  readonly hosts: ReadonlyMap<string, string>
  /** What SQLite's own check says: `ok`, or what is wrong. */
  readonly integrity: string
  /** What is whole in the files of the verdict journal: the last entry for each run and attempt. */
  readonly journal: ReadonlyArray<Entry>
}

/** How a life ended: killed as it should, by itself, or otherwise, and then why. */
export type End = "killed" | "closed" | { readonly why: string }

export interface Life {
  readonly rules: ReadonlyArray<Rule>
  readonly end: End
  readonly after: Snapshot
}

/** All that there is to judge by. */
export interface Evidence {
  readonly script: ScriptName
  readonly lives: ReadonlyArray<Life>
  readonly told: ReadonlyArray<Told.Told>
  /** The kernels' logs, one after the other, as NDJSON. */
  readonly log: string
}

/** Lives that were lived in a directory, of which another one may follow. */
export interface Stage {
  readonly script: ScriptName
  readonly directory: string
  readonly lives: ReadonlyArray<Life>
}

export interface LiveOptions {
  readonly host: HostProgram
  readonly seed: number | undefined
}

/** Of real time. A life takes a fifth of a second; a machine that does other things may need more. */
const lifeLimit = "30 seconds"

/** One life more. */
export const live = (stage: Stage, rules: ReadonlyArray<Rule>, options: LiveOptions): Effect.Effect<Stage> =>
  Effect.gen(function* () {
    const { directory, script } = stage
    const life = stage.lives.length + 1
    const input: LifeInput = {
      directory,
      script,
      life,
      rules,
      ...(options.seed === undefined ? {} : { seed: options.seed })
    }
    const limited = yield* Effect.timeoutOption(processOf(options.host.path, JSON.stringify(input)), lifeLimit)
    const ended = Option.getOrElse(limited, (): Ended => ({ code: null, signal: "none within its time", said: "" }))
    const after = yield* Effect.sync(() => lookAt(directory))
    return { ...stage, lives: [...stage.lives, { rules, end: endOf(ended), after }] }
  })

/** The same lives in a directory of their own, so that several others can follow them. */
export const copyTo = (stage: Stage, directory: string): Effect.Effect<Stage> =>
  Effect.sync(() => {
    cpSync(stage.directory, directory, { recursive: true })
    return { ...stage, directory }
  })

export const evidenceOf = ({ directory, lives, script }: Stage): Effect.Effect<Evidence> =>
  Effect.sync(() => {
    const read = (file: string) =>
      existsSync(join(directory, file)) ? readFileSync(join(directory, file), "utf8") : ""
    return { script, lives, told: Told.parse(read(files.told)), log: read(files.log) }
  })

// -- the process --------------------------------------------------------------------------------------

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly said: string
}

const endOf = ({ code, said, signal }: Ended): End => {
  if (signal === "SIGKILL") return "killed"
  return code === 0 ? "closed" : { why: `it ended with ${signal ?? code}: ${said}` }
}

/** Interrupted, which is what its time limit does, it kills the process that it has started. */
const processOf = (path: string, input: string): Effect.Effect<Ended> =>
  Effect.async((resume) => {
    const child = spawn(process.execPath, [path, input], { stdio: ["ignore", "ignore", "pipe"] })
    const said: Array<Buffer> = []
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk))
    child.on("error", (error) => resume(Effect.die(error)))
    child.on("close", (code, signal) =>
      resume(Effect.succeed({ code, signal, said: Buffer.concat(said).toString("utf8") }))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

// -- the file -----------------------------------------------------------------------------------------

/** What the next life will find: the file with its write-ahead log; the index of that is made anew. */
const lookAt = (directory: string): Snapshot => {
  const copy = join(directory, "copy")
  mkdirSync(copy)
  try {
    for (const file of [files.database, `${files.database}-wal`]) {
      if (existsSync(join(directory, file))) copyFileSync(join(directory, file), join(copy, file))
    }
    return snapshotOf(join(copy, files.database), journalIn(join(directory, files.journal)))
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** Read as the next life will read it; what is torn had not been promised. */
const journalIn = (directory: string): ReadonlyArray<Entry> => {
  if (!existsSync(directory)) return []
  const entries = readdirSync(directory)
    .filter((file) => file.endsWith(".ndjson"))
    .flatMap((file) => read(readFileSync(join(directory, file), "utf8")).entries)
  return [...new Map(entries.map((entry) => [keyOf(entry.settlement), entry])).values()]
}

const snapshotOf = (path: string, journal: ReadonlyArray<Entry>): Snapshot => {
  const database = new Sqlite(path)
  try {
    const tables = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'holdfast_runs'").all()
    const all = (table: string) =>
      tables.length === 0 ? [] : (database.prepare(`SELECT * FROM ${table}`).all() as ReadonlyArray<SqlRow>)
    const rows = all("holdfast_runs").map(storedRun)
    return {
      rows: new Map(rows.map((row) => [row.id, row])),
      hosts: new Map(all("holdfast_hosts").map((row) => [String(row["host_id"]), String(row["state"])])),
      integrity: String(database.pragma("integrity_check", { simple: true })),
      journal
    }
  } finally {
    database.close()
  }
}
