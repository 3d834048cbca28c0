/**
 * What the documentation shows is true: every example compiles under the strict settings, every complete
 * program runs and prints what it says, and every link points to something.
 *
 * @since 0.1.0
 */
import { execFile } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, posix } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import ts from "typescript"
import { anchors, type Example, examples, examplesOfModule, examplesOfPage, links, pages, read, root } from "./pages.js"

/** Ignored by git and by the linter, and inside the repository, so that packages are found from it. */
const folder = join(root, "dist", "doc-examples")

/** Those of a page lie in one folder, so that they can import each other. */
const pathOf = ({ file, line, name = `line${line}.ts` }: Example): string =>
  join(folder, file.replace(/[^\w]+/g, "_"), name)

/** As Node executes it, beside the example. */
const compiledPathOf = (example: Example): string => pathOf(example).replace(/\.ts$/, ".js")

/**
 * Each stands in a file of its own at the very line that it has on its page, so that errors name the page's lines. Beside
 * it stands what is left of it without its types, which needs no check.
 */
const writeExamples = (all: ReadonlyArray<Example>): void => {
  rmSync(folder, { recursive: true, force: true })
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true }
  for (const example of all) {
    const code = `${"\n".repeat(example.line - 1)}${example.code}\n`
    mkdirSync(dirname(pathOf(example)), { recursive: true })
    writeFileSync(pathOf(example), code)
    writeFileSync(compiledPathOf(example), ts.transpileModule(code, { compilerOptions }).outputText)
  }
}

/** The settings of the documentation's own project, for a check without output, against the package as it was built. */
const compilerOptions = (): ts.CompilerOptions => {
  const config = ts.getParsedCommandLineOfConfigFile(join(root, "docs", "tsconfig.json"), undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"))
    }
  })
  if (config === undefined) throw new Error("docs/tsconfig.json cannot be read")
  // Of a project that others refer to; nothing is emitted here, and the examples lie in another folder. Without `paths`
  // the package is found by its own name, as users find it: the sources have been checked when it was built.
  const { rootDir: _rootDir, outDir: _outDir, tsBuildInfoFile: _info, paths: _paths, ...strict } = config.options
  return { ...strict, composite: false, incremental: false, declaration: false, declarationMap: false, noEmit: true }
}

/** One program for all of them: what takes the time is `effect`, and it is read once. */
const complaintsAbout = (all: ReadonlyArray<Example>): ReadonlyArray<string> => {
  writeExamples(all)
  const placeOf = new Map(all.map((example) => [pathOf(example).replaceAll("\\", "/"), example.file]))
  const program = ts.createProgram([...placeOf.keys()], compilerOptions())
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n")
    if (diagnostic.file === undefined || diagnostic.start === undefined) return message
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start)
    return `${placeOf.get(diagnostic.file.fileName) ?? diagnostic.file.fileName}:${line + 1}: ${message}`
  })
}

/** Must be complained about: if it is not, the others were not looked at either. */
const canary: Example = { file: "canary.md", line: 7, code: 'const n: number = "text"\nexport { n }', isProgram: false }

/** What a program says that it prints. */
const promisedOutput = ({ code }: Example): ReadonlyArray<string> =>
  [...code.matchAll(/\/\/ prints: (.+)$/gm)].map((match) => match[1] ?? "")

/** By Node, which finds the package that was built by its own name. Vitest wants to be heard from meanwhile. */
const run = (example: Example): Effect.Effect<{ readonly status: number | null; readonly output: string }> =>
  Effect.acquireUseRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-example-"))),
    (directory) =>
      Effect.async((resume) => {
        const child = execFile(
          process.execPath,
          [compiledPathOf(example)],
          { cwd: directory, timeout: 60_000 },
          (_, stdout, stderr) => resume(Effect.succeed({ status: child.exitCode, output: `${stdout}${stderr}` }))
        )
        return Effect.sync(() => child.kill("SIGKILL"))
      }),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
  )

/** What is wrong with a link, if anything. */
const brokenBecause = (file: string, target: string): string | undefined => {
  const [path = "", anchor] = target.split("#", 2)
  const pointsTo = path === "" ? file : posix.normalize(posix.join(dirname(file), path))
  if (pointsTo.startsWith("..")) return "it leaves the repository"
  if (!existsSync(join(root, pointsTo))) return "there is no such file"
  if (anchor === undefined || anchors(read(pointsTo)).has(anchor)) return undefined
  return `${pointsTo} has no heading of this name`
}

describe("the examples of the documentation", () => {
  const all = examples()
  const programs = all.filter(({ isProgram }) => isProgram)

  it("are found on pages and in docstrings, with the line that they stand at", () => {
    const page = "text\n```ts run\none\ntwo\n```\n```sh\nls\n```\n```ts name=three.ts\nthree\n```"
    assert.deepStrictEqual(
      examplesOfPage("a.md", page).map(({ code, isProgram, line, name }) => [line, code, isProgram, name]),
      [
        [3, "one\ntwo", true, undefined],
        [10, "three", false, "three.ts"]
      ]
    )
    const module = "/**\n * Text.\n *\n * @example\n * one\n *   two\n * @see three\n */\nexport const x = 1\n"
    assert.deepStrictEqual(
      examplesOfModule("a.ts", module).map(({ code, line }) => [line, code]),
      [[5, "one\n  two"]]
    )
    assert.isAbove(all.filter(({ file }) => file.startsWith("docs/")).length, 0)
    assert.isAbove(all.filter(({ file }) => file.startsWith("src/")).length, 0)
  })

  it("compile under the strict settings", { timeout: 120_000 }, () => {
    const found = complaintsAbout([...all, canary])
    const own = found.filter((complaint) => complaint.startsWith("canary.md:"))
    assert.deepStrictEqual(own, ["canary.md:7: Type 'string' is not assignable to type 'number'."])
    assert.deepStrictEqual(
      found.filter((complaint) => !own.includes(complaint)),
      []
    )
    const written = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(({ name }) =>
      name.endsWith(".ts")
    )
    assert.strictEqual(written.length, all.length + 1, "two examples of one page have the same name")
  })

  it("the README has a program, and each program says what it prints", () => {
    assert.isTrue(programs.some(({ file }) => file === "README.md"))
    for (const program of programs) {
      assert.isNotEmpty(promisedOutput(program), `${program.file}:${program.line} has no line "// prints: ..."`)
    }
  })

  for (const program of programs) {
    it.live(
      `the program at ${program.file}:${program.line} prints what it says`,
      () =>
        Effect.gen(function* () {
          if (!existsSync(pathOf(program))) writeExamples(all)
          const { output, status } = yield* run(program)
          assert.strictEqual(status, 0, output)
          const printed = output.split("\n")
          for (const line of promisedOutput(program)) assert.include(printed, line, output)
        }),
      { timeout: 90_000 }
    )
  }
})

describe("the links of the documentation", () => {
  it("point to files and headings that are there", () => {
    const broken = pages()
      .flatMap((file) => links(file, read(file)))
      .flatMap(({ file, line, target }) => {
        const why = brokenBecause(file, target)
        return why === undefined ? [] : [`${file}:${line}: ${target}: ${why}`]
      })
    assert.deepStrictEqual(broken, [])
  })

  it("are complained about where they point nowhere", () => {
    assert.deepStrictEqual(
      links("docs/a.md", "[a](no-such-file.md) [b](https://effect.website)\n```\n[c](d.md)\n```\n[e](#f)").map(
        ({ line, target }) => [line, target]
      ),
      [
        [1, "no-such-file.md"],
        [5, "#f"]
      ]
    )
    assert.strictEqual(brokenBecause("docs/a.md", "no-such-file.md"), "there is no such file")
    assert.strictEqual(brokenBecause("docs/a.md", "../../outside.md"), "it leaves the repository")
    assert.strictEqual(brokenBecause("README.md", "LICENSE"), undefined)
    assert.isDefined(brokenBecause("docs/a.md", "../README.md#no-such-heading"))
    assert.isUndefined(brokenBecause("docs/a.md", "../README.md#what-it-guarantees"))
  })
})
