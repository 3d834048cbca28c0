/**
 * Imports as a graph: what each module asks for by value and by type, who reaches whom, and where the
 * arrows close a circle. Parsed, not guessed: a comment or a string is no import.
 *
 * @since 0.1.0
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, posix, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"

export const root = fileURLToPath(new URL("../..", import.meta.url))

/** Paths of modules of this repository are relative to it; those of packages are their specifiers. */
export interface Imports {
  readonly values: ReadonlyArray<string>
  readonly types: ReadonlyArray<string>
}

export type Graph = ReadonlyMap<string, Imports>

export const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort()

/** What a compiler left beside the source: who imports the source would load that. */
export const compiledIn = (folder: string): ReadonlyArray<string> => {
  const sources = new Set(filesIn(folder).filter((file) => !file.endsWith(".d.ts")))
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.split(sep).join("/")}`)
    .filter((file) => /\.(?:js|d\.ts)$/.test(file) && sources.has(file.replace(/\.(?:js|d\.ts)$/, ".ts")))
    .sort()
}

export const textOf = (file: string): string => readFileSync(join(root, file), "utf8")

/** `./x.js` from `src/a.ts` is `src/x.ts`. */
const resolve = (file: string, specifier: string): string =>
  specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier).replace(/\.js$/, ".ts") : specifier

/**
 * The imports of a module. With `verbatimModuleSyntax` only a whole declaration that says `type` is
 * left out of the JavaScript: `import { type A } from "x"` still loads x.
 */
export const importsOf = (file: string, text: string): Imports => {
  const values: Array<string> = []
  const types: Array<string> = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const isType = node.importClause?.isTypeOnly === true
      ;(isType ? types : values).push(resolve(file, node.moduleSpecifier.text))
    }
    if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      ;(node.isTypeOnly ? types : values).push(resolve(file, node.moduleSpecifier.text))
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
      types.push(resolve(file, node.argument.literal.text))
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments
      if (argument !== undefined && ts.isStringLiteral(argument)) values.push(resolve(file, argument.text))
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return { values: [...new Set(values)], types: [...new Set(types)] }
}

export const graphOf = (files: ReadonlyArray<string>): Graph =>
  new Map(files.map((file) => [file, importsOf(file, textOf(file))]))

/** Circles among imports of values, each once, as the modules that it goes through. */
export const cyclesOf = (graph: Graph): ReadonlyArray<ReadonlyArray<string>> => {
  const cycles: Array<ReadonlyArray<string>> = []
  const done = new Set<string>()
  const visit = (file: string, path: ReadonlyArray<string>): void => {
    const start = path.indexOf(file)
    if (start >= 0) {
      cycles.push([...path.slice(start), file])
      return
    }
    if (done.has(file)) return
    for (const next of graph.get(file)?.values ?? []) if (graph.has(next)) visit(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return cycles
}

/** Everything that is loaded with a module: modules of the graph and packages. */
export const reachedFrom = (graph: Graph, file: string): ReadonlySet<string> => {
  const reached = new Set<string>()
  const visit = (current: string): void => {
    if (reached.has(current)) return
    reached.add(current)
    for (const next of graph.get(current)?.values ?? []) visit(next)
  }
  visit(file)
  reached.delete(file)
  return reached
}
