/**
 * The commands that look at a database: the built program on real files that real kernels wrote.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { execute, type Left, leaveDeadHost, read, stoppedHost } from "./hosts.js"
import { idOf } from "./logs.js"
import { folder, holdfast, main } from "./program.js"

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
    assert.match(out, /^ID\s+NAME\s+KEY\s+STATUS/)
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

describe("a command on a database, given what it cannot use", () => {
  const text = join(directory, "text.db")
  writeFileSync(text, "this is no database, and it is long enough to be taken for one ".repeat(20))
  const given: ReadonlyArray<readonly [string, (left: Left) => ReadonlyArray<string>, RegExp]> = [
    ["no database", () => ["runs"], /Expected to find option: '--database'/],
    ["a file that is not there", () => ["runs", "-d", "none.db"], /no database file "none.db"/],
    ["a directory", () => ["runs", "-d", directory], /is a directory/],
    ["a file that is no database", () => ["runs", "-d", text], /not a database/],
    ["a limit of nothing", ({ database }) => ["runs", "-d", database, "--limit", "0"], /--limit is 0/],
    ["a limit that is no number", ({ database }) => ["runs", "-d", database, "--limit", "x"], /'x' is not a integer/],
    ["a status that is none", ({ database }) => ["runs", "-d", database, "--status", "done"], /completed/],
    [
      "a URL that is none",
      () => ["doctor", "-d", "postgres://u:secret@h:x/d"],
      /URL of the Postgres database cannot be read/
    ],
    ["another system", () => ["doctor", "-d", "mysql://u:secret@h/d"], /"mysql:" is no database/],
    ["a scheme alone", () => ["doctor", "-d", "postgres:u:secret@h"], /"postgres:" is no database/],
    ["an id that is none", ({ database }) => ["show", "seven", "-d", database], /"seven" is no run id/],
    ["no id", ({ database }) => ["show", "-d", database], /Missing argument <ID>/],
    ["an id that is not there", ({ database }) => ["show", idOf(7), "-d", database], /has no run/],
    [
      "a log that is not there",
      ({ database }) => ["show", idOf(7), "-d", database, "--log", "none"],
      /There is no log "none"/
    ],
    ["an id to cancel that is not there", ({ database }) => ["cancel", idOf(7), "-d", database], /has no run/],
    ["a pause that is none", ({ database }) => ["watch", "-d", database, "--every", "often"], /"often" is no duration/],
    [
      "a pause that is too short",
      ({ database }) => ["watch", "-d", database, "--every", "1 millis"],
      /Expected 50ms or more/
    ],
    ["no readings", ({ database }) => ["watch", "-d", database, "--times", "0"], /--times is 0/],
    ["a command that there is not", () => ["show-all"], /Invalid subcommand/]
  ]
  for (const [what, argsOf, sentence] of given) {
    it(`${what}: one sentence, no stack trace, and exit 2`, async () => {
      const { error, out, status } = await holdfast(argsOf(left), { cwd: directory })
      assert.strictEqual(status, 2, error)
      assert.match(`${error}${out}`, sentence)
      assert.notMatch(`${error}${out}`, /^\s+at |secret/m)
      assert.strictEqual(`${error}${out}`.trim().split("\n").length, 1, `${error}${out}`)
    })
  }
})

describe("holdfast by itself", () => {
  it("says which package to install where one of those that only it needs is missing", async () => {
    const alone = join(directory, "alone")
    cpSync(dirname(dirname(main)), join(alone, "dist", "src"), { recursive: true })
    writeFileSync(join(alone, "package.json"), '{"type":"module"}')
    const { error, out, status } = await holdfast(["runs"], { main: join(alone, "dist", "src", "cli", "main.js") })
    assert.deepStrictEqual([status, out], [2, ""])
    assert.match(error, /^holdfast needs the package @?[\w/-]+, which is not installed\..*\n {2}npm install /)
  })

  it("says which driver to install where that of the database that is named is missing", async () => {
    const alone = join(directory, "driverless")
    cpSync(dirname(dirname(main)), join(alone, "dist", "src"), { recursive: true })
    writeFileSync(join(alone, "package.json"), '{"type":"module"}')
    const installed = fileURLToPath(new URL("../../node_modules", import.meta.url))
    mkdirSync(join(alone, "node_modules", "@effect"), { recursive: true })
    for (const name of [
      ...readdirSync(installed),
      ...readdirSync(join(installed, "@effect")).map((one) => `@effect/${one}`)
    ]) {
      if (/^(?:\..*|@effect|@effect\/sql-.*)$/.test(name)) continue
      symlinkSync(join(installed, name), join(alone, "node_modules", name))
    }
    const program = join(alone, "dist", "src", "cli", "main.js")
    for (const [database, name] of [
      ["postgres://u:secret@h/d", "@effect/sql-pg"],
      [left.database, "@effect/sql-sqlite-node"]
    ] as const) {
      const { error, out, status } = await holdfast(["runs", "-d", database], { main: program })
      assert.deepStrictEqual([status, out], [2, ""])
      assert.match(error, new RegExp(`^\\w+ needs the package ${name}, which is not installed: npm install ${name}\n$`))
    }
  })

  it("has help with examples for every command, and completions", async () => {
    const help = await holdfast(["--help"])
    for (const name of ["inspect", "runs", "show", "watch", "cancel", "doctor"]) {
      assert.include(help.out, `- ${name}`)
      const { out } = await holdfast([name, "--help"])
      assert.match(out, new RegExp(`holdfast ${name} `))
      assert.include(out, "--json")
    }
    for (const shell of ["bash", "zsh", "fish"]) {
      const { out, status } = await holdfast(["--completions", shell])
      assert.strictEqual(status, 0)
      for (const word of ["inspect", "runs", "show", "watch", "cancel", "doctor", "journal"]) assert.include(out, word)
    }
  })
})
