/**
 * The package as somebody else gets it: packed, unpacked into a project of its own, loaded by plain Node
 * and by the compiler. Nothing is fetched; the other packages are those of this repository.
 *
 * @since 0.1.0
 */
import { spawnSync } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))

interface Ended {
  readonly status: number | null
  readonly output: string
}

/** A child process, bounded in time and without colours. */
const execute = (command: string, args: ReadonlyArray<string>, cwd: string): Ended => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    timeout: 90_000,
    shell: process.platform === "win32" && command === "npm",
    env: { ...process.env, NO_COLOR: "1" }
  })
  return { status, output: `${stdout}${stderr}${error === undefined ? "" : String(error)}` }
}

const node = (args: ReadonlyArray<string>, cwd: string): Ended => execute(process.execPath, args, cwd)

const succeeded = (ended: Ended, what: string): string => {
  assert.strictEqual(ended.status, 0, `${what}: ${ended.output}`)
  return ended.output
}

/** A program of a consumer's, in JavaScript: a run on a file, under a chaos layer, from start to settled. */
const consumer = `
import { Effect, Layer, Logger } from "effect"
import { RunKernel } from "effect-holdfast"
import { Chaos, FaultPlan } from "effect-holdfast/chaos"
import * as SqliteRunStore from "effect-holdfast/SqliteRunStore"
import * as SqlRunStore from "effect-holdfast/SqlRunStore"

const Runs = RunKernel.layer().pipe(
  Layer.provide(SqlRunStore.layer()),
  Layer.provideMerge(Chaos.layerConnector(FaultPlan.once("settle", "busy"))),
  Layer.provide(SqliteRunStore.connector({ filename: "runs.db" })),
  Layer.provideMerge(Logger.remove(Logger.defaultLogger))
)

const main = Effect.gen(function* () {
  const kernel = yield* RunKernel.RunKernel
  const chaos = yield* Chaos.Chaos
  const handle = yield* kernel.start("import", Effect.succeed(42))
  const settled = yield* handle.settled
  const row = yield* kernel.get(handle.id)
  console.log(JSON.stringify([settled.status, row.status, settled.attempts, yield* chaos.firedCount]))
})

Effect.runPromise(main.pipe(Effect.provide(Runs)))
`

/** The same names, for the compiler; the mistakes must not compile. */
const typed = `
import { Effect, Layer, Schema } from "effect"
import { RunKernel, RunStore, Work } from "effect-holdfast"
import { FaultPlan } from "effect-holdfast/chaos"
import * as SqliteRunStore from "effect-holdfast/SqliteRunStore"
// @ts-expect-error internal modules are closed
import { verdict } from "effect-holdfast/internal/runs/verdict"

export const Import = Work.make("import", { payload: { file: Schema.String }, success: Schema.Int })
export const program: Effect.Effect<number, unknown, RunKernel.RunKernel | Work.Registered<"import">> = Effect.flatMap(
  Import.start({ file: "a.csv" }),
  (handle) => handle.result
)
export const Runs = RunKernel.layer().pipe(Layer.provide(SqliteRunStore.layer({ filename: "runs.db" })))
export const Memory: Layer.Layer<RunStore.RunStore> = RunStore.layerMemory
export const plan: FaultPlan.FaultPlan = FaultPlan.none
// @ts-expect-error this payload has no such field
export const wrong = Import.start({ path: "a.csv" })
export { verdict }
export const canary: number = "text"
`

/** A host on another database: asking for a SQLite driver is an error. */
const noDrivers = `
import { register } from "node:module"
const hooks = \`export async function resolve(specifier, context, next) {
  if (/better-sqlite3|sql-sqlite-node/.test(specifier)) throw new Error("a driver is asked for: " + specifier)
  return next(specifier, context)
}\`
register("data:text/javascript," + encodeURIComponent(hooks))
`

const tsconfig = {
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2023"],
    module: "NodeNext",
    moduleResolution: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    verbatimModuleSyntax: true,
    // The declarations are checked too: those that a consumer's own settings would look at.
    skipLibCheck: false,
    noEmit: true,
    types: ["node"]
  },
  include: ["consumer.ts"]
}

describe("the packed package", () => {
  let project = ""
  const installed = () => join(project, "node_modules", "effect-holdfast")

  beforeAll(() => {
    assert.isTrue(
      existsSync(join(root, "dist", "src", "index.js")) && existsSync(join(root, "dist", "chaos", "index.js")),
      "dist is missing: run `npm run check`, which builds it, before the tests (`npm test` does)"
    )
    project = mkdtempSync(join(tmpdir(), "holdfast-consumer-"))
    const modules = join(project, "node_modules")
    mkdirSync(installed(), { recursive: true })
    // Already run: `prepare` patches the compiler, and packing must not do it again under a running suite.
    succeeded(
      execute("npm", ["pack", "--ignore-scripts", "--offline", "--pack-destination", project], root),
      "npm pack"
    )
    const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"))
    assert.isDefined(tarball, "npm pack leaves a tarball")
    succeeded(
      execute("tar", ["-xzf", join(project, tarball ?? ""), "--strip-components", "1", "-C", installed()], project),
      "tar"
    )
    for (const name of readdirSync(join(root, "node_modules"))) {
      if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(modules, name), "junction")
    }
    writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", type: "module", private: true }))
    writeFileSync(join(project, "consumer.js"), consumer)
    writeFileSync(join(project, "noDrivers.js"), noDrivers)
    writeFileSync(join(project, "consumer.ts"), typed)
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(tsconfig))
  }, 120_000)

  afterAll(() => {
    if (project !== "") rmSync(project, { recursive: true, force: true })
  })

  it("has what the exports promise, and nothing of the workshop", () => {
    const files = readdirSync(installed(), { recursive: true }).map((file) => String(file).replaceAll("\\", "/"))
    for (const file of ["README.md", "LICENSE", "dist/src/index.d.ts", "dist/chaos/index.js", "src/index.ts"]) {
      assert.include(files, file)
    }
    const workshop =
      /(?:^|\/)(?:scenarios|mutants|test|docs|node_modules|tsconfig\.json)(?:\/|$)|\.tsbuildinfo$|\.test\./
    assert.deepStrictEqual(
      files.filter((file) => workshop.test(file)),
      []
    )
    const modules = readdirSync(join(root, "src")).filter((name) => name.endsWith(".ts"))
    for (const name of modules) {
      assert.include(files, `dist/src/${name.replace(/\.ts$/, ".js")}`, "dist is older than src: run `npm run check`")
    }
  })

  it("is loaded by plain Node: a run on a file, through a fault, to its stored status", () => {
    const output = succeeded(node(["consumer.js"], project), "consumer.js").trim()
    assert.strictEqual(output, '["completed","completed",2,1]')
    assert.isTrue(existsSync(join(project, "runs.db")))
  })

  it("has each public module, and no internal one", () => {
    const exported: Readonly<Record<string, unknown>> = JSON.parse(
      readFileSync(join(installed(), "package.json"), "utf8")
    ).exports
    assert.strictEqual(exported["./internal/*"], null)
    const modules = readdirSync(join(root, "src"))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => name.replace(/\.ts$/, ""))
    const source = modules.map((name) => `await import("effect-holdfast/${name}")`).join("\n")
    succeeded(node(["--input-type=module", "-e", source], project), "the public modules")
    for (const name of ["runs/verdict", "writing/statusWriter.js", "../internal/runs/verdict"]) {
      const refused = node(["--input-type=module", "-e", `await import("effect-holdfast/internal/${name}")`], project)
      assert.strictEqual(refused.status, 1)
      assert.match(refused.output, /ERR_PACKAGE_PATH_NOT_EXPORTED|ERR_INVALID_MODULE_SPECIFIER/)
    }
    const closed = node(["--input-type=module", "-e", 'await import("effect-holdfast/internal/runs/verdict")'], project)
    assert.include(closed.output, "ERR_PACKAGE_PATH_NOT_EXPORTED")
  })

  it("brings a program, which is no module to import", () => {
    const { bin, version } = JSON.parse(readFileSync(join(installed(), "package.json"), "utf8"))
    assert.match(readFileSync(join(installed(), bin.holdfast), "utf8"), /^#!\/usr\/bin\/env node\n/)
    assert.include(succeeded(node([join(installed(), bin.holdfast), "--version"], project), "holdfast"), version)
    const imported = node(["--input-type=module", "-e", 'await import("effect-holdfast/cli/main")'], project)
    assert.include(imported.output, "ERR_PACKAGE_PATH_NOT_EXPORTED")
  })

  it("does not load a database driver with its main modules", () => {
    const hooks = ["--import", "./noDrivers.js", "--input-type=module", "-e"]
    const load = (name: string) => node([...hooks, `await import("effect-holdfast${name}")`], project)
    succeeded(load(""), "the main module")
    succeeded(load("/SqlRunStore"), "the SQL store")
    succeeded(load("/chaos"), "chaos")
    // The one that does, which also shows that drivers are refused here.
    assert.include(load("/SqliteRunStore").output, "a driver is asked for")
  })

  it("compiles for a consumer with NodeNext, its declarations included", { timeout: 120_000 }, () => {
    const compiled = node([join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "."], project)
    const complaints = compiled.output.split("\n").filter((line) => /error TS/.test(line))
    // If the canary was not complained about, nothing was looked at.
    const isCanary = (line: string) => /^consumer\.ts\(\d+,14\): error TS2322: Type 'string'/.test(line)
    assert.strictEqual(complaints.filter(isCanary).length, 1, compiled.output)
    // Declarations of other packages are not ours to mend.
    const ours = complaints.filter((line) => !isCanary(line) && /^consumer\.ts|effect-holdfast/.test(line))
    assert.deepStrictEqual(ours, [], compiled.output)
  })
})
