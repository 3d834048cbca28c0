/**
 * The arrows between modules, as docs/architecture.md draws them, and the rules about files that keep
 * the code readable and replayable.
 *
 * @since 0.1.0
 */
import { basename } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import ts from "typescript"
import { compiledIn, cyclesOf, filesIn, type Graph, graphOf, importsOf, reachedFrom, textOf } from "./moduleGraph.js"

const src = filesIn("src")
const sources = graphOf(src)
const chaos = graphOf(filesIn("chaos"))

const allOf = (graph: Graph, file: string): ReadonlyArray<string> => {
  const imports = graph.get(file)
  return imports === undefined ? [] : [...imports.values, ...imports.types]
}

/** The files that import, by value or by type, something that matches. */
const importersOf = (graph: Graph, pattern: RegExp): ReadonlyArray<string> =>
  [...graph.keys()].filter((file) => allOf(graph, file).some((target) => pattern.test(target)))

/** Who touches `@effect/sql`: a move to its next major version is a change of these, and of no other. */
const touchesSql = [
  "src/SqlConnector.ts",
  "src/SqlRunStore.ts",
  "src/SqliteRunStore.ts",
  "src/PgRunStore.ts",
  "src/RunDatabase.ts",
  "src/internal/store/currentClient.ts",
  "src/internal/store/sqlSchema.ts",
  "src/internal/store/pgChanges.ts",
  // Drops the caller's transaction from the context of the work that it forks.
  "src/internal/runs/launching.ts"
]

/** A module, and what must not be loaded with it. */
const mustNotReach: ReadonlyArray<readonly [string, RegExp, string]> = [
  [
    "src/internal/runs/verdict.ts",
    /./,
    "the verdict depends on nothing: storage can delay an outcome, never change it"
  ],
  ["src/internal/writing/writeLane.ts", /sql|activeRun|settling|running|RunKernel/i, "a lane knows jobs, not runs"],
  [
    "src/internal/writing/statusWriter.ts",
    /sql|activeRun|settling|running|RunKernel/i,
    "the writer knows jobs, not runs"
  ],
  ["src/internal/runs/settling.ts", /running|starting|cancelling|RunKernel\.ts/, "an end needs no beginning"],
  ["src/internal/runs/running.ts", /starting|RunKernel\.ts/, "work does not start runs"],
  ["src/internal/runs/eventHub.ts", /statusWriter|RunStore|settling|RunKernel/, "events are told, not asked for"],
  ["src/RunStore.ts", /sql|statusWriter|RunKernel/i, "the port knows neither who stands before it nor behind it"],
  ["src/RunHistory.ts", /statusWriter|RunStore|RunKernel|sql/i, "a log is read without a kernel and a database"],
  ["src/RunReport.ts", /statusWriter|RunStore|RunKernel|sql/i, "a report is made without a kernel and a database"],
  [
    "src/RunDatabase.ts",
    /statusWriter|RunKernel|sqlite-node/i,
    "who reads a database runs no kernel, and brings his driver"
  ],
  // The main barrel is loaded by hosts on any database.
  [
    "src/index.ts",
    /better-sqlite3|sql-sqlite-node|sql-pg|Sqlite|PgRunStore|SqlRunStore|SqlConnector/,
    "no driver behind the barrel"
  ],
  ["src/SqliteRunStore.ts", /sql-pg/, "a host on one database does not load the driver of another"],
  ["src/PgRunStore.ts", /better-sqlite3|sql-sqlite-node/, "a host on one database does not load the driver of another"]
]

const linesMax = 300

describe("the arrows between modules", () => {
  it("point one way: imports of values in src make no circle", () => {
    assert.deepStrictEqual(cyclesOf(sources), [])
    assert.deepStrictEqual(cyclesOf(chaos), [])
  })

  it("src imports nothing of chaos, docs and tests, and chaos nothing of docs and tests", () => {
    assert.deepStrictEqual(importersOf(sources, /^(?:\.\.\/|chaos\/|test\/|docs\/|dist\/)/), [])
    assert.deepStrictEqual(importersOf(chaos, /^(?:\.\.\/|test\/|docs\/|dist\/)/), [])
    assert.deepStrictEqual(importersOf(sources, /^effect-holdfast/), [], "a self-import loads a second copy")
    assert.deepStrictEqual(importersOf(chaos, /^effect-holdfast/), [], "a self-import loads a second copy")
  })

  it("every import of a module of ours names a file that is there", () => {
    const dangling = [...sources, ...chaos].flatMap(([file, imports]) =>
      [...imports.values, ...imports.types]
        .filter((target) => /^(?:src|chaos)\//.test(target) && !sources.has(target) && !chaos.has(target))
        .map((target) => `${file}: ${target}`)
    )
    assert.deepStrictEqual(dangling, [])
  })

  it("only a named few modules touch @effect/sql, and one of them each driver", () => {
    assert.sameMembers([...importersOf(sources, /^@effect\/sql(?:\/|$)/)], touchesSql)
    assert.deepStrictEqual(importersOf(sources, /better-sqlite3|@effect\/sql-sqlite-node/), ["src/SqliteRunStore.ts"])
    assert.deepStrictEqual(importersOf(sources, /^pg(?:-|$)|@effect\/sql-pg/), ["src/PgRunStore.ts"])
    assert.deepStrictEqual(importersOf(chaos, /^pg(?:-|$)|@effect\/sql-pg/), ["chaos/postgres/operator.ts"])
  })

  it("nothing imports the command line, and it goes through what is public", () => {
    const cli = [...sources.keys()].filter((file) => file.startsWith("src/cli/"))
    assert.isNotEmpty(cli)
    assert.deepStrictEqual(
      [...importersOf(sources, /^src\/cli\//), ...importersOf(chaos, /^src\/cli\//)].filter(
        (file) => !file.startsWith("src/cli/")
      ),
      []
    )
    const internal = cli.flatMap((file) =>
      allOf(sources, file)
        .filter((target) => target.startsWith("src/internal/") && target !== "src/internal/wallClock.ts")
        .map((target) => `${file}: ${target}`)
    )
    assert.deepStrictEqual(internal, [])
    assert.deepStrictEqual(
      importersOf(sources, /^@effect\/(?:cli|platform-node|printer)|^log-update/).filter((file) => !cli.includes(file)),
      [],
      "a host does not install what only the command line needs"
    )
  })

  it("keep apart what must not know of each other", () => {
    const found = mustNotReach.flatMap(([file, pattern, why]) => {
      assert.isTrue(sources.has(file), `${file} is not there`)
      return [...reachedFrom(sources, file)]
        .filter((target) => pattern.test(target))
        .map((target) => `${file} loads ${target}: ${why}`)
    })
    assert.deepStrictEqual(found, [])
  })
})

describe("the files of src", () => {
  it("have at most 300 lines", () => {
    const found = src
      .map((file) => [file, textOf(file).trimEnd().split("\n").length] as const)
      .filter(([, lines]) => lines > linesMax)
    assert.deepStrictEqual(found, [])
  })

  it("stand alone, as those of the other folders: nothing compiled is beside its source", () => {
    assert.deepStrictEqual(["src", "chaos", "docs", "test"].flatMap(compiledIn), [])
  })

  it("are named by what they hold", () => {
    assert.deepStrictEqual(src.filter(isVague), [])
  })

  it("begin with a header that says what they own, since when", () => {
    assert.deepStrictEqual(
      src.filter((file) => !hasHeader(textOf(file))),
      []
    )
  })

  it("take time, chance and sleep from Effect only", () => {
    assert.deepStrictEqual(
      src.flatMap((file) => walksPastTheClock(file, textOf(file))),
      // Lets the event loop turn: no time, and not under a scheduler of somebody else's.
      ["src/internal/writing/eventLoop.ts:21: setImmediate"]
    )
  })
})

const hasHeader = (text: string): boolean => {
  const header = /^(?:#!.*\n)?\/\*\*\n([\s\S]*?)\*\//.exec(text)?.[1]
  return header !== undefined && /^ \* @since \d+\.\d+\.\d+$/m.test(header) && /^ \* [A-Z`]/m.test(header)
}

const isVague = (file: string): boolean => /^(?:utils?|helpers?|types|common|misc|shared)\.ts$/i.test(basename(file))

const forbidden: ReadonlyArray<RegExp> = [
  /^Date\.now$/,
  /^Math\.random$/,
  /^performance\.now$/,
  /^(?:globalThis\.)?set(?:Timeout|Interval|Immediate)$/,
  /^(?:crypto\.)?randomUUID$/,
  /^new Date$/
]

/** Calls, and mentions as a value, of what a virtual clock and a seeded Random do not reach. */
const walksPastTheClock = (file: string, text: string): ReadonlyArray<string> => {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found: Array<string> = []
  const visit = (node: ts.Node): void => {
    const said = ts.isNewExpression(node)
      ? `new ${node.expression.getText()}`
      : ts.isPropertyAccessExpression(node) || (ts.isCallExpression(node) && ts.isIdentifier(node.expression))
        ? (ts.isCallExpression(node) ? node.expression : node).getText()
        : undefined
    if (said !== undefined && forbidden.some((pattern) => pattern.test(said))) {
      found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${said}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

describe("the checker", () => {
  const graph = (arrows: Readonly<Record<string, ReadonlyArray<string>>>): Graph =>
    new Map(Object.entries(arrows).map(([file, values]) => [file, { values, types: [] }]))

  it("finds a circle, and only a circle", () => {
    assert.deepStrictEqual(cyclesOf(graph({ a: ["b", "c"], b: ["c"], c: ["effect"] })), [])
    assert.deepStrictEqual(cyclesOf(graph({ a: ["b"], b: ["c"], c: ["b", "d"], d: [] })), [["b", "c", "b"]])
    assert.deepStrictEqual(cyclesOf(graph({ a: ["a"] })), [["a", "a"]])
  })

  it("finds what is loaded by way of others", () => {
    assert.deepStrictEqual([...reachedFrom(graph({ a: ["b"], b: ["c", "x"], c: [], d: ["y"] }), "a")].sort(), [
      "b",
      "c",
      "x"
    ])
  })

  it("tells imports of values from imports of types, and neither from text", () => {
    const text = [
      'import type { A } from "./A.js"',
      'import { type B } from "./B.js"',
      'import "../c.js"',
      'export * as D from "./D.js"',
      'export type { E } from "./E.js"',
      'const f = import("./F.js")',
      'type G = import("./G.js").G',
      '// import "./H.js"',
      "const i = 'import \"./I.js\"'"
    ].join("\n")
    assert.deepStrictEqual(importsOf("src/internal/x.ts", text), {
      values: ["src/internal/B.ts", "src/c.ts", "src/internal/D.ts", "src/internal/F.ts"],
      types: ["src/internal/A.ts", "src/internal/E.ts", "src/internal/G.ts"]
    })
  })

  it("finds a file without a header, and one that is named by nothing", () => {
    assert.isTrue(hasHeader("/**\n * Owns a thing.\n *\n * @since 0.1.0\n */\nexport {}"))
    assert.isFalse(hasHeader("/**\n * Owns a thing.\n */\nexport {}"))
    assert.isFalse(hasHeader('import "x"\n/**\n * Owns a thing.\n *\n * @since 0.1.0\n */'))
    assert.deepStrictEqual(["src/utils.ts", "src/internal/helpers.ts", "src/Run.ts"].map(isVague), [true, true, false])
  })

  it("finds a clock that is walked past, and no comment about one", () => {
    const text =
      "// Date.now()\nconst a = Date.now()\nconst b = new Date(0)\nsetTimeout(() => {}, 1)\nconst c = Math.random"
    assert.deepStrictEqual(walksPastTheClock("x.ts", text), [
      "x.ts:2: Date.now",
      "x.ts:3: new Date",
      "x.ts:4: setTimeout",
      "x.ts:5: Math.random"
    ])
  })
})
