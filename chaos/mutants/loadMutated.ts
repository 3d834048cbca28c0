/**
 * Loads a module with mutants applied to what it imports: one bundle of the sources, whose packages stay where they are,
 * so that the mutated kernel runs on the very `effect` of whoever loads it.
 *
 * @since 0.1.0
 */
import { isBuiltin } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as esbuild from "esbuild"
import type { Mutant } from "./Mutant.js"
import { mutantPlugin, root } from "./mutantPlugin.js"

/** Why mutants could not be applied, or the module not be loaded with them. */
export class MutantError extends Schema.TaggedError<MutantError>("effect-holdfast/chaos/MutantError")("MutantError", {
  /** `find`: it does not occur exactly once. `unused`: the module never loads the file. `load`: it does not load. */
  reason: Schema.Literal("find", "unused", "load"),
  detail: Schema.String,
  cause: Schema.optional(Schema.Defect)
}) {
  override get message(): string {
    return this.detail
  }
}

/** Loads `modulePath` (from the repository's root, `/chaos/scenarios/x.ts`) with these mutants, anew each time. */
export const loadMutated = <Module>(
  mutants: ReadonlyArray<Mutant>,
  modulePath: string
): Effect.Effect<Module, MutantError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* tellChildren(mutants)
    const text = yield* bundle(mutants, modulePath)
    const module = yield* Effect.tryPromise({
      try: () => import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`),
      catch: (cause) => new MutantError({ reason: "load", detail: `${modulePath} does not load: ${cause}`, cause })
    })
    // The shape of a module that is loaded by name is the caller's to know.
    return module as Module
  })

const bundle = (mutants: ReadonlyArray<Mutant>, modulePath: string): Effect.Effect<string, MutantError> =>
  Effect.tryPromise({
    try: () =>
      esbuild.build({
        absWorkingDir: root,
        entryPoints: [join(root, modulePath)],
        bundle: true,
        write: false,
        platform: "node",
        target: "node20",
        format: "esm",
        logLevel: "silent",
        plugins: [mutantPlugin(mutants), packages]
      }),
    catch: (cause) => {
      const [error] = (cause as Partial<esbuild.BuildFailure>).errors ?? []
      const reason = error?.id === "find" || error?.id === "unused" ? error.id : "load"
      return new MutantError({ reason, detail: error?.text ?? String(cause), cause })
    }
  }).pipe(Effect.map(({ outputFiles: [file] }) => file?.text ?? ""))

/**
 * Where packages are, by who asks: the same for every mutant, and to ask took four fifths of the time of a bundle. There
 * are as many as the sources have imports.
 */
const addresses = new Map<string, esbuild.OnResolveResult>()

/** A bundle that is no file finds packages by their address only. */
const packages: esbuild.Plugin = {
  name: "packages",
  setup: (build) =>
    build.onResolve({ filter: /^[^./]/ }, async ({ kind, path, pluginData, resolveDir }) => {
      if (kind === "entry-point" || pluginData === isAsked || isBuiltin(path)) return undefined
      const asked = `${resolveDir} ${path}`
      const known = addresses.get(asked)
      if (known !== undefined) return known
      const found = await build.resolve(path, { kind, resolveDir, pluginData: isAsked })
      if (found.errors.length > 0) return found
      const address = { path: pathToFileURL(found.path).href, external: true }
      addresses.set(asked, address)
      return address
    })
}

const isAsked = Symbol("effect-holdfast/chaos/isAsked")

/** A scenario that runs a host in a process of its own bundles that one with the same mutants: see chaos/scenarios/hosts. */
const tellChildren = (mutants: ReadonlyArray<Mutant>): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      process.env["HOLDFAST_MUTANTS"] = JSON.stringify(mutants)
    }),
    () =>
      Effect.sync(() => {
        delete process.env["HOLDFAST_MUTANTS"]
      })
  )
