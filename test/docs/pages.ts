/**
 * The documentation as data: its pages, the examples in them and in the docstrings of the sources, and
 * the links between them. Every example keeps the place that it was found at.
 *
 * @since 0.1.0
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

/** Relative to the repository, with forward slashes. */
export type Path = string

export interface Example {
  readonly file: Path
  /** Of its first line of code, from 1. */
  readonly line: number
  readonly code: string
  /** A complete program, which is executed too: its fence says `ts run`. */
  readonly isProgram: boolean
  /** Its fence says `name=orders.ts`: other examples of the page import it by this name. */
  readonly name?: string
}

export interface Link {
  readonly file: Path
  readonly line: number
  readonly target: string
}

export const read = (file: Path): string => readFileSync(join(root, file), "utf8")

export const filesIn = (folder: Path, ending: string): ReadonlyArray<Path> =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort()

/** The README and the pages of docs, without those of an example's own texts. */
export const pages = (): ReadonlyArray<Path> => [
  "README.md",
  ...filesIn("docs", ".md").filter((file) => !file.startsWith("docs/examples/"))
]

// -- examples -------------------------------------------------------------------------------------------

const fence = /^```(\S*)\s*(.*)$/

/** The `ts` blocks of a page. */
export const examplesOfPage = (file: Path, text: string): ReadonlyArray<Example> => {
  const examples: Array<Example> = []
  let open: { readonly line: number; readonly language: string; readonly info: string } | undefined
  const lines = text.split("\n")
  for (const [index, line] of lines.entries()) {
    const found = fence.exec(line)
    if (found === null) continue
    if (open === undefined) {
      open = { line: index + 2, language: found[1] ?? "", info: found[2] ?? "" }
    } else {
      if (open.language === "ts") {
        const code = lines.slice(open.line - 1, index).join("\n")
        const name = /\bname=(\S+)/.exec(open.info)?.[1]
        const isProgram = open.info.split(/\s+/).includes("run")
        examples.push({ file, line: open.line, code, isProgram, ...(name === undefined ? {} : { name }) })
      }
      open = undefined
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line - 1}: a code block has no end`)
  return examples
}

/** The `@example`s of a module's docstrings: from the tag to the next tag or the end of the comment. */
export const examplesOfModule = (file: Path, text: string): ReadonlyArray<Example> => {
  const examples: Array<Example> = []
  let open: { readonly line: number; readonly code: Array<string> } | undefined
  for (const [index, line] of text.split("\n").entries()) {
    const inside = line.replace(/^\s*\* ?/, "")
    if (open !== undefined) {
      const isEnd = /\*\/\s*$/.test(line) || /^@\w/.test(inside)
      if (!isEnd) {
        open.code.push(/^```/.test(inside) ? "" : inside)
        continue
      }
      examples.push({ file, line: open.line, code: open.code.join("\n"), isProgram: false })
      open = undefined
    }
    if (/^\s*\* @example\b/.test(line)) open = { line: index + 2, code: [] }
  }
  return examples
}

export const examples = (): ReadonlyArray<Example> => [
  ...pages().flatMap((file) => examplesOfPage(file, read(file))),
  ...[...filesIn("src", ".ts"), ...filesIn("chaos", ".ts")].flatMap((file) => examplesOfModule(file, read(file)))
]

// -- tables ---------------------------------------------------------------------------------------------

/** The cells of a line that is a row of a table; none where it is not. */
export const cellsOf = (line: string): ReadonlyArray<string> =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim())

/** The rows whose first cell is one name in backticks: that name, and the other cells. */
export const namedRows = (text: string): ReadonlyArray<readonly [string, ReadonlyArray<string>]> =>
  text.split("\n").flatMap((line) => {
    const [first = "", ...others] = cellsOf(line)
    const name = /^`([\w.]+)`$/.exec(first)?.[1]
    return name === undefined ? [] : [[name, others] as const]
  })

// -- links ----------------------------------------------------------------------------------------------

/** Lines of a page that are prose: what stands in a code block is no link and no heading. */
const prose = (text: string): ReadonlyArray<string> => {
  let isCode = false
  return text.split("\n").map((line) => {
    const isFence = line.startsWith("```")
    if (isFence) isCode = !isCode
    return isCode || isFence ? "" : line
  })
}

/** The links of a page to files and headings of this repository. */
export const links = (file: Path, text: string): ReadonlyArray<Link> =>
  prose(text).flatMap((line, index) =>
    [...line.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)]
      .map((match) => ({ file, line: index + 1, target: match[1] ?? "" }))
      .filter(({ target }) => !/^[a-z]+:/i.test(target))
  )

/** The anchors that a page's headings give, as GitHub makes them. */
export const anchors = (text: string): ReadonlySet<string> =>
  new Set(
    prose(text)
      .filter((line) => /^#{1,6} /.test(line))
      .map((line) =>
        line
          .replace(/^#+ /, "")
          .toLowerCase()
          .replace(/[^\p{L}\p{N}\s_-]/gu, "")
          .trim()
          .replace(/\s/g, "-")
      )
  )
