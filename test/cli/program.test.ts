/**
 * The program as a whole, whatever the command: what it says of what it cannot use, its help, and that it runs as a
 * process of its own.
 */
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { execute, type Left, leaveDeadHost, stoppedHost } from "./hosts.js"
import { idOf } from "./logs.js"
import { folder, holdfast, main, spawned } from "./program.js"

const directory = folder()
let left: Left
beforeAll(async () => {
  left = await stoppedHost(directory)
})

describe("a command on a database, given what it cannot use", () => {
  const given: ReadonlyArray<readonly [string, (left: Left) => ReadonlyArray<string>, RegExp]> = [
    ["no database", () => ["runs"], /Expected to find option: '--database'/],
    ["a limit of nothing", ({ database }) => ["runs", "-d", database, "--limit", "0"], /--limit is 0/],
    ["a limit that is no number", ({ database }) => ["runs", "-d", database, "--limit", "x"], /'x' is not a integer/],
    ["a status that is none", ({ database }) => ["runs", "-d", database, "--status", "done"], /completed/],
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
    ["a command that there is not", () => ["show-all"], /Invalid subcommand/],
    [
      "an option that it does not have",
      ({ database }) => ["runs", "-d", database, "--nmae", "x"],
      /unknown argument: '--nmae'/
    ],
    ["a word too many", ({ database }) => ["doctor", "-d", database, "now"], /unknown argument: 'now'/],
    ["an option without its value", () => ["watch", "-d"], /Expected a value following option: '--database'/],
    ["an id to cancel that is none", ({ database }) => ["cancel", "x\u001b[2J", "-d", database], /is no run id/],
    ["half a reading", ({ database }) => ["watch", "-d", database, "--times", "1.5"], /'1.5' is not a integer/]
  ]
  for (const [what, argsOf, sentence] of given) {
    it(`${what}: one sentence, no stack trace, and exit 2`, async () => {
      const { error, out, status } = await holdfast(argsOf(left))
      assert.strictEqual(status, 2, error)
      assert.match(`${error}${out}`, sentence)
      assert.notMatch(`${error}${out}`, /^\s+at |secret/m)
      assert.strictEqual(`${error}${out}`.trim().split("\n").length, 1, `${error}${out}`)
    })
  }
})

describe("every command, given a database that it cannot use", () => {
  const copyOf = (name: string, change: (copy: Left) => void): string => {
    const copy = { ...left, database: join(directory, name) }
    execute(left, `VACUUM INTO '${copy.database}'`)
    change(copy)
    return copy.database
  }
  const fileOf = (name: string, content: Uint8Array): string => {
    writeFileSync(join(directory, name), content)
    return join(directory, name)
  }
  /** In an order of their own, so that the same noise is made each time. */
  const noise = Uint8Array.from({ length: 20_000 }, (_, index) => (index * index * 31 + (index >> 3)) % 256)
  const version = (version: number) => (copy: Left) =>
    execute(copy, `UPDATE holdfast_migrations SET migration_id = ${version}`)
  const given: ReadonlyArray<readonly [string, () => string, RegExp]> = [
    ["a file that is not there", () => join(directory, "nowhere.db"), /There is no database file/],
    ["no name", () => "", /There is no database file ""/],
    ["a directory", () => directory, /is a directory\. Name a file in it/],
    ["an empty file", () => fileOf("empty.db", new Uint8Array()), /no tables of Holdfast/],
    ["a binary file", () => fileOf("noise.db", noise), /not a database/],
    ["a log", () => left.log, /not a database/],
    [
      "a file that was cut off",
      () => copyOf("cut.db", ({ database }) => writeFileSync(database, readFileSync(database).subarray(0, 9_000))),
      /malformed/
    ],
    ["tables of an older version", () => copyOf("old.db", version(0)), /are at version 0/],
    ["tables of a newer version", () => copyOf("new.db", version(99)), /are at version 99.*Use a newer holdfast/],
    ["a URL that is none", () => "postgres://u:secret@h:x/d", /cannot be read\. Expected postgres:/],
    ["a server that is not there", () => "postgres://u:secret@127.0.0.1:1/d", /ECONNREFUSED.*Check that the server/],
    ["another system", () => "mysql://u:secret@h/d", /"mysql:" is no database/]
  ]
  const commands: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["runs", []],
    ["show", [idOf(1)]],
    ["watch", ["--times", "1"]],
    ["cancel", [idOf(1)]],
    ["doctor", []],
    ["inspect", []]
  ]
  for (const [what, databaseOf, sentence] of given) {
    it(`${what}: one sentence each, no stack trace, and nothing is made or changed`, async () => {
      const database = databaseOf()
      const before = existsSync(database) && !statSync(database).isDirectory() ? readFileSync(database) : undefined
      for (const [command, args] of commands) {
        const logs = command === "inspect" ? [left.log] : []
        const { error, out, status } = await holdfast([command, "-d", database, ...args, ...logs])
        const said = `${error}${out}`
        assert.match(said, sentence, command)
        assert.notMatch(said, /^\s+at |secret/m)
        // What the doctor can say something of is a finding.
        const isFinding = command === "doctor" && status === 1
        if (isFinding) assert.match(out, /What it means: .*\n {2}What to do: /)
        else assert.deepStrictEqual([status, out, error.trim().split("\n").length], [2, "", 1], command)
      }
      if (before === undefined) assert.isFalse(existsSync(database) && database !== directory)
      else assert.isTrue(before.equals(readFileSync(database)))
    })
  }
})

describe("holdfast by itself", () => {
  it("is a program: each command prints, and ends with the exit code of what it found", async () => {
    const copy = { ...left, database: join(directory, "process.db") }
    execute(left, `VACUUM INTO '${copy.database}'`)
    const id = leaveDeadHost(copy, 1)
    const ended: ReadonlyArray<readonly [ReadonlyArray<string>, number, RegExp]> = [
      [["runs"], 0, /^ID\s+STATUS[\s\S]*running/],
      [["show", id], 0, /^id\s+0198/],
      [["watch", "--times", "1"], 0, /import {2}running {2}1\/2 rows$/m],
      [["cancel", id], 0, /is recorded/],
      [["doctor"], 1, /^\S+: 2 findings/],
      [["show", idOf(7)], 2, /has no run/],
      [["runs", "--limit", "x"], 2, /'x' is not a integer/]
    ]
    for (const [args, expected, words] of ended) {
      const { error, out, status } = await spawned([...args, "--database", copy.database])
      assert.strictEqual(status, expected, `${args[0]}: ${error}${out}`)
      assert.match(expected === 2 ? error : out, words)
      assert.strictEqual(expected === 2 ? out : error, "", "and nothing beside it")
    }
  })

  it.skipIf(!existsSync("/dev/full"))(
    "says that its output cannot be written, and does not end as if it were",
    async () => {
      const full = openSync("/dev/full", "w")
      const ended = await spawned(["runs", "-d", left.database], { stdout: full })
      closeSync(full)
      assert.deepStrictEqual([ended.status, ended.error.split("\n").length], [2, 2])
      assert.match(ended.error, /^What holdfast prints cannot be written: ENOSPC/)
    }
  )

  it("says which package to install where one of those that only it needs is missing", async () => {
    const alone = join(directory, "alone")
    cpSync(dirname(dirname(main)), join(alone, "dist", "src"), { recursive: true })
    writeFileSync(join(alone, "package.json"), '{"type":"module"}')
    const { error, out, status } = await spawned(["runs"], { main: join(alone, "dist", "src", "cli", "main.js") })
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
      const { error, out, status } = await spawned(["runs", "-d", database], { main: program })
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
