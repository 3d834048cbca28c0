/**
 * `holdfast doctor --journal`: what waits in the journals that real kernels left, beside the rows of their database.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { diagnoseJournal } from "../../src/cli/journalDiagnosis.js"
import { type RunId, RunKernel, VerdictJournal } from "../../src/index.js"
import * as RunDatabase from "../../src/RunDatabase.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import { execute } from "./hosts.js"
import { folder, holdfast } from "./program.js"

const directory = folder()
const database = join(directory, "runs.db")
const journal = join(directory, "runs.journal")

/** The ids of two runs whose host stopped while the database was locked: their verdicts are in the journal alone. */
const leaveParked = async (): Promise<ReadonlyArray<RunId.RunId>> =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const Runs = RunKernel.layer({
      shutdownGrace: "100 millis",
      persist: { parkAfterAttempts: 1, delayBase: "10 millis" }
    }).pipe(
      Layer.provide(SqliteRunStore.layer({ filename: database })),
      Layer.provide(VerdictJournal.layerFile({ directory: journal })),
      Layer.provide(NodeFileSystem.layer),
      Layer.provide(Logger.remove(Logger.defaultLogger))
    )
    const kernel = Context.get(yield* Scope.extend(Layer.build(Runs), scope), RunKernel.RunKernel)
    const gate = yield* Deferred.make<void>()
    const first = yield* kernel.start("import", Deferred.await(gate))
    const second = yield* kernel.start("import", Deferred.await(gate))
    const lock = new Sqlite(database)
    lock.exec("BEGIN IMMEDIATE")
    yield* Deferred.succeed(gate, undefined)
    // Both are parked by then.
    yield* Effect.exit(Effect.all([first.settled, second.settled], { concurrency: 2 }))
    yield* Scope.close(scope, Exit.void)
    lock.exec("ROLLBACK")
    lock.close()
    return [first.id, second.id]
  }).pipe(Effect.runPromise)

let ids: ReadonlyArray<RunId.RunId> = []
beforeAll(async () => {
  ids = await leaveParked()
})

/** In this process, which costs a tenth of one of its own. */
const diagnosed = async (directory: string, isCompared = false) => {
  const Reading = Layer.provide(RunDatabase.layer(), SqliteRunStore.connectorReadOnly({ filename: database }))
  const rows = Effect.map(RunDatabase.RunDatabase, ({ storedAll }) => storedAll)
  const findings = await Effect.flatMap(isCompared ? rows : Effect.succeed(undefined), (rowsOf) =>
    diagnoseJournal(directory, rowsOf)
  ).pipe(Effect.provide(Layer.merge(Reading, NodeFileSystem.layer)), Effect.runPromise)
  return { findings, kinds: findings.map(({ kind }) => kind) }
}

/** The text of the one file that the kernel left. */
const left = (): string => {
  const [file = ""] = readdirSync(journal).filter((name) => name.endsWith(".free.ndjson"))
  return readFileSync(join(journal, file), "utf8")
}

/** A journal's directory with one file, as the process that `owner` names would have it. */
const journalOf = (name: string, owner: string, text: string): string => {
  const made = join(directory, name)
  mkdirSync(made)
  writeFileSync(join(made, `01900000-0000-7000-8000-0000000000aa.${owner}`), text)
  return made
}

describe("holdfast doctor --journal", () => {
  it("finds the verdicts that a host left, what they mean, and changes nothing", async () => {
    const before = readdirSync(journal)
    const text = left()
    const { findings, kinds } = await diagnosed(journal)
    assert.deepStrictEqual(kinds, ["parkedJournal"])
    assert.sameMembers([...(findings[0]?.runIds ?? [])], [...ids])
    assert.match(findings[0]?.found ?? "", /^2 verdicts in .*\.free\.ndjson, which its host closed in good order$/)
    assert.deepStrictEqual([readdirSync(journal), left()], [before, text])
    const { out, status } = await holdfast(["doctor", "-j", journal])
    assert.strictEqual(status, 1)
    assert.match(out, /\n {4}run [0-9a-f-]{36}\n[\s\S]* {2}What it means: .*\n {2}What to do: Start a host/)
  })

  it("tells which verdicts the rows wait for, which they have, and which they contradict", async () => {
    const [first, second] = ids as readonly [RunId.RunId, RunId.RunId]
    const { out, status } = await holdfast(["doctor", "-j", journal, "-d", database, "--json"])
    assert.strictEqual(status, 1)
    assert.match(JSON.parse(out).at(-1).found, /2 verdicts .* and their rows wait for them/)
    const settle = (id: string, status: string, token: string) =>
      `UPDATE holdfast_runs SET status = '${status}', work_outcome = 'unknown', finished_at = 1, settle_token = ${token} WHERE run_id = '${id}'`
    const settledOf = { database, log: "" }
    execute(settledOf, settle(first, "completed", "host_id || ':1'"))
    execute(settledOf, settle(second, "failed", "'somebody'"))
    const { findings } = await diagnosed(journal, true)
    assert.deepStrictEqual(
      findings
        .slice(-2)
        .map(({ kind, runIds, weight }) => [kind, weight, runIds])
        .sort(),
      [
        ["contradictedVerdict", "problem", [second]],
        ["storedVerdicts", "note", [first]]
      ]
    )
    assert.isTrue(findings.some(({ found }) => found.endsWith(": completed there, and failed in the database")))
    execute(settledOf, "DELETE FROM holdfast_runs")
    const gone = await diagnosed(journal, true)
    assert.match(gone.findings.at(-1)?.found ?? "", /^2 verdicts .*: completed there, and no row in the database$/)
  })

  it("tells the journal of a running process from that of one that is gone", async () => {
    const stat = readFileSync(`/proc/${process.pid}/stat`, "utf8")
    const began = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8)
    const running = journalOf("running.journal", `${process.pid}-${began}-${boot}.ndjson`, `${left()}{"holdf`)
    // What is being written now looks torn, and is none of the doctor's business.
    const { findings, kinds } = await diagnosed(running)
    assert.deepStrictEqual([kinds, findings[0]?.weight], [["liveJournal"], "note"])
    assert.include(findings[0]?.found, `whose process ${process.pid} is running`)
    const gone = await diagnosed(journalOf("gone.journal", "4194305-1-00000000.ndjson", left()))
    assert.deepStrictEqual(gone.kinds, ["parkedJournal"])
    assert.include(gone.findings[0]?.found, "whose process 4194305 is gone")
  })

  it("names lines that cannot be used, a torn last line, what was set aside, and files of others", async () => {
    const [line = ""] = left().split("\n")
    const text = `${line.replace('"completed"', '"cancelled"')}\nhello\n${line}\n{"holdfastJournal":1,"sh`
    const made = journalOf("torn.journal", "free.ndjson", text)
    writeFileSync(join(made, "notes.txt"), "mine")
    writeFileSync(
      join(made, "01900000-0000-7000-8000-0000000000bb.rejected"),
      `${JSON.stringify({ at: 1, reason: "the database has failed for it: NoOp", line })}\n`
    )
    const { findings, kinds } = await diagnosed(made)
    assert.deepStrictEqual(kinds, ["unusableLines", "tornLine", "parkedJournal", "setAside", "foreignFile"])
    assert.match(findings[0]?.found ?? "", /^2 lines of .* line 1: wrong checksum.*; line 2: not JSON/)
    assert.deepStrictEqual(
      findings.map(({ weight }) => weight),
      ["problem", "note", "problem", "problem", "note"]
    )
  })

  it("finds nothing in an empty journal, and says what it looked at", async () => {
    const empty = join(directory, "empty.journal")
    mkdirSync(empty)
    const { out, status } = await holdfast(["doctor", "--journal", empty])
    assert.deepStrictEqual([status, out], [0, `${empty}: nothing found. No verdict waits in a journal.\n`])
  })

  const unusable: ReadonlyArray<readonly [string, ReadonlyArray<string>, RegExp]> = [
    ["nothing to look at", [], /nothing to look at\. Name a database with --database, a journal/],
    ["a directory that is not there", ["--journal", "none.journal"], /There is no directory "none.journal"/],
    ["a file", ["--journal", database], /"[^"]*runs\.db" is a file\. Name the directory/]
  ]
  for (const [what, args, sentence] of unusable) {
    it(`${what}: one sentence and exit 2`, async () => {
      const { error, out, status } = await holdfast(["doctor", ...args])
      assert.deepStrictEqual([status, out], [2, ""])
      assert.match(error, sentence)
      assert.strictEqual(error.trim().split("\n").length, 1)
    })
  }
})
