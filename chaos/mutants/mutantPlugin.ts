/**
 * Puts mutants into sources while they are bundled: nothing is copied, and nothing is written. A bundle fails unless each
 * `find` occurs exactly once in its file and that file is really in the bundle: a mutant that changes nothing must not pass
 * for one that survived.
 *
 * @since 0.1.0
 */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import type { PartialMessage, Plugin } from "esbuild"
import type { Mutant } from "./Mutant.js"

/** The sources are what is mutated, also where this module is compiled. */
export const root = dirname(createRequire(import.meta.url).resolve("effect-holdfast/package.json"))

/** The `id` of an error: the text does not occur exactly once, or the file is in no bundle. */
export type Misfit = "find" | "unused"

export const mutantPlugin = (mutants: ReadonlyArray<Mutant>): Plugin => ({
  name: "mutants",
  setup: (build) => {
    build.initialOptions.define = { "import.meta.url": "placeOfModule" }
    const unused = new Set(mutants)
    const errors: Array<PartialMessage> = []
    const mutated = (text: string, mutant: Mutant): string => {
      unused.delete(mutant)
      const [before, after, ...others] = text.split(mutant.find)
      if (before !== undefined && after !== undefined && others.length === 0) return before + mutant.replace + after
      const times = text.split(mutant.find).length - 1
      errors.push({
        text: `The mutant ${mutant.name} expects its text exactly once in ${mutant.file} and finds it ${times} times. Correct the mutant: ${mutant.find}`,
        id: "find" satisfies Misfit
      })
      return text
    }
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const own = mutants.filter(({ file }) => path === join(root, file))
      const contents = own.reduce(mutated, readFileSync(path, "utf8"))
      return { contents: knowingItsPlace(path, contents), loader: "ts" }
    })
    build.onEnd(() => {
      for (const { file, name } of unused) {
        errors.push({
          text: `${build.initialOptions.entryPoints} never loads ${file}, so the mutant ${name} changes nothing there. Load a module that imports it.`,
          id: "unused" satisfies Misfit
        })
      }
      return { errors }
    })
  }
})

/** A bundle is somewhere else than the modules in it. */
const knowingItsPlace = (path: string, text: string): string =>
  text.includes("import.meta.url") ? `const placeOfModule = "${pathToFileURL(path)}"; ${text}` : text
