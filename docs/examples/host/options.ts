/**
 * The command line of the example host: pure, from the arguments to the options or to one line that says
 * what was expected, what was found and what to do.
 */
import { Either } from "effect"
import { mistake, pathOf, type UsageError, valuesOf } from "../commandLine.js"

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
    const values = yield* valuesOf(args, specification)
    if (values.help === true) return "help"
    return {
      folder: yield* pathOf("folder", values.folder),
      database: yield* pathOf("database", values.database),
      port: yield* portOf(values.port),
      storm: values.storm ?? false
    }
  })

const portOf = (text: string | undefined): Either.Either<number, UsageError> => {
  if (text === undefined) return Either.right(defaults.port)
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
    ? Either.right(Number(text))
    : Either.left(mistake(`--port takes a whole number from 0 to 65535, not '${text}'.`))
}
