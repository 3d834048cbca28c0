/**
 * The command line of the example host: pure, from the arguments to the options or to one line that says
 * what was expected, what was found and what to do.
 */
import { parseArgs } from "node:util"
import { Data, Either } from "effect"

export interface Options {
  /** The folder of documents; where it is absent, the essays that come with the glossary example. */
  readonly folder: string | undefined
  /** The database file; where it is absent, a temporary one that is removed at the end. */
  readonly database: string | undefined
  /** On loopback; 0 takes one that is free. */
  readonly port: number
  /** Whether the database is away again and again. */
  readonly storm: boolean
}

export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

export const defaults = { port: 4321 } as const

export const usage = `npm run host -- [options]

A host on loopback with a page and an API of its runs. It builds a glossary of one document of a folder
after the other, until Ctrl-C.

  --folder PATH     documents, .md and .txt   (the essays of the glossary example)
  --database FILE   SQLite file for the runs  (a temporary one)
  --port NUMBER     of the server             (${defaults.port}; 0 takes a free one)
  --storm           let the database be away for some seconds, again and again
  --help            this text`

const specification = {
  folder: { type: "string" },
  database: { type: "string" },
  port: { type: "string" },
  storm: { type: "boolean" },
  help: { type: "boolean" }
} as const

/** `"help"` where help was asked for. */
export const parse = (args: ReadonlyArray<string>): Either.Either<Options | "help", UsageError> =>
  Either.gen(function* () {
    const values = yield* parseValues(args)
    if (values.help === true) return "help"
    return {
      folder: yield* nonEmpty("folder", values.folder),
      database: yield* nonEmpty("database", values.database),
      port: yield* portOf(values.port),
      storm: values.storm ?? false
    }
  })

const parseValues = (args: ReadonlyArray<string>) =>
  Either.try({
    try: () => parseArgs({ args: [...args], options: specification, strict: true, allowPositionals: false }).values,
    catch: (error) => mistake(`${(error instanceof Error ? error.message : String(error)).split(/\.(?=\s|$)/, 1)[0]}.`)
  })

const portOf = (text: string | undefined): Either.Either<number, UsageError> => {
  if (text === undefined) return Either.right(defaults.port)
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
    ? Either.right(Number(text))
    : Either.left(mistake(`--port takes a whole number from 0 to 65535, not '${text}'.`))
}

const nonEmpty = (name: string, value: string | undefined): Either.Either<string | undefined, UsageError> =>
  value === "" ? Either.left(mistake(`--${name} takes a path, and was given an empty one.`)) : Either.right(value)

const mistake = (problem: string): UsageError =>
  new UsageError({ message: `${problem.replace(/\s+/g, " ")} Try --help.` })
