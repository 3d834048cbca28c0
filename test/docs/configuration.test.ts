/**
 * The configuration page against the code: every option, default and log line that the code has is on
 * the page, and what the page says of it is so. The SQL by which a lost verdict is
 * repaired is executed.
 *
 * @since 0.1.0
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SchemaAST from "effect/SchemaAST"
import ts from "typescript"
import { type RunId, RunKernel, RunLog, RunStore } from "../../src/index.js"
import { levelOf } from "../../src/internal/log/lineWriter.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import { namedRows, read } from "./pages.js"

const page = read("docs/configuration.md")

/** The cells of the table rows whose first cell is one name in backticks; the first of a name, the kernel's. */
const rows: ReadonlyMap<string, ReadonlyArray<string>> = new Map([...namedRows(page)].reverse())

/** The names of the fields of an interface, as its source has them. */
const fieldsOf = (file: string, name: string): ReadonlyArray<string> => {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)
  const found: Array<string> = []
  for (const statement of source.statements) {
    if (!ts.isInterfaceDeclaration(statement) || statement.name.text !== name) continue
    for (const member of statement.members) {
      if (member.name !== undefined && ts.isIdentifier(member.name)) found.push(member.name.text)
    }
  }
  if (found.length === 0) throw new Error(`${file} has no interface ${name} with fields`)
  return found
}

/** Defaults that follow from something else. */
const derived = { renewEvery: "a third of `leaseDuration`", onLeaseEnd: "the store's" }

/** `1 minute` for a duration, `8` for a number: as the page says a default. */
const isSaid = (said: string, value: unknown): boolean =>
  Duration.isDuration(value)
    ? Duration.equals(Duration.decode(said as Duration.DurationInput), value)
    : Number(said) === value

describe("the configuration page", () => {
  it("says the default of every option of the kernel", () => {
    const { persist, ...defaults } = RunKernel.defaults
    const all: ReadonlyArray<readonly [string, unknown]> = [
      ...Object.entries(defaults),
      ...Object.entries(persist).map(([name, value]) => [`persist.${name}`, value] as const)
    ]
    for (const [name, value] of all) {
      const said = rows.get(name)?.[0]
      assert.isDefined(said, `${name} is not on the page`)
      assert.isTrue(isSaid(said ?? "", value), `the page says that ${name} defaults to ${said}; it is ${value}`)
    }
    for (const [name, said] of Object.entries(derived)) assert.strictEqual(rows.get(name)?.[0], said, name)
    assert.sameMembers(
      [...Object.keys(defaults), ...Object.keys(derived), "persist"],
      [...fieldsOf("src/RunKernel.ts", "Options")],
      "every option has a default"
    )
    assert.sameMembers(Object.keys(persist), [...fieldsOf("src/RunKernel.ts", "PersistOptions")])
  })

  it("has every other option", () => {
    const options = [
      ["src/RunKernel.ts", "Policies"],
      ["src/Work.ts", "Options"],
      ["src/Work.ts", "StartOptions"],
      ["src/SqlRunStore.ts", "Options"],
      ["src/SqliteRunStore.ts", "Options"]
    ] as const
    const missing = options.flatMap(([file, name]) =>
      fieldsOf(file, name)
        .filter((field) => !rows.has(field))
        .map((field) => `${file}: ${field}`)
    )
    assert.deepStrictEqual(missing, [])
  })

  it("has every line of the log, with the level that it is written at", () => {
    const tags = RunLog.Line.members.map((member) => Option.getOrThrow(SchemaAST.getIdentifierAnnotation(member.ast)))
    const levels = new Set(["Info", "Warning", "Error", "Fatal"])
    const onPage = [...rows].filter(([, cells]) => levels.has(cells[0] ?? "")).map(([name]) => name)
    assert.sameMembers(onPage, [...tags])
    for (const tag of tags) {
      const level = levelOf(tag as RunLog.Line["_tag"])._tag
      assert.strictEqual(rows.get(tag)?.[0], level, tag)
    }
  })
})

describe("the repair of a lost verdict", () => {
  const repair = /```sql\n([\s\S]*?)```/.exec(read("docs/run-lifecycle.md"))?.[1] ?? ""
  const hostId = "01890000-0000-7000-8000-000000000001"

  const run = (id: string): RunStore.NewRun => ({
    id: id as RunId.RunId,
    name: "import",
    key: null,
    idempotencyKey: null,
    payload: null,
    payloadHash: null,
    hostId: hostId as RunId.HostId,
    attemptMax: 1,
    onHostExit: "fail",
    createdAt: 1_000
  })

  const settlement = {
    attempt: 1,
    status: "completed",
    workOutcome: "succeeded",
    finishedAt: 2_000,
    result: "42",
    error: null,
    cancelRequestedAt: null,
    cancelReason: null,
    token: `${hostId}:1`
  }

  it.scoped("writes the settlement of the line, or the cancel that the row has, and never over a terminal row", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const filename = join(directory, "runs.db")
      const [plain, cancelled] = [
        "01890000-0000-7000-8000-00000000000a",
        "01890000-0000-7000-8000-00000000000b"
      ] as const
      const store = Context.get(yield* Layer.build(SqliteRunStore.layer({ filename })), RunStore.RunStore)
      yield* store.insert([run(plain), run(cancelled)])
      yield* store.requestCancel([{ id: cancelled as RunId.RunId, requestedAt: 1_500, reason: "enough", token: "x" }])
      const database = yield* Effect.acquireRelease(
        Effect.sync(() => new Sqlite(filename)),
        (opened) => Effect.sync(() => opened.close())
      )
      const repaired = (runId: string, status: string) =>
        database.prepare(repair).run({ ...settlement, status, hostId, runId }).changes
      assert.deepStrictEqual([repaired(plain, "completed"), repaired(cancelled, "completed")], [1, 1])
      assert.strictEqual(repaired(plain, "failed"), 0)
      const rowsNow = yield* store.list({})
      const statuses = new Map(rowsNow.map((row) => [row.id as string, [row.status, row.result, row.cancelReason]]))
      assert.deepStrictEqual(statuses.get(plain), ["completed", "42", null])
      assert.deepStrictEqual(statuses.get(cancelled), ["cancelled", "42", "enough"])
    })
  )
})

const temporaryDirectory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
