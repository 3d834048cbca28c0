/**
 * The host as one file, made once and executed some hundred times: from the sources, so that a mutant
 * can be put into them, and with the compiled code that the first life leaves behind. Loading the
 * modules one by one took three times as long as all that a life does (0.45 s against 0.15 s).
 *
 * @since 0.1.0
 */
import { writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as esbuild from "esbuild"
import { temporaryDirectory } from "../internal/temporaryDirectory.js"
import type { Mutant } from "../mutants/Mutant.js"
import { mutantPlugin, root } from "../mutants/mutantPlugin.js"

export interface HostProgram {
  /** What Node is given, before the input of the life. */
  readonly path: string
}

/** With these mutants; dies where one of them does not fit, since it would prove nothing. */
export const make = (
  mutants: ReadonlyArray<Mutant>,
  entry = "chaos/crash/host.ts"
): Effect.Effect<HostProgram, never, Scope.Scope> =>
  Effect.gen(function* () {
    const directory = yield* temporaryDirectory
    const path = join(directory, "boot.cjs")
    yield* Effect.promise(() => bundle(join(directory, "host.cjs"), mutants, entry))
    yield* Effect.sync(() => writeFileSync(path, boot))
    return { path }
  })

const bundle = (outfile: string, mutants: ReadonlyArray<Mutant>, entry: string): Promise<unknown> => {
  const driver = createRequire(join(root, "package.json")).resolve("better-sqlite3")
  return esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    logLevel: "silent",
    plugins: [mutantPlugin(mutants), outside("better-sqlite3", driver)]
  })
}

/** A native module stays where it is. */
const outside = (name: string, path: string): esbuild.Plugin => ({
  name: "outside",
  setup: (build) => build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path, external: true }))
})

/** Takes the compiled code that an earlier life has left; the first one that ends by itself leaves it. */
const boot = `
const { existsSync, readFileSync, writeFileSync } = require("node:fs")
const { Script } = require("node:vm")
const file = require("node:path").join(__dirname, "host.cjs")
const cache = file + ".cache"
const isCached = existsSync(cache)
const wrapped = "(function (exports, require, module) {" + readFileSync(file, "utf8") + "\\n})"
const script = new Script(wrapped, { filename: file, ...(isCached ? { cachedData: readFileSync(cache) } : {}) })
script.runInThisContext()({}, require, {})
if (!isCached) process.on("exit", () => writeFileSync(cache, script.createCachedData()))
`
