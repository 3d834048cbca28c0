/**
 * Loads a module with mutants applied to what it imports: a Vite server of its own transforms the
 * sources, so nothing is copied and nothing is written, and packages stay external, so that the mutated
 * kernel runs on the very `effect` of the test. It fails unless each `find` occurs exactly once in its
 * file and the file was really loaded: a mutant that changes nothing must not pass for one that survived.
 *
 * @since 0.1.0
 */
import { readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { createServer, type Plugin, type ViteDevServer } from "vite"
import type { Mutant } from "./Mutant.js"

/** The sources are what is mutated, also where this module is compiled. */
const root = dirname(createRequire(import.meta.url).resolve("effect-holdfast/package.json"))

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

/**
 * Loads `modulePath` (from the repository's root, `/chaos/scenarios/x.ts`) with these mutants. Imports
 * that the module makes later are mutated too, until the scope closes.
 */
export const loadMutated = <Module>(
  mutants: ReadonlyArray<Mutant>,
  modulePath: string
): Effect.Effect<Module, MutantError, Scope.Scope> =>
  Effect.gen(function* () {
    const files = yield* mutateFiles(mutants)
    yield* tellChildren(mutants)
    const loaded = new Set<string>()
    const server = yield* Effect.acquireRelease(open(mutantPlugin(files, loaded)), (opened) =>
      Effect.promise(() => opened.close())
    )
    const module = yield* Effect.tryPromise({
      try: () => server.ssrLoadModule(modulePath),
      catch: (cause) => new MutantError({ reason: "load", detail: `${modulePath} does not load: ${cause}`, cause })
    })
    for (const mutant of mutants) {
      if (!loaded.has(absolute(mutant.file))) {
        return yield* new MutantError({
          reason: "unused",
          detail: `${modulePath} never loads ${mutant.file}, so the mutant ${mutant.name} changes nothing there. Load a module that imports it.`
        })
      }
    }
    // The shape of a module that is loaded by name is the caller's to know.
    return module as Module
  })

/** A scenario that runs a host in a process of its own passes its environment on: see chaos/scenarios/hosts. */
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

const absolute = (file: string): string => `${root}/${file}`

/** The mutated text of each file, by its absolute path. */
const mutateFiles = (mutants: ReadonlyArray<Mutant>): Effect.Effect<ReadonlyMap<string, string>, MutantError> =>
  Effect.gen(function* () {
    const texts = new Map<string, string>()
    for (const mutant of mutants) {
      const path = absolute(mutant.file)
      const text = texts.get(path) ?? (yield* read(mutant, path))
      const [before, after, ...others] = text.split(mutant.find)
      if (before === undefined || after === undefined || others.length > 0) {
        return yield* new MutantError({
          reason: "find",
          detail: `The mutant ${mutant.name} expects its text exactly once in ${mutant.file} and finds it ${text.split(mutant.find).length - 1} times. Correct the mutant: ${mutant.find}`
        })
      }
      texts.set(path, before + mutant.replace + after)
    }
    return texts
  })

const read = (mutant: Mutant, path: string): Effect.Effect<string, MutantError> =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) =>
      new MutantError({ reason: "find", detail: `The mutant ${mutant.name} names ${mutant.file}: ${cause}`, cause })
  })

const mutantPlugin = (files: ReadonlyMap<string, string>, loaded: Set<string>): Plugin => ({
  name: "holdfast-mutants",
  enforce: "pre",
  load(id) {
    const path = id.split("?")[0] ?? id
    const text = files.get(path)
    if (text !== undefined) {
      loaded.add(path)
    }
    return text
  }
})

// Nothing watches, nothing listens, nothing is bundled: the server only transforms what is asked for.
const open = (plugin: Plugin): Effect.Effect<ViteDevServer, MutantError> =>
  Effect.tryPromise({
    try: () =>
      createServer({
        root,
        configFile: false,
        envFile: false,
        appType: "custom",
        logLevel: "silent",
        clearScreen: false,
        server: { middlewareMode: true, watch: null, ws: false, hmr: false, preTransformRequests: false },
        optimizeDeps: { noDiscovery: true, include: [] },
        ssr: { external: true },
        plugins: [plugin]
      }),
    catch: (cause) => new MutantError({ reason: "load", detail: `The Vite server does not start: ${cause}`, cause })
  })
