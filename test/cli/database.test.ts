/**
 * The commands that look at a database, on real files that real kernels wrote.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { terminal } from "../../src/cli/watchCommand.js"
import type { Run } from "../../src/index.js"
import { execute, type Left, leaveDeadHost, read, stoppedHost } from "./hosts.js"
import { idOf } from "./logs.js"
import { folder, holdfast } from "./program.js"

const directory = folder()
let left: Left
beforeAll(async () => {
  left = await stoppedHost(directory)
})

interface Row {
  readonly id: string
  readonly name: string
  readonly status: string
}

const rows = async (...args: ReadonlyArray<string>): Promise<ReadonlyArray<Row>> => {
  const { error, out, status } = await holdfast(["runs", "--database", left.database, "--json", ...args])
  assert.deepStrictEqual([status, error], [0, ""])
  return JSON.parse(out)
}

describe("holdfast runs", () => {
  it("lists the rows, newest first, by name, status and key, and at most so many", async () => {
    assert.deepStrictEqual(
      (await rows()).map(({ name, status }) => [name, status]),
      [
        ["export\u001b[2J", "completed"],
        ["import", "failed"],
        ["import", "completed"]
      ]
    )
    assert.deepStrictEqual(
      (await rows("--status", "failed")).map(({ name }) => name),
      ["import"]
    )
    assert.strictEqual((await rows("--name", "import", "--key", "a")).length, 1)
    assert.strictEqual((await rows("--limit", "2")).length, 2)
  })

  it("prints a table in which no name can move the cursor", async () => {
    const copy = { ...left, database: join(directory, "table.db") }
    execute(left, `VACUUM INTO '${copy.database}'`)
    leaveDeadHost(copy, 1)
    const { out, status } = await holdfast(["runs", "--database", `sqlite:${copy.database}`])
    assert.strictEqual(status, 0)
    assert.match(out, /^ID\s+STATUS\s+NAME/)
    assert.include(out, "export\ufffd[2J")
    assert.notInclude(out, "\u001b")
    assert.match(out, /failed \(WorkFailed\)/)
    assert.match(out, /1\/2 rows/)
  })
})

describe("holdfast show", () => {
  it("shows one run whole, with its history where a log is given", async () => {
    const [failed] = await rows("--status", "failed")
    const { out, status } = await holdfast(["show", failed?.id ?? "", "-d", left.database, "--log", left.log])
    assert.strictEqual(status, 0)
    assert.match(out, /status\s+failed/)
    assert.match(out, /finishedAt\s+\d{4}-\d\d-\d\dT/)
    assert.match(out, /run.ndjson:\d+ {2}\{"_tag":"WorkEnded"/)
    assert.match(out, /rows compared\s+1/)
    const asJson = await holdfast(["show", failed?.id ?? "", "-d", left.database, "--json"])
    assert.include(JSON.parse(asJson.out), { id: failed?.id, status: "failed", workOutcome: "failed" })
  })

  it("shows the result and the error of a run as text, cut where they are long, and whole with --json", async () => {
    const copy = { ...left, database: join(directory, "long.db") }
    execute(left, `VACUUM INTO '${copy.database}'`)
    execute(copy, "DROP TRIGGER holdfast_runs_terminal_is_final")
    execute(copy, `UPDATE holdfast_runs SET result = '"' || char(27) || '${"x".repeat(60_000)}"' WHERE run_key = 'a'`)
    const [completed] = await rows("--key", "a")
    const [failed] = await rows("--key", "b")
    const long = await holdfast(["show", completed?.id ?? "", "-d", copy.database])
    assert.match(long.out, /^result\s+"\ufffdx+… \(the first 2,000 of 60,003 characters; --json prints all\)$/m)
    assert.isBelow(long.out.length, 4_000)
    const whole = await holdfast(["show", completed?.id ?? "", "-d", copy.database, "--json"])
    assert.lengthOf(JSON.parse(whole.out).result, 60_003)
    const { out } = await holdfast(["show", failed?.id ?? "", "-d", copy.database])
    assert.match(out, /^error\s+\{"reason":"WorkFailed","message":"unreadable"/m)
  })
})

describe("holdfast inspect --database", () => {
  it("compares each run with its row", async () => {
    const { out, status } = await holdfast(["inspect", left.log, "--database", left.database])
    assert.strictEqual(status, 0)
    assert.match(out, /rows compared\s+3/)
  })

  it("finds rows that are gone, and rows that say something else", async () => {
    const copy = { ...left, database: join(directory, "changed.db") }
    execute(left, `VACUUM INTO '${copy.database}'`)
    execute(copy, "DROP TRIGGER holdfast_runs_terminal_is_final")
    execute(copy, "UPDATE holdfast_runs SET status = 'failed' WHERE run_key = 'a'")
    execute(copy, "DELETE FROM holdfast_runs WHERE run_key = 'b'")
    const { out, status } = await holdfast(["inspect", left.log, "--database", copy.database])
    assert.strictEqual(status, 1)
    assert.match(out, /rows compared\s+3\s+1 are not there/)
    assert.match(out, /expected the row to say completed\n {2}found failed/)
    assert.match(out, /expected the row to say failed\n {2}found no row/)
    assert.match(out, /^2 violations$/m)
  })
})

describe("holdfast watch", () => {
  it("tells each run that is new or has changed, and ends after so many readings", async () => {
    const args = ["watch", "--database", left.database, "--times", "2", "--every", "50 millis"]
    const { out, status } = await holdfast(args)
    assert.strictEqual(status, 0)
    assert.deepStrictEqual(
      out
        .trim()
        .split("\n")
        .map((line) => line.split("  ")[2]),
      ["import", "import", "export\ufffd[2J"]
    )
    const asJson = await holdfast([...args, "--json", "--status", "failed"])
    assert.strictEqual((JSON.parse(asJson.out) as Row).status, "failed")
  })
})

describe("holdfast watch, in a terminal", () => {
  it("draws the table over itself, within the window, and no name moves the cursor", async () => {
    const written: Array<string> = []
    const window = { isTTY: true, columns: 60, rows: 6, write: (text: string) => written.push(text) }
    const screen = terminal(window as unknown as NodeJS.WriteStream)
    const shown = await rows()
    const draw = (now: number) => {
      const from = written.length
      Effect.runSync(screen.show(shown as unknown as ReadonlyArray<Run.Run>, now))
      return written.slice(from).join("")
    }
    const text = draw(1_760_000_000_000)
    const lines = text
      .replace(/\u001b\[[?\d]*[a-zA-Z]/g, "")
      .trimEnd()
      .split("\n")
    assert.match(lines[0] ?? "", /^2025-10-09T\S+ {2}3 runs$/)
    assert.isAtMost(lines.length, 6)
    for (const line of lines) assert.isAtMost(line.length, 60)
    assert.include(text, "completed")
    assert.notInclude(text, "\u001b[2J")
    const again = draw(1_760_000_001_000)
    assert.strictEqual(again.split("\u001b[1A").length - 1, lines.length, "up again, over all of its lines")
    screen.end()
  })
})

describe("holdfast cancel", () => {
  it("records the cancel in the row of a run that is active, with its reason", async () => {
    const copy = { ...left, database: join(directory, "cancel.db") }
    execute(left, `VACUUM INTO '${copy.database}'`)
    const id = leaveDeadHost(copy, 1)
    const { out, status } = await holdfast(["cancel", id, "--database", copy.database, "--reason", "wrong file"])
    assert.strictEqual(status, 0)
    assert.match(out, /is recorded/)
    assert.strictEqual(read(copy, "SELECT cancel_reason FROM holdfast_runs WHERE status = 'running'"), "wrong file")
  })

  it("settles a pending run that nobody owns", async () => {
    const copy = { ...left, database: join(directory, "pending.db") }
    execute(left, `VACUUM INTO '${copy.database}'`)
    const id = leaveDeadHost(copy, 1)
    execute(copy, `UPDATE holdfast_runs SET status = 'pending', host_id = NULL WHERE run_id = '${id}'`)
    const { out } = await holdfast(["cancel", id, "--database", copy.database])
    assert.match(out, /was pending, and is cancelled/)
    assert.strictEqual(read(copy, `SELECT status FROM holdfast_runs WHERE run_id = '${id}'`), "cancelled")
  })

  it("says that it comes too late, and exits with 1", async () => {
    const [failed] = await rows("--status", "failed")
    const { out, status } = await holdfast(["cancel", failed?.id ?? "", "--database", left.database])
    assert.strictEqual(status, 1)
    assert.match(out, /Too late: run .* is failed/)
  })
})

describe("holdfast doctor", () => {
  const doctor = async (database: string) => {
    const { error, out, status } = await holdfast(["doctor", "--database", database, "--json"])
    assert.strictEqual(error, "")
    return { status, findings: JSON.parse(out) as ReadonlyArray<{ kind: string; runIds: ReadonlyArray<string> }> }
  }
  const copyOf = (name: string): Left => {
    const copy = { ...left, database: join(directory, name) }
    execute(left, `VACUUM INTO '${copy.database}'`)
    return copy
  }

  it("finds nothing where nothing is wrong, and says what it looked at", async () => {
    const { out, status } = await holdfast(["doctor", "--database", left.database])
    assert.strictEqual(status, 0)
    assert.match(out, /nothing found/)
  })

  it("finds a host whose lease ran out, and the runs that it left", async () => {
    const copy = copyOf("dead.db")
    const id = leaveDeadHost(copy, 1)
    const { findings, status } = await doctor(copy.database)
    assert.deepStrictEqual(
      [status, findings.map(({ kind, runIds }) => [kind, runIds])],
      [
        1,
        [
          ["deadHost", []],
          ["orphans", [id]]
        ]
      ]
    )
    const { out } = await holdfast(["doctor", "--database", copy.database])
    assert.match(out, /What it means: .*\n {2}What to do: /)
  })

  it("finds no fault with a host that holds its lease", async () => {
    const copy = copyOf("live.db")
    leaveDeadHost(copy, 8.64e15)
    assert.deepStrictEqual(await doctor(copy.database), { status: 0, findings: [] })
  })

  it("finds active runs of a host that has no row, and notes one that is fenced", async () => {
    const copy = copyOf("gone.db")
    const id = leaveDeadHost(copy, 1)
    execute(copy, "UPDATE holdfast_hosts SET state = 'fenced'")
    assert.deepStrictEqual(
      (await doctor(copy.database)).findings.map(({ kind }) => kind),
      ["fencedHost", "orphans"]
    )
    execute(copy, "DELETE FROM holdfast_hosts")
    const { findings } = await doctor(copy.database)
    assert.deepStrictEqual(
      findings.map(({ kind, runIds }) => [kind, runIds]),
      [["orphans", [id]]]
    )
  })

  it("says of a foreign database, an older and a newer one what they are, and changes none", async () => {
    const foreign = { ...left, database: join(directory, "foreign.db") }
    execute(foreign, "CREATE TABLE t (x)")
    const older = copyOf("older.db")
    execute(older, "UPDATE holdfast_migrations SET migration_id = 0")
    const newer = copyOf("newer.db")
    execute(newer, "UPDATE holdfast_migrations SET migration_id = 99")
    for (const [{ database }, kind] of [
      [foreign, "noTables"],
      [older, "olderTables"],
      [newer, "newerTables"]
    ] as const) {
      const before = readFileSync(database)
      const { findings, status } = await doctor(database)
      assert.deepStrictEqual([status, findings[0]?.kind], [1, kind])
      const cancelled = await holdfast(["cancel", idOf(1), "--database", database])
      assert.strictEqual(cancelled.status, 2)
      assert.match(cancelled.error, /no tables of Holdfast|are at version/)
      assert.isTrue(before.equals(readFileSync(database)), `${kind} is as it was`)
    }
  })

  it("finds a damaged database", async () => {
    const copy = copyOf("damaged.db")
    const bytes = readFileSync(copy.database)
    bytes.fill(0x5a, 4096 + 8, 3 * 4096)
    writeFileSync(copy.database, bytes)
    const { findings, status } = await doctor(copy.database)
    assert.deepStrictEqual([status, findings.map(({ kind }) => kind)], [1, ["damaged"]])
  })
})
